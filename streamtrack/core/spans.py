"""Which runs of tokens of a text to look at, and their vectors.

One forward pass gives a contextual vector for each token; the mean of any run of them stands for the meaning of that
run. Windows begin and end between words, because the words of a match are shown to people. The widths are few on
purpose: on development data eight or thirteen of them, or every run from 1 word to 32, found nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from streamtrack.core.ports import Encoded, Tokens, Vectors
from streamtrack.types import Span

WIDTHS = (3, 5, 8, 12, 18)
"""Widths of windows in words."""

LEAST_TOKENS, MOST_TOKENS = 3, 32
"""Windows outside these are noise, or no better than the whole. The whole of a text is always looked at."""

TABLES_KEPT = 512
EDGES = ' \t\n\r.,;:!?…"“”()[]-–—'
"""Characters that a quote does not begin or end with."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """The windows of a batch of segments, with one vector each.

    Window ``i`` covers the tokens ``first[i]:last[i]`` of segment ``segment[i]``. ``vectors`` has shape
    (windows, dim) and is not normalised. ``part`` is 1.0 for a window inside its segment, 0.0 for the whole of it.
    """

    segment: Numbers
    first: Numbers
    last: Numbers
    part: Vectors
    vectors: Vectors


def find_windows(
    segments: Sequence[Encoded], pools_tokens: bool = True, ranges: Sequence[Numbers] | None = None
) -> Windows:
    """Every window of every segment, in order, or only those with the given ranges of tokens.

    Where runs of tokens may not be pooled, the one window of a segment is the whole of it, with its first vector.
    """
    dim = segments[0].vectors.shape[1] if segments else 0
    if ranges is None:
        ranges = [ranges_of(one.tokens, pools_tokens) for one in segments]
    counts = np.array([len(one) for one in ranges], np.int64)
    total = int(counts.sum())
    bounds = np.concatenate([*ranges, np.empty((0, 2), np.int64)])
    vectors = np.empty((total, dim), np.float32)
    ends = np.cumsum(counts)
    for one, table, end in zip(segments, ranges, ends.tolist(), strict=True):
        if len(table) and pools_tokens:
            _sums(one, table, vectors[end - len(table) : end])
        elif len(table):
            vectors[end - 1] = one.vectors[0]
    segment = np.repeat(np.arange(len(segments)), counts)
    inner = np.array([one.tokens.inner for one in segments], np.int64).reshape(-1, 2)
    part = (bounds != inner[segment]).any(axis=1).astype(np.float32)
    return Windows(segment, bounds[:, 0], bounds[:, 1], part, vectors)


def span_of(tokens: Tokens, first: int, last: int) -> Span:
    """The characters of the tokens ``first:last``, without punctuation at either end."""
    start, end = int(tokens.offsets[first, 0]), int(tokens.offsets[last - 1, 1])
    words = tokens.text[start:end]
    if not words.strip(EDGES):
        return Span(start, end)
    return Span(start + len(words) - len(words.lstrip(EDGES)), start + len(words.rstrip(EDGES)))


def _sums(segment: Encoded, table: Numbers, out: Vectors) -> None:
    """The sum of the token vectors of each window; each segment alone, so that company is no matter.

    A product with a matrix of zeros and ones takes a third of the time of prefix sums and their differences.
    """
    first, last = segment.tokens.inner
    tokens = np.arange(first, last)
    covered = (tokens >= table[:, :1]) & (tokens < table[:, 1:])
    np.matmul(covered.astype(np.float32), segment.vectors[first:last], out=out)


def _whole(tokens: Tokens) -> Numbers:
    first, last = tokens.inner
    return np.array([[first, last]] if last > first else np.empty((0, 2)), np.int64)


def ranges_of(tokens: Tokens, pools_tokens: bool = True) -> Numbers:
    """The token ranges of a segment's windows, (windows, 2), the whole of it first; none without a token of its own."""
    first, last = tokens.inner
    if not pools_tokens or last - first <= LEAST_TOKENS:
        return _whole(tokens)
    offsets = tokens.offsets
    gaps = np.flatnonzero(offsets[first + 1 : last, 0] > offsets[first : last - 1, 1]) + (first + 1)
    edges = np.empty(len(gaps) + 2, np.int64)
    edges[0], edges[1:-1], edges[-1] = first, gaps, last
    ranges = edges[_table(len(edges) - 1)]
    width = ranges[:, 1] - ranges[:, 0]
    kept = (width >= LEAST_TOKENS) & (width <= MOST_TOKENS)
    kept[0] = True
    return ranges[kept]


@lru_cache(maxsize=TABLES_KEPT)
def _table(words: int) -> Numbers:
    """The word ranges to look at in a text of so many words: the whole, then each width at steps of a quarter."""
    ranges = [(0, words)]
    for width in WIDTHS:
        if width < words:
            step = max(1, width // 4)
            ranges += [(start, start + width) for start in range(0, words - width, step)]
            ranges.append((words - width, words))
    return np.array(ranges, np.int64)

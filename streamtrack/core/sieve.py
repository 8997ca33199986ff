"""Which windows of a text may fire, found without their vectors.

A window's vector is a sum of token vectors, so its product with every row is the sum of its tokens' products: one
product of tokens with rows for a batch instead of one of windows with rows, and the windows, of which a text has
more than tokens, cost a handful of additions each. Its length and its distance from ordinary talk come the same way,
from the tokens' products with each other and with the mean. Nothing is lost: what passes is decided by the rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streamtrack.core.ports import Encoded, Vectors
from streamtrack.core.scoring import PART_COST, ROUNDING, Background, Rows
from streamtrack.core.spans import Numbers

TAIL = 3
"""Columns that a window has after its tokens: its length, and its distance as a whole or as a part of a text."""


class Sieve:
    """The rows of some trackers, one or more, as seen from tokens."""

    def __init__(self, rows: Sequence[Rows], background: Background) -> None:
        matrix = np.concatenate([one.matrix for one in rows])
        bounds = np.repeat([one.bound for one in rows], [len(one.matrix) for one in rows]) - ROUNDING
        self._mean = background.mean
        self._mean_square = float(background.mean @ background.mean)
        self._rows = np.ascontiguousarray(matrix.T)
        self._tail = np.stack([matrix @ background.mean, bounds, bounds + PART_COST]).astype(np.float32)

    def passing(self, segments: Sequence[Encoded], ranges: Sequence[Numbers]) -> list[Numbers]:
        """The token ranges of each segment, of those given, that may fire; the whole of a segment is its first."""
        inner = [one.vectors[slice(*one.tokens.inner)] for one in segments]
        products = np.concatenate(inner) @ self._rows
        passed, start = [], 0
        for one, tokens, asked in zip(segments, inner, ranges, strict=True):
            end = start + len(tokens)
            passed.append(self._passing(one.tokens.inner[0], tokens, products[start:end], asked))
            start = end
        return passed

    def _passing(self, first: int, tokens: Vectors, products: Vectors, asked: Numbers) -> Numbers:
        if not len(asked):
            return asked
        windows = self._windows(first, tokens, asked)
        margins = windows[:, :-TAIL] @ products + windows[:, -TAIL:] @ self._tail
        passed: Numbers = asked[margins.max(axis=1) >= 0]
        return passed

    def _windows(self, first: int, tokens: Vectors, asked: Numbers) -> Vectors:
        """Windows over tokens: ones where a window covers a token, then what the tail of the rows is weighed with.

        With v the sum of a window's vectors and m the mean of ordinary talk, a row r fires where
        (v/|v| − m)·r ≥ bound·|v/|v| − m|; multiplied by |v|, that is v·r − |v| m·r − bound·|v − |v|m| ≥ 0.
        """
        count = len(tokens)
        windows = np.zeros((len(asked), count + TAIL), np.float32)
        places = np.arange(first, first + count)
        covers = windows[:, :count]
        covers[:] = (places >= asked[:, :1]) & (places < asked[:, 1:])
        squares = np.einsum("wt,wt->w", covers @ (tokens @ tokens.T), covers)
        lengths = np.sqrt(np.maximum(squares, 0))
        along = covers @ (tokens @ self._mean)
        distances = np.sqrt(np.maximum(squares * (1 + self._mean_square) - 2 * lengths * along, 0))
        windows[:, count] = -lengths
        windows[0, count + 1] = -distances[0]
        windows[1:, count + 2] = -distances[1:]
        return windows

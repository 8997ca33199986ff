"""The index of one catalog version: which trackers a batch of texts sets off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from streamtrack.core.lexical import Phrases
from streamtrack.core.ports import Encoded, Vectors
from streamtrack.core.scoring import Background, Rows, queries
from streamtrack.core.sieve import Sieve
from streamtrack.core.spans import Numbers, Windows, find_windows, ranges_of, span_of
from streamtrack.index.planes import FLAT_TRACKERS, Planes
from streamtrack.types import Hit, Kind, Span, Tracker

DIGITS = 6
"""Decimals of a score: what lies beyond is the noise of single precision."""

EXACT_SCORE = 1.0
EXACT_PER_HOUR = 0.0
"""Talk that has a sample's own words is no false alarm."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Learned:
    """A tracker with the directions of its samples and counter-samples, one row each."""

    tracker: Tracker
    samples: tuple[str, ...]
    directions: Vectors
    excluded: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """Every window of one segment with its direction."""

    windows: Windows
    directions: Vectors

    @classmethod
    def of(cls, segment: Encoded, background: Background, pools_tokens: bool) -> Self:
        """The windows of this segment."""
        windows = find_windows([segment], pools_tokens)
        return cls(windows, background.directions(windows.vectors))

    def beside(self, first: int, last: int) -> Vectors:
        """The directions of the windows that overlap the tokens ``first:last``."""
        return self.directions[(self.windows.first < last) & (self.windows.last > first)]


class FaissSnapshot:
    """An immutable index over some trackers. Not for more than one thread at a time."""

    def __init__(
        self,
        learned: Sequence[Learned],
        catalog_version: int,
        background: Background,
        *,
        pools_tokens: bool = True,
    ) -> None:
        self._learned = [one for one in learned if one.samples]
        self._trackers = tuple(one.tracker for one in learned)
        self._catalog_version = catalog_version
        self._background = background
        self._pools_tokens = pools_tokens
        self._rows = [Rows.of(one.directions, one.tracker.sensitivity, background) for one in self._learned]
        self._planes = Planes(self._rows)
        sifted = pools_tokens and 0 < len(self._rows) <= FLAT_TRACKERS
        self._sieve = Sieve(self._rows, background) if sifted else None
        self._owners = [(number, sample) for number, one in enumerate(self._learned) for sample in one.samples]
        self._counter_owners = [
            (number, phrase) for number, one in enumerate(self._learned) for phrase in one.tracker.exclude
        ]
        self._samples = Phrases([sample for _, sample in self._owners])
        self._counter_samples = Phrases([phrase for _, phrase in self._counter_owners])

    @property
    def catalog_version(self) -> int:
        """The version of the catalog it was built from."""
        return self._catalog_version

    @property
    def trackers(self) -> tuple[Tracker, ...]:
        """The trackers it listens for."""
        return self._trackers

    def search(self, texts: Sequence[Sequence[Encoded]]) -> list[list[Hit]]:
        """For each text, given as its segments, the trackers that fire, best margin first.

        The words of a sample fire its tracker whatever the threshold. Neither they nor a window fire inside the words
        of a counter-sample, nor a window where one that overlaps it is nearer to a counter-sample than it is to any
        sample.
        """
        segments = [segment for text in texts for segment in text]
        if not segments:
            return [[] for _ in texts]
        near = self._near(segments, np.repeat(np.arange(len(texts)), [len(text) for text in texts]))
        hits: list[list[Hit]] = []
        for number, text in enumerate(texts):
            words = text[0].tokens.text if text else ""
            found = near.get(number, {}) | self._exact(words)
            hits.append(sorted(self._admitted(words, found), key=_shortfall))
        return hits

    def _near(self, segments: Sequence[Encoded], text_of: Numbers) -> dict[int, dict[int, Hit]]:
        """Hits by meaning: for each text that has any, the best of each tracker by its number."""
        ranges = [ranges_of(one.tokens, self._pools_tokens) for one in segments]
        if self._sieve is not None:
            ranges = self._sieve.passing(segments, ranges)
        windows = find_windows(segments, self._pools_tokens, ranges)
        directions = self._background.directions(windows.vectors)
        fired = self._planes.search(queries(directions, windows.part))
        surroundings: dict[int, Surroundings] = {}
        hits: dict[int, dict[int, Hit]] = {}
        for best in np.argsort(-fired.margin, kind="stable").tolist():
            window, row = int(fired.query[best]), int(fired.row[best])
            number, sample = self._owners[row]
            place = int(windows.segment[window])
            own = hits.setdefault(int(text_of[place]), {})
            if number in own:
                continue
            first, last = int(windows.first[window]), int(windows.last[window])
            if len(self._learned[number].excluded):
                if place not in surroundings:
                    surroundings[place] = Surroundings.of(segments[place], self._background, self._pools_tokens)
                if self._is_countered(number, directions[window], surroundings[place].beside(first, last)):
                    continue
            span = span_of(segments[place].tokens, first, last)
            score = self._rows[number].threshold + float(fired.margin[best])
            own[number] = self._hit(number, sample, Kind.SEMANTIC, span, score)
        return hits

    def _is_countered(self, number: int, direction: Vectors, beside: Vectors) -> bool:
        """Whether a window that overlaps this one is nearer to a counter-sample than this one is to any sample."""
        learned = self._learned[number]
        nearest = (learned.directions @ direction).max()
        return bool((beside @ learned.excluded.T).max() > nearest)

    def _exact(self, text: str) -> dict[int, Hit]:
        """Hits by words: the first occurrence of any sample of each tracker, by its number."""
        hits: dict[int, Hit] = {}
        for found, span in self._samples.find(text):
            number, sample = self._owners[found]
            if number not in hits:
                hits[number] = self._hit(number, sample, Kind.EXACT, span, EXACT_SCORE)
        return hits

    def _admitted(self, text: str, hits: dict[int, Hit]) -> list[Hit]:
        """The hits that do not stand inside the words of a counter-sample of theirs."""
        if not hits:
            return []
        counters = [(self._counter_owners[found][0], span) for found, span in self._counter_samples.find(text)]
        return [
            hit
            for number, hit in hits.items()
            if not any(owner == number and _covers(span, hit.span) for owner, span in counters)
        ]

    def _hit(self, number: int, sample: str, kind: Kind, span: Span, score: float) -> Hit:
        rate = EXACT_PER_HOUR if kind is Kind.EXACT else self._background.curve.rate(score)
        return Hit(
            tracker=self._learned[number].tracker,
            sample=sample,
            kind=kind,
            span=span,
            score=round(score, DIGITS),
            threshold=round(self._rows[number].threshold, DIGITS),
            false_alarms_per_hour=float(f"{rate:.3g}"),
        )


def _shortfall(hit: Hit) -> float:
    return hit.threshold - hit.score


def _covers(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end

"""Trackers to snapshots: the only place where samples are encoded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streamtrack.core.lexical import words_of
from streamtrack.core.ports import Encoder, Vectors
from streamtrack.core.scoring import Background
from streamtrack.core.spans import find_windows
from streamtrack.index.background import no_background
from streamtrack.index.snapshot import FaissSnapshot, Learned
from streamtrack.types import Tracker


class SnapshotFactory:
    """A ``SnapshotBuilder`` over one encoder; to be called from the encoder's thread."""

    def __init__(self, encoder: Encoder, background: Background | None = None) -> None:
        """Without ``background`` nothing is known of ordinary talk: see ``no_background``."""
        self._encoder = encoder
        self._background = background or no_background(encoder.dim)

    def __call__(self, trackers: Sequence[Tracker], catalog_version: int) -> FaissSnapshot:
        """Encode every phrase of the trackers in one batch and index them. Raises what the encoder raises."""
        phrases = {phrase: None for one in trackers for phrase in (*one.vocabulary, *one.exclude)}
        directions = dict(zip(phrases, self._directions(list(phrases)), strict=True))
        dim = self._encoder.dim
        learned = []
        for tracker in trackers:
            chosen = [one for one in _distinct(tracker.vocabulary) if directions[one].any()]
            learned.append(
                Learned(
                    tracker=tracker,
                    samples=tuple(chosen),
                    directions=_stack([directions[one] for one in chosen], dim),
                    excluded=_stack([directions[one] for one in tracker.exclude], dim),
                )
            )
        return FaissSnapshot(learned, catalog_version, self._background, pools_tokens=self._encoder.pools_tokens)

    def _directions(self, phrases: Sequence[str]) -> Vectors:
        """A direction for each phrase, taken as a whole; a phrase without a token has a null one."""
        if not phrases:
            return np.empty((0, self._encoder.dim), np.float32)
        segments = [cut[0] for cut in self._encoder.tokenize(phrases)]
        windows = find_windows(self._encoder.encode(segments), self._encoder.pools_tokens)
        whole = np.zeros((len(phrases), self._encoder.dim), np.float32)
        is_whole = windows.part == 0
        whole[windows.segment[is_whole]] = windows.vectors[is_whole]
        return self._background.directions(whole)


def _distinct(samples: Sequence[str]) -> list[str]:
    """The samples, each wording once: a repeated one would agree with itself."""
    return list({tuple(words_of(one)) or one: one for one in reversed(samples)}.values())[::-1]


def _stack(vectors: Sequence[Vectors], dim: int) -> Vectors:
    return np.stack(vectors) if vectors else np.empty((0, dim), np.float32)

"""Doubles for tests of programs that use StreamTrack: no model, no files, the same contracts.

``WordEncoder`` and ``PhraseSnapshot`` keep the promises of ``core.ports``; a tracker fires where the words of a sample
stand in the text. The project's own contract tests run over them and over the real ones alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from streamtrack.core.ports import Encoded, Encoder, Snapshot, SnapshotBuilder, Tokens
from streamtrack.settings import Settings
from streamtrack.types import Hit, Kind, Span, Tracker

DIM = 16
_WORD = re.compile(r"\w+")


class WordEncoder:
    """A token for each word, a vector for each token that depends on the word alone.

    A text that contains ``poison`` makes its whole batch fail, as a broken model would.
    """

    model = "word-encoder"
    dim = DIM
    pools_tokens = True

    def __init__(self, poison: str | None = None) -> None:
        self._poison = poison
        self.batches: list[tuple[str, ...]] = []
        """The texts of every batch so far."""

    def tokenize(self, texts: Sequence[str]) -> list[tuple[Tokens, ...]]:
        """One segment for each text."""
        return [(self._tokens(text),) for text in texts]

    def encode(self, batch: Sequence[Tokens]) -> list[Encoded]:
        """Look up the vector of each word. Raises ValueError for a batch with poison in it."""
        self.batches.append(tuple(tokens.text for tokens in batch))
        if self._poison is not None and any(self._poison in tokens.text for tokens in batch):
            raise ValueError("poisoned")
        return [Encoded(tokens, self._vectors(tokens)) for tokens in batch]

    @staticmethod
    def _tokens(text: str) -> Tokens:
        spans = [word.span() for word in _WORD.finditer(text)]
        ids = np.array([_number(text[start:end]) for start, end in spans], np.int64)
        return Tokens(text, ids, np.array(spans, np.int64).reshape(-1, 2), (0, len(spans)))

    @staticmethod
    def _vectors(tokens: Tokens) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        rows = [np.random.default_rng(int(number)).standard_normal(DIM) for number in tokens.ids]
        return np.array(rows, np.float32).reshape(-1, DIM)


@dataclass(frozen=True, slots=True)
class PhraseSnapshot:
    """Fires where the words of a sample stand in the text, with score 1."""

    trackers: tuple[Tracker, ...]
    catalog_version: int

    def search(self, texts: Sequence[Sequence[Encoded]]) -> list[list[Hit]]:
        """The trackers whose samples occur, in the order of the catalog."""
        return [[hit for tracker in self.trackers if (hit := _found(tracker, segments))] for segments in texts]


def build_phrases(trackers: Sequence[Tracker], catalog_version: int) -> Snapshot:
    """A ``SnapshotBuilder`` of phrase snapshots."""
    return PhraseSnapshot(tuple(trackers), catalog_version)


@contextmanager
def phrase_matching(settings: Settings) -> Iterator[tuple[Encoder, SnapshotBuilder]]:
    """The doubles in the place of a real encoder and index, for ``app.running``."""
    yield WordEncoder(), build_phrases


def _found(tracker: Tracker, segments: Sequence[Encoded]) -> Hit | None:
    for segment in segments:
        text = segment.tokens.text.lower()
        for sample in tracker.vocabulary:
            at = text.find(sample.lower())
            if at >= 0:
                return Hit(
                    tracker=tracker,
                    sample=sample,
                    kind=Kind.EXACT,
                    span=Span(at, at + len(sample)),
                    score=1.0,
                    threshold=0.5,
                    false_alarms_per_hour=0.0,
                )
    return None


def _number(word: str) -> int:
    return int.from_bytes(blake2b(word.lower().encode(), digest_size=4).digest(), "big")

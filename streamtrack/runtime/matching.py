"""A batch of texts through tokenizer, encoder and index: the blocking heart of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from time import perf_counter

from streamtrack.core.ports import Encoded, Encoder, Snapshot
from streamtrack.types import Hit


@dataclass(frozen=True, slots=True)
class Question:
    """A text and the snapshots that are asked about it."""

    text: str
    snapshots: tuple[Snapshot, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The hits in one text, best margin first, and what the batch it was in took."""

    hits: tuple[Hit, ...]
    encode_ms: float
    search_ms: float


def answer(encoder: Encoder, questions: Sequence[Question]) -> list[Answer]:
    """Look for trackers in a batch of texts; one answer for each, in order. Blocking."""
    began = perf_counter()
    encoded = encode_texts(encoder, [question.text for question in questions])
    between = perf_counter()
    hits = _search(questions, encoded)
    ended = perf_counter()
    encode_ms, search_ms = (between - began) * 1e3, (ended - between) * 1e3
    return [Answer(tuple(found), encode_ms, search_ms) for found in hits]


def encode_texts(encoder: Encoder, texts: Sequence[str]) -> list[list[Encoded]]:
    """The encoded segments of each text."""
    segmented = encoder.tokenize(texts)
    encoded = iter(encoder.encode([tokens for segments in segmented for tokens in segments]))
    return [list(islice(encoded, len(segments))) for segments in segmented]


def _search(questions: Sequence[Question], encoded: Sequence[Sequence[Encoded]]) -> list[list[Hit]]:
    """Each snapshot is searched once for all the texts that ask it."""
    members: dict[int, tuple[Snapshot, list[int]]] = {}
    for number, question in enumerate(questions):
        for snapshot in question.snapshots:
            members.setdefault(id(snapshot), (snapshot, []))[1].append(number)
    hits: list[list[Hit]] = [[] for _ in questions]
    for snapshot, numbers in members.values():
        for number, found in zip(numbers, snapshot.search([encoded[one] for one in numbers]), strict=True):
            hits[number] += found
    for found in hits:
        found.sort(key=lambda hit: hit.threshold - hit.score)
    return hits

"""When the words of a span were said, in seconds of audio."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from streamtrack.types import Span, Word


class Timed(Protocol):
    """A text with what is known of its times."""

    @property
    def text(self) -> str: ...
    @property
    def start_s(self) -> float | None: ...
    @property
    def end_s(self) -> float | None: ...
    @property
    def words(self) -> tuple[Word, ...]: ...


def times_of(utterance: Timed, span: Span) -> tuple[float | None, float | None]:
    """Start and end of the span: from its words where they are given, else interpolated by characters.

    (None, None) when the source gave no times at all. A start without an end, as in an interim of a recogniser that
    only says when the utterance began, gives that start for both.
    """
    said = [word for word, at in _placed(utterance) if at.start < span.end and span.start < at.end]
    if said:
        return said[0].start_s, said[-1].end_s
    if utterance.start_s is None:
        return utterance.end_s, utterance.end_s
    if utterance.end_s is None or not utterance.text:
        return utterance.start_s, utterance.start_s if utterance.end_s is None else utterance.end_s
    rate = (utterance.end_s - utterance.start_s) / len(utterance.text)
    return round(utterance.start_s + span.start * rate, 3), round(utterance.start_s + span.end * rate, 3)


def _placed(utterance: Timed) -> Iterator[tuple[Word, Span]]:
    """Each word with its place in the text; a word the text does not hold, in order, is passed over."""
    at, lowered = 0, utterance.text.lower()
    for word in utterance.words:
        found = lowered.find(word.text.lower(), at)
        if found >= 0:
            at = found + len(word.text)
            yield word, Span(found, at)

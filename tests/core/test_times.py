from __future__ import annotations

import pytest

from streamtrack.core.times import times_of
from streamtrack.core.transcript import Utterance
from streamtrack.types import Span, Word


def utterance(text: str, start_s: float | None, end_s: float | None, words: tuple[Word, ...] = ()) -> Utterance:
    return Utterance(
        utterance_id="u",
        revision=1,
        text=text,
        heard=text,
        final=True,
        start_s=start_s,
        end_s=end_s,
        words=words,
    )


def spoken(text: str) -> tuple[Word, ...]:
    return tuple(Word(text=word, start_s=float(place), end_s=place + 0.5) for place, word in enumerate(text.split()))


def test_word_times_win() -> None:
    text = "so we spent it"
    assert times_of(utterance(text, 0.0, 100.0, spoken(text)), Span(3, 11)) == (1.0, 2.5)


def test_a_span_that_cuts_a_word_counts_the_word() -> None:
    text = "so we spent it"
    assert times_of(utterance(text, 0.0, 100.0, spoken(text)), Span(4, 7)) == (1.0, 2.5)


def test_words_of_another_spelling_are_found_in_order() -> None:
    words = (
        Word(text="the", start_s=0, end_s=1),
        Word(text="THE", start_s=1, end_s=2),
        Word(text="x", start_s=2, end_s=3),
    )
    assert times_of(utterance("The the end", None, None, words), Span(4, 7)) == (1, 2)


def test_without_words_times_are_interpolated_by_characters() -> None:
    assert times_of(utterance("0123456789", 10.0, 20.0), Span(2, 5)) == (12.0, 15.0)


@pytest.mark.parametrize(
    ("start_s", "end_s", "expected"),
    [(None, None, (None, None)), (3.0, None, (3.0, 3.0)), (None, 4.0, (4.0, 4.0))],
)
def test_half_known_times_are_given_as_far_as_they_go(
    start_s: float | None, end_s: float | None, expected: tuple[float | None, float | None]
) -> None:
    assert times_of(utterance("some words", start_s, end_s), Span(0, 4)) == expected

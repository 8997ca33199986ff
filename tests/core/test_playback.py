from __future__ import annotations

from dataclasses import dataclass

from streamtrack.core.playback import schedule


@dataclass(frozen=True)
class Turn:
    role: str
    text: str
    start_s: float
    end_s: float


HELLO = Turn("agent", "good morning how can I help you", 1.0, 3.1)
ALSO = Turn("customer", "hi", 2.0, 2.2)


def test_finals_are_due_when_their_turns_end() -> None:
    dues = [due for due in schedule([HELLO, ALSO]) if due.fragment.final]
    assert [(due.at_s, due.fragment.text) for due in dues] == [(2.2, "hi"), (3.1, HELLO.text)]


def test_interims_grow_by_whole_words_every_three_tenths_of_a_second() -> None:
    interims = [due for due in schedule([HELLO]) if not due.fragment.final]
    assert [round(due.at_s, 2) for due in interims] == [1.3, 1.6, 1.9, 2.2, 2.5, 2.8]
    assert interims[0].fragment.text == "good"
    for due in interims:
        assert HELLO.text.startswith(due.fragment.text + " ")


def test_all_fragments_of_a_turn_share_an_utterance_and_a_speaker() -> None:
    fragments = [due.fragment for due in schedule([HELLO])]
    assert {one.utterance_id for one in fragments} == {"u0"}
    assert {one.speaker.role for one in fragments if one.speaker} == {"agent"}


def test_overlapping_turns_are_interleaved_in_time() -> None:
    dues = schedule([HELLO, ALSO])
    assert [due.at_s for due in dues] == sorted(due.at_s for due in dues)


def test_without_interims_only_finals_are_due() -> None:
    assert [due.fragment.final for due in schedule([HELLO, ALSO], interims=False)] == [True, True]


def test_a_turn_of_no_length_at_an_unround_time_ends_no_earlier_than_it_begins() -> None:
    at = 0.1 + 0.05
    (due,) = schedule([Turn("agent", "hi", at, at)])
    assert due.fragment.start_s is not None and due.fragment.end_s is not None
    assert due.fragment.start_s <= due.fragment.end_s

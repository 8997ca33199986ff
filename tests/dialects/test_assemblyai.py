from __future__ import annotations

import pytest

from streamtrack.core.messages import Finalize
from streamtrack.dialects import open_dialect
from streamtrack.errors import InvalidMessage
from tests.dialects.recordings import fragments, read, recording, said

SESSION = "9f2a6c1d-6c5b-4f0e-8a3c-2f1d5b7e9c10"


def test_an_interim_takes_the_words_that_are_not_yet_in_the_transcript() -> None:
    told = said(read("assemblyai", recording("assemblyai")))
    assert [text for name, text, final, _ in told if name == f"{SESSION}-0" and not final] == [
        "i",
        "i want",
        "i want to cancel my plan",
    ]


def test_the_formatted_turn_is_a_second_final_of_the_same_utterance() -> None:
    told = said(read("assemblyai", recording("assemblyai")))
    assert [one[:2] for one in told if one[2]][:2] == [
        (f"{SESSION}-0", "i want to cancel my plan"),
        (f"{SESSION}-0", "I want to cancel my plan."),
    ]


def test_milliseconds_become_seconds() -> None:
    final = next(one for one in fragments(read("assemblyai", recording("assemblyai"))) if one.final)
    assert (final.start_s, final.end_s) == (1.2, 2.48)
    assert [(word.text, word.start_s, word.end_s) for word in final.words[3:5]] == [
        ("cancel", 1.7, 2.0),
        ("my", 2.05, 2.12),
    ]


def test_a_turn_is_split_where_the_speaker_of_its_words_changes() -> None:
    told = [one for one in said(read("assemblyai", recording("assemblyai"))) if one[0].startswith(f"{SESSION}-1")]
    assert told == [
        (f"{SESSION}-1", "sorry", False, None),
        (f"{SESSION}-1", "Sorry, why?", True, "B"),
        (f"{SESSION}-1/2", "It costs too much.", True, "A"),
    ]


def test_the_label_of_a_turn_counts_where_words_have_none() -> None:
    turn = {"type": "Turn", "turn_order": 4, "transcript": "Yes.", "end_of_turn": True, "speaker_label": "B"}
    assert said(read("assemblyai", [turn])) == [("here-4", "Yes.", True, "B")]


def test_a_turn_that_ends_without_text_empties_its_interims_and_the_end_finalizes() -> None:
    messages = read("assemblyai", recording("assemblyai"))
    assert said(messages)[-1] == (f"{SESSION}-2", "", True, None)
    assert messages[-1] == Finalize()


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ({"type": "Turn", "turn_order": 0, "transcript": "x"}, "AssemblyAI: end_of_turn: required"),
        ({"type": "Turn", "turn_order": 0, "transcript": "x", "end_of_turn": True, "words": [{}]}, r"words.*text"),
        ({"type": "Begin", "id": ""}, "id"),
        ({"type": "Begin", "id": "a\nb"}, "control characters"),
    ],
)
def test_a_wrong_shape_is_refused_by_the_name_of_the_field(frame: object, complaint: str) -> None:
    with pytest.raises(InvalidMessage, match=complaint):
        open_dialect("assemblyai", "here").read(frame)

from __future__ import annotations

import pytest

from streamtrack.dialects import open_dialect
from streamtrack.errors import InvalidMessage
from tests.dialects.recordings import fragments, read, recording, said


def test_the_texts_of_a_user_up_to_the_next_final_are_one_utterance() -> None:
    told = said(read("pipecat", recording("pipecat")))
    assert [one for one in told if one[0] == "here-1"] == [
        ("here-1", "I want", False, "caller"),
        ("here-1", "I want to", False, "caller"),
        ("here-1", "I want to", False, "caller"),
        ("here-1", "I want to cancel my plan", False, "caller"),
        ("here-1", "I want to cancel my plan.", True, "caller"),
    ]


def test_times_are_those_of_the_messages() -> None:
    final = next(one for one in fragments(read("pipecat", recording("pipecat"))) if one.final)
    assert (final.start_s, final.end_s) == (0.0, 2.4)


def test_the_bot_speaks_in_finished_sentences() -> None:
    told = said(read("pipecat", recording("pipecat")))
    assert [one for one in told if one[3] == "bot"] == [("here-2", "I am sorry to hear that.", True, "bot")]


def test_an_empty_frame_empties_its_interims() -> None:
    told = said(read("pipecat", recording("pipecat")))
    assert [one[1:3] for one in told if one[0] == "here-3"] == [("uh", False), ("", True)]


def test_frames_of_two_users_run_side_by_side() -> None:
    told = said(read("pipecat", recording("pipecat")))
    assert [one for one in told if one[0] in ("here-4", "here-5")] == [
        ("here-4", "it is", False, "caller"),
        ("here-5", "good", False, "friend"),
        ("here-4", "It is too dear.", True, "caller"),
        ("here-5", "Good day.", True, "friend"),
    ]


def test_a_serialised_frame_is_a_final_and_a_user_without_a_name_is_nobody() -> None:
    told = said(read("pipecat", recording("pipecat")))
    assert [one[1:] for one in told[-2:]] == [("Thank you.", True, "caller"), ("and", False, None)]


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ({}, "Pipecat: needs label 'rtvi-ai'"),
        ({"label": "rtvi-ai"}, "type: required"),
        ({"label": "rtvi-ai", "type": "user-transcription", "data": {"text": "x"}}, r"data.*final: required"),
        ({"name": "Results"}, "name: 'Results' is no name of a frame"),
        ({"name": "TranscriptionFrame#1"}, "text: required"),
        ({"name": "TranscriptionFrame#1", "text": "x", "timestamp": "soon"}, "timestamp"),
        ({"transcription": "x"}, "transcription"),
    ],
)
def test_a_wrong_shape_is_refused_by_the_name_of_the_field(frame: object, complaint: str) -> None:
    with pytest.raises(InvalidMessage, match=complaint):
        open_dialect("pipecat", "here").read(frame)

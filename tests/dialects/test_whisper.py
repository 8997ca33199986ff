from __future__ import annotations

import pytest

from streamtrack.core.messages import Finalize
from streamtrack.dialects import open_dialect
from streamtrack.errors import InvalidMessage
from tests.dialects.recordings import fragments, read, recording, said


def live(*segments: tuple[str, float, float, bool | None]) -> dict[str, object]:
    return {
        "uid": "u",
        "segments": [
            {"text": text, "start": f"{start:.3f}", "end": f"{end:.3f}"} | ({} if done is None else {"completed": done})
            for text, start, end, done in segments
        ],
    }


def test_the_segment_that_is_not_completed_grows_until_a_new_one_is() -> None:
    told = said(read("whisper", recording("whisper")))
    assert [one[:3] for one in told if one[0] in ("here-1", "here-2")] == [
        ("here-1", "I want", False),
        ("here-1", "I want to", False),
        ("here-1", "I want to", False),
        ("here-1", "I want to cancel my plan", False),
        ("here-1", "I want to cancel my plan today.", True),
        ("here-2", "It is too deer", False),
        ("here-2", "It is too dear.", True),
    ]


def test_a_completed_segment_that_is_sent_again_is_heard_once() -> None:
    finals = [one[1] for one in said(read("whisper", recording("whisper"))) if one[2]]
    assert finals[:4] == ["I want to cancel my plan today.", "It is too dear.", "Yes.", ""]


def test_several_segments_completed_at_once_are_utterances_of_their_own() -> None:
    frames = [live(("so I", 0, 1, False)), live(("So I said.", 0, 2, True), ("No.", 2, 3, True), ("why", 3, 4, False))]
    assert [one[:3] for one in said(read("whisper", frames))] == [
        ("here-1", "so I", False),
        ("here-1", "So I said.", True),
        ("here-2", "No.", True),
        ("here-3", "why", False),
    ]


def test_where_no_segment_says_whether_it_is_completed_the_last_one_is_not() -> None:
    frames = [live(("One", 0, 1, None)), live(("One.", 0, 1, None), ("two", 1, 2, None))]
    assert [one[:3] for one in said(read("whisper", frames))] == [
        ("here-1", "One", False),
        ("here-1", "One.", True),
        ("here-2", "two", False),
    ]


def test_a_new_stream_begins_at_nought_again() -> None:
    ready = {"uid": "u", "message": "SERVER_READY"}
    frames = [live(("One.", 0, 5, True)), {"uid": "u", "message": "DISCONNECT"}, ready, live(("Two.", 0, 1, True))]
    messages = read("whisper", frames)
    assert messages[1] == Finalize()
    assert [one[1] for one in said(messages)] == ["One.", "Two."]


def test_a_finished_transcript_is_finals_with_the_times_of_words() -> None:
    first, second = fragments(read("whisper", [recording("whisper")[-2]]))
    assert (first.text, first.final, second.text, second.final) == ("Hello there.", True, "Good day.", True)
    assert [(word.text, word.start_s, word.end_s) for word in first.words] == [
        ("Hello", 0.1, 0.5),
        ("there.", 0.5, 1.2),
    ]


def test_chunks_that_each_begin_at_nought_are_all_heard() -> None:
    chunk = [{"start": 0.0, "end": 2.0, "text": " Yes."}]
    assert [one[:3] for one in said(read("whisper", [chunk, chunk]))] == [
        ("here-1", "Yes.", True),
        ("here-2", "Yes.", True),
    ]


def test_a_list_of_segments_is_split_where_the_speaker_of_its_words_changes() -> None:
    assert said(read("whisper", recording("whisper")))[-2:] == [
        ("here-8", "Why?", True, "SPEAKER_00"),
        ("here-8/2", "Because.", True, "SPEAKER_01"),
    ]


def test_a_transcript_without_segments_is_one_final() -> None:
    assert said(read("whisper", [{"text": " Hello there."}])) == [("here-1", "Hello there.", True, None)]


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ({}, "Whisper: segments: required"),
        ({"transcript": "x"}, "segments: required"),
        ([{"start": 0}], r"segments.*text: required"),
        ({"segments": [{"text": "x", "start": "soon"}]}, "start"),
    ],
)
def test_a_wrong_shape_is_refused_by_the_name_of_the_field(frame: object, complaint: str) -> None:
    with pytest.raises(InvalidMessage, match=complaint):
        open_dialect("whisper", "here").read(frame)

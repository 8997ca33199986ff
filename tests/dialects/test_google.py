from __future__ import annotations

import pytest

from streamtrack.core.messages import Finalize
from streamtrack.dialects import open_dialect
from streamtrack.errors import InvalidMessage
from tests.dialects.recordings import fragments, read, recording, said


def final(text: str, end: str, *words: tuple[str, str, str]) -> dict[str, object]:
    spoken = [{"word": word, "startTime": start, "endTime": stop, "speakerTag": 1} for word, start, stop in words]
    return {
        "results": [{"alternatives": [{"transcript": text, "words": spoken}], "isFinal": True, "resultEndTime": end}]
    }


def test_interims_side_by_side_are_one_text_and_the_best_alternative_counts() -> None:
    told = said(read("google", recording("google")))
    assert [one[1:3] for one in told if one[0] == "here-1"] == [
        ("I want", False),
        ("I want two", False),
        ("I want two", False),
        ("I want to cancel my plan", False),
        ("I want to cancel my plan", True),
    ]


def test_durations_become_seconds() -> None:
    heard = next(one for one in fragments(read("google", recording("google"))) if one.final)
    assert (heard.start_s, heard.end_s) == (0.4, 2.3)
    assert [(word.text, word.start_s, word.end_s) for word in heard.words[3:5]] == [
        ("cancel", 1.0, 1.5),
        ("my", 1.5, 1.7),
    ]


def test_an_empty_final_empties_its_interims() -> None:
    told = said(read("google", recording("google")))
    assert [one[1:3] for one in told if one[0] == "here-2"] == [("really", False), ("", True)]


def test_diarisation_repeats_earlier_words_which_are_left_out() -> None:
    told = said(read("google", recording("google")))
    assert [one for one in told if one[0].startswith("here-3") and one[2]] == [
        ("here-3", "why", True, "speaker-2"),
        ("here-3/2", "it is dear", True, "speaker-1"),
    ]


def test_a_new_stream_counts_its_times_afresh() -> None:
    frames = [final("one", "9s", ("one", "8s", "9s")), final("two", "2s", ("two", "1s", "2s"))]
    assert [[word.text for word in one.words] for one in fragments(read("google", frames))] == [["one"], ["two"]]


def test_channels_run_side_by_side_and_are_speakers() -> None:
    told = said(read("google", recording("google")))
    assert [one for one in told if one[3] in ("channel-1", "channel-2")] == [
        ("here-4", "good", False, "channel-1"),
        ("here-5", "hel", False, "channel-2"),
        ("here-4", "good day", True, "channel-1"),
        ("here-5", "hello", True, "channel-2"),
        ("here-6", "on", False, "channel-1"),
    ]


def test_the_error_that_ends_a_stream_finalizes_what_is_open() -> None:
    frames = [*recording("google"), {"results": [{"alternatives": [{"transcript": "on"}], "channelTag": 1}]}]
    messages = read("google", frames)
    assert messages[-2] == Finalize()
    assert said(messages)[-1] == ("here-7", "on", False, "channel-1")


def test_clients_that_write_snake_case_version_2_and_split_seconds_are_understood() -> None:
    word = {"word": "hello", "start_offset": {"seconds": "1", "nanos": 200_000_000}, "end_offset": {"seconds": 2}}
    result = {"alternatives": [{"transcript": "hello", "words": [word]}], "is_final": True, "result_end_offset": "2.5s"}
    (heard,) = fragments(read("google", [{"results": [result], "speech_event_type": None}]))
    assert (heard.final, heard.start_s, heard.end_s) == (True, 1.2, 2.5)
    assert (heard.words[0].start_s, heard.words[0].end_s) == (1.2, 2.0)


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ({"result": []}, "Google Speech: results: missing"),
        ({"results": {}}, "results"),
        ({"results": [{"alternatives": [{"transcript": 3}]}]}, "transcript"),
        ({"results": [{"alternatives": [], "resultEndTime": "soon"}]}, "resultEndTime"),
        ({"results": [{"alternatives": [], "channelTag": 999}]}, "channelTag"),
    ],
)
def test_a_wrong_shape_is_refused_by_the_name_of_the_field(frame: object, complaint: str) -> None:
    with pytest.raises(InvalidMessage, match=complaint):
        open_dialect("google", "here").read(frame)

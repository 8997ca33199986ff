from __future__ import annotations

import pytest

from streamtrack.core.messages import Finalize
from streamtrack.dialects import open_dialect
from streamtrack.errors import InvalidMessage
from tests.dialects.recordings import fragments, read, recording, said


def test_hypotheses_up_to_the_next_phrase_are_one_utterance() -> None:
    told = said(read("azure", recording("azure")))
    assert [one[:3] for one in told[:5]] == [
        ("here-1", "i want", False),
        ("here-1", "i want to", False),
        ("here-1", "i want to", False),
        ("here-1", "i want to cancel my plan", False),
        ("here-1", "I want to cancel my plan.", True),
    ]


def test_ticks_become_seconds() -> None:
    final = next(one for one in fragments(read("azure", recording("azure"))) if one.final)
    assert (final.start_s, final.end_s) == (0.5, 2.6)
    assert [(word.text, word.start_s, word.end_s) for word in final.words[3:5]] == [
        ("cancel", 1.1, 1.7),
        ("my", 1.7, 1.9),
    ]


def test_no_match_empties_the_hypotheses_and_silence_says_nothing() -> None:
    told = said(read("azure", recording("azure")))
    assert [one[:3] for one in told[5:7]] == [("here-2", "uh", False), ("here-2", "", True)]
    assert told[7][1] == "why is that"


def test_an_unknown_speaker_is_nobody_until_the_phrase_names_one() -> None:
    told = said(read("azure", recording("azure")))
    assert [one[1:] for one in told[7:11]] == [
        ("why is that", False, None),
        ("Why is that?", True, "Guest-1"),
        ("it costs", False, None),
        ("It costs 25 a month.", True, "Guest-2"),
    ]


def test_the_end_of_dictation_finalizes() -> None:
    assert read("azure", recording("azure"))[-1] == Finalize()


def test_a_simple_phrase_a_detailed_one_and_a_status_in_numbers_are_understood() -> None:
    frames = [
        {"RecognitionStatus": "Success", "DisplayText": "Yes.", "Offset": 0, "Duration": 5_000_000},
        {"RecognitionStatus": 0, "NBest": [{"Display": "No.", "DisplayWords": []}], "Offset": 0, "Duration": 1},
        {"Text": "hm"},
        {"RecognitionStatus": 1, "DisplayText": "hm"},
    ]
    assert [one[1:3] for one in said(read("azure", frames))] == [
        ("Yes.", True),
        ("No.", True),
        ("hm", False),
        ("", True),
    ]


def test_words_as_displayed_count_before_the_words_as_said() -> None:
    shown = [{"DisplayText": "25", "Offset": 10_000_000, "Duration": 5_000_000}]
    spoken = [{"Word": "twenty", "Offset": 10_000_000, "Duration": 2_000_000}]
    phrase = {"RecognitionStatus": "Success", "NBest": [{"Display": "25", "DisplayWords": shown, "Words": spoken}]}
    (heard,) = fragments(read("azure", [phrase]))
    assert [(word.text, word.start_s, word.end_s) for word in heard.words] == [("25", 1.0, 1.5)]


def test_two_channels_run_side_by_side() -> None:
    frames = [
        {"Text": "good", "Channel": 0},
        {"Text": "hello", "Channel": 1},
        {"RecognitionStatus": "Success", "DisplayText": "Good day.", "Channel": 0},
        {"RecognitionStatus": "Success", "DisplayText": "Hello.", "Channel": 1},
    ]
    assert said(read("azure", frames)) == [
        ("here-1", "good", False, None),
        ("here-2", "hello", False, "channel-1"),
        ("here-1", "Good day.", True, None),
        ("here-2", "Hello.", True, "channel-1"),
    ]


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ({"text": "hello"}, "Azure Speech: holds neither Text"),
        ({"Text": 3}, "Azure Speech: Text"),
        ({"Text": "hello", "Offset": "soon"}, "Offset"),
        ({"RecognitionStatus": ["Success"]}, "RecognitionStatus"),
        ({"Text": "hello", "SpeakerId": "a\u0000"}, "SpeakerId: .*control"),
    ],
)
def test_a_wrong_shape_is_refused_by_the_name_of_the_field(frame: object, complaint: str) -> None:
    with pytest.raises(InvalidMessage, match=complaint):
        open_dialect("azure", "here").read(frame)

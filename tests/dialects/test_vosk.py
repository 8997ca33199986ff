from __future__ import annotations

import pytest

from streamtrack.dialects import open_dialect
from streamtrack.errors import InvalidMessage
from tests.dialects.recordings import fragments, read, recording, said


def test_partials_up_to_the_next_result_are_one_utterance() -> None:
    told = said(read("vosk", recording("vosk")))
    assert [one for one in told if one[0] == "here-1"] == [
        ("here-1", "i want", False, None),
        ("here-1", "i want to", False, None),
        ("here-1", "i want to", False, None),
        ("here-1", "i want to cancel my plan", False, None),
        ("here-1", "i want to cancel my plan", True, None),
    ]


def test_words_give_the_times_of_a_result() -> None:
    final = next(one for one in fragments(read("vosk", recording("vosk"))) if one.final)
    assert (final.start_s, final.end_s) == (0.3, 2.1)
    assert [(word.text, word.start_s, word.end_s) for word in final.words[3:5]] == [
        ("cancel", 0.9, 1.4),
        ("my", 1.4, 1.6),
    ]


def test_an_empty_result_empties_its_partials_and_silence_says_nothing() -> None:
    assert [
        one[1:3] for one in said(read("vosk", [{"partial": ""}, {"text": ""}, {"partial": "uh"}, {"text": ""}]))
    ] == [
        ("uh", False),
        ("", True),
    ]


def test_the_first_of_the_alternatives_counts() -> None:
    alternatives = {"alternatives": [{"text": "thanks", "result": []}, {"text": "tanks"}]}
    assert said(read("vosk", [alternatives])) == [("here-1", "thanks", True, None)]


def test_kaldi_gstreamer_counts_words_from_the_start_of_the_segment() -> None:
    final = fragments(read("vosk", recording("vosk")))[-2]
    assert (final.text, final.final, final.start_s, final.end_s) == ("One more thing.", True, 6.0, 7.5)
    assert [(word.text, word.start_s, word.end_s) for word in final.words[:2]] == [
        ("One", 6.1, 6.4),
        ("more", 6.5, 6.8),
    ]


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ({}, "Vosk: holds none of partial"),
        ({"partial": 3}, "Vosk: partial"),
        ({"text": "x", "result": [{"word": "x"}]}, r"result.*start: required"),
        ({"status": 0, "result": []}, "Vosk: result"),
    ],
)
def test_a_wrong_shape_is_refused_by_the_name_of_the_field(frame: object, complaint: str) -> None:
    with pytest.raises(InvalidMessage, match=complaint):
        open_dialect("vosk", "here").read(frame)

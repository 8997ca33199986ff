from __future__ import annotations

from typing import Any

import pytest

from streamtrack.core.messages import Finalize
from streamtrack.dialects import open_dialect
from streamtrack.errors import InvalidMessage
from tests.dialects.recordings import fragments, read, recording, said

REQUEST = "5e1f6c1e-0b1a-4a53-9d1c-3a3b8f0f7a11"


def results(text: str, start: float, *, final: bool = False, channel: tuple[int, int] = (0, 1)) -> dict[str, Any]:
    return {
        "type": "Results",
        "channel_index": list(channel),
        "start": start,
        "duration": 1.0,
        "is_final": final,
        "channel": {"alternatives": [{"transcript": text, "words": []}]},
        "metadata": {"request_id": "r"},
    }


def test_results_up_to_is_final_are_one_utterance_whether_or_not_the_speaker_pauses() -> None:
    told = said(read("deepgram", recording("deepgram")))
    first = [one for one in told if one[0] == f"{REQUEST}-0-0.00"]
    assert [(text, final) for _, text, final, _ in first] == [
        ("well I", False),
        ("well I want to", False),
        ("well I want to", False),
        ("well I want to cancel my plan", False),
        ("Well, I want to cancel my plan today.", True),
    ]


def test_words_carry_their_times_and_their_punctuation() -> None:
    final = next(one for one in fragments(read("deepgram", recording("deepgram"))) if one.final)
    assert (final.start_s, final.end_s) == (0.0, 3.2)
    assert [(word.text, word.start_s) for word in final.words[:2]] == [("Well,", 0.0), ("I", 0.4)]


def test_an_empty_final_empties_its_interims_and_silence_says_nothing() -> None:
    told = said(read("deepgram", recording("deepgram")))
    assert [one[1:3] for one in told if one[0] == f"{REQUEST}-0-3.20"] == [("please", False), ("", True)]
    assert not any(one[0] == f"{REQUEST}-0-4.60" for one in told)


def test_two_speakers_in_one_result_are_two_utterances() -> None:
    told = [one for one in said(read("deepgram", recording("deepgram"))) if one[0].startswith(f"{REQUEST}-0-6.60")]
    assert told[-2:] == [
        (f"{REQUEST}-0-6.60", "Are you sure?", True, "speaker-0"),
        (f"{REQUEST}-0-6.60/2", "Yes, I am.", True, "speaker-1"),
    ]


def test_the_metadata_at_the_end_finalizes_what_is_open() -> None:
    *_, last, end = read("deepgram", recording("deepgram"))
    assert (end, fragments([last])[0].final) == (Finalize(), False)


def test_two_channels_are_two_speakers_whose_results_run_side_by_side() -> None:
    frames = [
        results("hello", 0.0, channel=(0, 2)),
        results("good", 0.2, channel=(1, 2)),
        results("hello there", 0.0, channel=(0, 2), final=True),
        results("good day", 0.2, channel=(1, 2), final=True),
    ]
    assert said(read("deepgram", frames)) == [
        ("r-0-0.00", "hello", False, "channel-0"),
        ("r-1-0.20", "good", False, "channel-1"),
        ("r-0-0.00", "hello there", True, "channel-0"),
        ("r-1-0.20", "good day", True, "channel-1"),
    ]


def test_speakers_are_told_apart_within_a_channel() -> None:
    frame = results("yes no", 0.0, channel=(1, 2), final=True)
    frame["channel"]["alternatives"][0]["words"] = [
        {"word": "yes", "start": 0.1, "end": 0.3, "speaker": 0},
        {"word": "no", "start": 0.5, "end": 0.7, "speaker": 1},
    ]
    assert [one[3] for one in said(read("deepgram", [frame]))] == ["channel-1-speaker-0", "channel-1-speaker-1"]


def test_a_final_that_is_sent_again_on_another_connection_is_the_same_utterance() -> None:
    final = results("hello there", 4.0, final=True)
    interim = results("hello", 4.0)
    assert {one[0] for one in said([*read("deepgram", [interim, final]), *read("deepgram", [final])])} == {"r-0-4.00"}


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ({"type": "Results"}, "Deepgram: channel: required"),
        ({"type": "Results", "channel": {"alternatives": []}, "start": 0, "duration": 1}, "channel.alternatives"),
        (results("x", 0.0) | {"start": "soon"}, "start: .*soon"),
        (results("x", 0.0) | {"channel_index": [300, 301]}, "channel_index"),
        ({"type": "Turn"}, "type: 'Turn' is none of"),
    ],
)
def test_a_wrong_shape_is_refused_by_the_name_of_the_field(frame: object, complaint: str) -> None:
    with pytest.raises(InvalidMessage, match=complaint):
        open_dialect("deepgram", "here").read(frame)

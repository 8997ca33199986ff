from __future__ import annotations

import json

import pytest

from streamtrack.core.messages import Finalize
from streamtrack.dialects import open_dialect
from streamtrack.errors import InvalidMessage
from tests.dialects.recordings import fragments, read, recording, said

SID = "GT" + "2" * 32


def content(
    sequence: int, text: str, *, final: bool = False, sid: str = "GT1", track: str = "inbound"
) -> dict[str, str]:
    return {
        "TranscriptionEvent": "transcription-content",
        "TranscriptionSid": sid,
        "SequenceId": str(sequence),
        "Track": f"{track}_track",
        "TranscriptionData": json.dumps({"transcript": text}),
        "Final": str(final).lower(),
    }


def test_what_a_track_says_up_to_its_final_is_one_utterance() -> None:
    told = said(read("twilio", recording("twilio")))
    assert [one for one in told if one[0] == f"{SID}-inbound-2"] == [
        (f"{SID}-inbound-2", "I want", False, "inbound"),
        (f"{SID}-inbound-2", "I want to", False, "inbound"),
        (f"{SID}-inbound-2", "I want to", False, "inbound"),
        (f"{SID}-inbound-2", "I want to cancel my plan", False, "inbound"),
        (f"{SID}-inbound-2", "I want to cancel my plan today", True, "inbound"),
    ]


def test_tracks_run_side_by_side_and_are_speakers() -> None:
    told = said(read("twilio", recording("twilio")))
    assert [one[1:] for one in told if one[3] == "outbound"] == [
        ("may I", False, "outbound"),
        ("may I ask why", True, "outbound"),
    ]
    assert [one[1:3] for one in told if one[0] == f"{SID}-inbound-9"] == [("well", False), ("", True)]


def test_times_are_those_of_the_callbacks() -> None:
    final = next(one for one in fragments(read("twilio", recording("twilio"))) if one.final)
    assert (final.start_s, final.end_s) == (1.2, 3.5)


def test_a_partial_that_was_overtaken_and_a_final_that_comes_twice_are_passed_over() -> None:
    late = [content(2, "one"), content(4, "one two three"), content(3, "one two"), content(5, "One, two.", final=True)]
    again = [content(5, "One, two.", final=True), content(1, "o")]
    assert [one[:2] for one in said(read("twilio", [*late, *again]))] == [
        ("GT1-inbound-2", "one"),
        ("GT1-inbound-2", "one two three"),
        ("GT1-inbound-2", "One, two."),
    ]


def test_a_final_that_was_overtaken_by_the_next_partial_is_heard() -> None:
    frames = [content(2, "one"), content(4, "and"), content(3, "One.", final=True), content(5, "and two")]
    assert [one[:3] for one in said(read("twilio", frames))] == [
        ("GT1-inbound-2", "one", False),
        ("GT1-inbound-2", "and", False),
        ("GT1-inbound-2", "One.", True),
        ("GT1-inbound-5", "and two", False),
    ]


def test_another_transcription_counts_afresh() -> None:
    frames = [content(9, "one", final=True), content(2, "two", final=True, sid="GT2")]
    assert [one[0] for one in said(read("twilio", frames))] == ["GT1-inbound-9", "GT2-inbound-2"]


def test_the_end_finalizes_and_a_final_that_was_overtaken_by_it_is_still_of_its_utterance() -> None:
    stopped = {"TranscriptionEvent": "transcription-stopped"}
    messages = read("twilio", [content(2, "one"), stopped, content(3, "One.", final=True)])
    assert messages[1] == Finalize()
    assert [one[0] for one in said(messages)] == ["GT1-inbound-2", "GT1-inbound-2"]


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ({}, "Twilio: TranscriptionEvent: required"),
        ({"TranscriptionEvent": "transcription-paused"}, "TranscriptionEvent"),
        (content(1, "x") | {"TranscriptionData": "{"}, "TranscriptionData"),
        (content(1, "x") | {"TranscriptionData": "{}"}, "TranscriptionData.*transcript"),
        (content(1, "x", track="both"), "Track"),
        (content(1, "x") | {"SequenceId": "first"}, "SequenceId"),
        (content(1, "x") | {"Timestamp": "soon"}, "Timestamp"),
    ],
)
def test_a_wrong_shape_is_refused_by_the_name_of_the_field(frame: object, complaint: str) -> None:
    with pytest.raises(InvalidMessage, match=complaint):
        open_dialect("twilio", "here").read(frame)

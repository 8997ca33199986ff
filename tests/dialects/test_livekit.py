from __future__ import annotations

import pytest

from streamtrack.core.messages import Finalize
from streamtrack.dialects import open_dialect
from streamtrack.errors import InvalidMessage
from tests.dialects.recordings import fragments, read, recording, said


def test_a_segment_grows_under_its_id_and_the_participant_speaks() -> None:
    told = said(read("livekit", recording("livekit")))
    assert [one for one in told if one[0] == "SG_1"] == [
        ("SG_1", "I want", False, "caller"),
        ("SG_1", "I want to", False, "caller"),
        ("SG_1", "I want to", False, "caller"),
        ("SG_1", "I want to cancel my plan", False, "caller"),
        ("SG_1", "I want to cancel my plan today.", True, "caller"),
    ]


def test_times_of_segments_are_milliseconds_and_noughts_are_none() -> None:
    heard = {one.utterance_id: one for one in fragments(read("livekit", recording("livekit"))) if one.final}
    assert (heard["SG_1"].start_s, heard["SG_1"].end_s) == (0.4, 3.1)
    assert (heard["SG_3"].start_s, heard["SG_3"].end_s) == (None, None)


def test_an_empty_final_empties_its_interims_while_another_participant_speaks() -> None:
    told = said(read("livekit", recording("livekit")))
    assert [one for one in told if one[0] in ("SG_2", "SG_3")] == [
        ("SG_2", "hm", False, "caller"),
        ("SG_3", "May I", False, "desk"),
        ("SG_2", "", True, "caller"),
        ("SG_3", "May I ask why?", True, "desk"),
    ]


def test_a_preflight_is_an_interim_and_the_final_brings_speaker_and_words() -> None:
    heard = [one for one in fragments(read("livekit", recording("livekit"))) if one.utterance_id == "here-1"]
    assert [(one.text, one.final, one.speaker) for one in heard] == [
        ("so", False, None),
        ("so I thought", False, None),
        ("So I thought.", True, "S1"),
    ]
    assert [(word.text, word.start_s) for word in heard[-1].words] == [("So", 5.0), ("I", 5.4), ("thought.", 5.6)]


def test_a_sessions_events_count_time_from_the_first() -> None:
    heard = [one for one in fragments(read("livekit", recording("livekit"))) if one.utterance_id == "here-2"]
    assert [(one.text, one.final, one.start_s, one.end_s) for one in heard] == [
        ("yes", False, 0.0, 0.0),
        ("yes please", False, 0.0, 0.5),
        ("Yes, please.", True, 0.0, 1.25),
    ]


def test_what_the_agent_says_is_a_final_and_what_the_user_said_is_not_heard_twice() -> None:
    told = said(read("livekit", recording("livekit")))
    assert ("item_2", "Let me look into that.", True, "assistant") in told
    assert not any(one[0] == "item_1" for one in told)


def test_a_text_stream_has_its_attributes_where_each_sdk_puts_them() -> None:
    attributes = {"lk.segment_id": "s", "lk.transcription_final": "true"}
    frames = [
        {"text": "Yes.", "participant_identity": "caller", "attributes": attributes},
        {"text": "Yes.", "participantInfo": {"identity": "caller"}, "streamInfo": {"attributes": attributes}},
        {"text": "Yes.", "participantIdentity": "caller", "info": {"attributes": attributes}},
    ]
    assert said(read("livekit", frames)) == [("s", "Yes.", True, "caller")] * 3


def test_javascript_spelling_is_understood_and_a_bare_list_of_segments_too() -> None:
    segment = {"id": "s", "text": "Yes.", "startTime": 1000, "endTime": 2000, "final": True}
    spoken = {"type": "user_input_transcribed", "transcript": "no", "isFinal": True, "itemId": "i", "createdAt": 1}
    first, second = fragments(read("livekit", [[segment], spoken]))
    assert (first.utterance_id, first.start_s, first.end_s, first.speaker) == ("s", 1.0, 2.0, None)
    assert (second.utterance_id, second.text, second.final) == ("i", "no", True)


def test_the_close_of_a_session_finalizes() -> None:
    messages = read("livekit", recording("livekit"))
    assert messages[-1] == Finalize()
    assert said(messages)[-1] == ("here-3", "and", False, None)


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ({}, "LiveKit: type: required"),
        ({"type": "Results"}, "type: 'Results' is none of"),
        ({"segments": [{"text": "x"}]}, r"segments.*id: required"),
        ({"text": "x", "attributes": {}}, r"attributes.*segment_id: required"),
        ({"text": "x", "streamInfo": None}, "attributes: required"),
        ({"type": "user_input_transcribed", "transcript": "x"}, "is_final: required"),
        ({"type": "final_transcript", "alternatives": [{"text": 3}]}, "alternatives.*text"),
    ],
)
def test_a_wrong_shape_is_refused_by_the_name_of_the_field(frame: object, complaint: str) -> None:
    with pytest.raises(InvalidMessage, match=complaint):
        open_dialect("livekit", "here").read(frame)

from __future__ import annotations

import pytest

from streamtrack.core.messages import SpeakerGiven
from streamtrack.dialects import open_dialect
from streamtrack.errors import InvalidMessage
from tests.dialects.recordings import fragments, read, recording, said

RESULT = "0b4f1a5e-9c3d-4d8f-8a55-6f1f9a0c1d0"


def test_a_result_grows_by_partials_under_its_id_to_its_final_in_either_wrapping() -> None:
    told = said(read("aws-transcribe", recording("aws-transcribe")))
    assert [one for one in told if one[0] == f"{RESULT}1"] == [
        (f"{RESULT}1", "I want", False, None),
        (f"{RESULT}1", "I want to", False, None),
        (f"{RESULT}1", "I want to", False, None),
        (f"{RESULT}1", "I want to cancel my plan", False, None),
        (f"{RESULT}1", "I want to cancel my plan.", True, None),
    ]


def test_items_give_the_times_of_words_and_punctuation_has_none() -> None:
    final = next(one for one in fragments(read("aws-transcribe", recording("aws-transcribe"))) if one.final)
    assert [(word.text, word.start_s) for word in final.words[3:]] == [("cancel", 0.9), ("my", 1.4), ("plan", 1.5)]


def test_speakers_come_with_the_final_only_and_split_it() -> None:
    told = said(read("aws-transcribe", recording("aws-transcribe")))
    assert [one for one in told if one[0].startswith(f"{RESULT}2")] == [
        (f"{RESULT}2", "why it is too dear", False, None),
        (f"{RESULT}2", "Why?", True, "speaker-1"),
        (f"{RESULT}2/2", "It is too dear.", True, "speaker-0"),
    ]


def test_a_final_without_alternatives_empties_its_partials() -> None:
    told = said(read("aws-transcribe", recording("aws-transcribe")))
    assert [one[1:3] for one in told if one[0] == f"{RESULT}3"] == [("hm", False), ("", True)]


def test_channels_in_one_event_are_speakers() -> None:
    told = said(read("aws-transcribe", recording("aws-transcribe")))
    assert [one[1:] for one in told if one[0].startswith("d-") and one[2]] == [
        ("Good day.", True, "ch_0"),
        ("Hello.", True, "ch_1"),
    ]


def test_speakers_within_a_channel_are_named_after_both() -> None:
    items = [{"Content": "Yes", "StartTime": 0.0, "EndTime": 0.4, "Speaker": "1"}]
    result = {"ResultId": "r", "IsPartial": False, "ChannelId": "ch_1", "Alternatives": [{"Transcript": "Yes"}]}
    result["Alternatives"] = [{"Transcript": "Yes", "Items": items}]
    assert said(read("aws-transcribe", [{"Transcript": {"Results": [result]}}]))[0][3] == "ch_1-speaker-1"


def test_call_analytics_names_roles_and_counts_milliseconds() -> None:
    heard = fragments(read("aws-transcribe", recording("aws-transcribe")))
    final = next(one for one in heard if one.utterance_id == "call-1" and one.final)
    assert final.speaker == SpeakerGiven(id="agent", role="agent")
    assert (final.text, final.start_s, final.end_s) == ("How can I help?", 9.0, 10.2)
    assert (final.words[-1].text, final.words[-1].start_s, final.words[-1].end_s) == ("help", 9.55, 10.1)


def test_a_bare_utterance_event_and_a_category_event_are_known_by_their_fields() -> None:
    utterance = {"UtteranceId": "u", "IsPartial": True, "Transcript": "hello", "ParticipantRole": None}
    category = {"MatchedCategories": ["greeting"], "MatchedDetails": {}}
    assert said(read("aws-transcribe", [utterance, category])) == [("u", "hello", False, None)]


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ({}, "AWS Transcribe: holds none of"),
        ({"Message": "The security token is expired"}, "holds none of"),
        ({"TranscriptEvent": {"Transcript": {"Results": [{"IsPartial": True}]}}}, r"Results.*ResultId: required"),
        ({"UtteranceEvent": {"UtteranceId": "u"}}, "IsPartial: required"),
        ({"UtteranceId": "u", "IsPartial": True, "ParticipantRole": "BOT"}, "ParticipantRole"),
        ({"Transcript": "hello"}, "AWS Transcribe: Transcript"),
    ],
)
def test_a_wrong_shape_is_refused_by_the_name_of_the_field(frame: object, complaint: str) -> None:
    with pytest.raises(InvalidMessage, match=complaint):
        open_dialect("aws-transcribe", "here").read(frame)

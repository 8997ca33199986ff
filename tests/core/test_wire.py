from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtrack.core.messages import (
    Ack,
    ConversationStarted,
    Error,
    Finalize,
    FragmentMessage,
    Keepalive,
    PositionGiven,
    Seen,
    SpeakerGiven,
    Start,
    Stop,
    Stopped,
    Summary,
    TrackerChoice,
    WordGiven,
)
from streamtrack.core.wire import decode, encode, encode_client, error_message, parse_client
from streamtrack.errors import InvalidMessage, Overloaded
from streamtrack.types import Kind, Match, Position, Span, Speaker, State, Timings, TrackerRef

MATCH = Match(
    match_id="m",
    state=State.RETRACTED,
    revision=2,
    conversation_id="c",
    utterance_id="u",
    speaker=Speaker(id="a", name="Ana", role="agent"),
    tracker=TrackerRef(id="t", name="Budget", version=3),
    sample="I ran out of budget",
    kind=Kind.SEMANTIC,
    text="we spent “it” all",
    span=Span(3, 13),
    quote="spent “it”",
    start_s=1.5,
    end_s=None,
    score=0.71,
    threshold=0.5,
    false_alarms_per_hour=0.03,
    catalog_version=12,
    timings_ms=Timings(queue=0.1, encode=2.0, search=0.2, total=2.4),
    reason="not_in_final",
)


@pytest.mark.parametrize(
    "message",
    [
        Start(),
        Start(
            speaker=SpeakerGiven(id="a", role="agent"),
            language="en",
            trackers=TrackerChoice(mode="only", ids=("x",)),
            matching="stable",
            resume=PositionGiven(epoch="e", offset=4),
        ),
        FragmentMessage(utterance_id="u", text="hi"),
        FragmentMessage(
            utterance_id="u",
            text="hi",
            final=True,
            speaker="a",
            start_s=0.0,
            end_s=1.0,
            words=(WordGiven(text="hi", start_s=0.0, end_s=1.0),),
            seq=0,
        ),
        Finalize(utterance_id="u"),
        Keepalive(),
        Stop(),
    ],
)
def test_what_a_client_encodes_the_server_reads(message: Start) -> None:
    assert parse_client(encode_client(message)) == message


@pytest.mark.parametrize(
    "message",
    [MATCH, Ack(seq=3), Seen(), Stopped(summary=Summary(finals=2)), Error(code="x", message="y", retryable=True)],
)
@pytest.mark.parametrize("position", [None, Position("e", 7)])
def test_what_the_server_encodes_the_client_reads(message: Match, position: Position | None) -> None:
    received = decode(encode(message, position))
    assert (received.message, received.position) == (message, position)


def test_a_frame_begins_with_its_type_and_position() -> None:
    frame = encode(ConversationStarted(conversation_id="c"), Position("e", 1))
    assert frame == '{"type":"conversation_started","epoch":"e","offset":1,"conversation_id":"c"}'


def test_a_client_passes_over_fields_it_does_not_know() -> None:
    assert decode('{"type":"ack","seq":3,"colour":"red"}').message == Ack(seq=3)


@pytest.mark.parametrize("frame", ["", "[]", "{}", '{"type":"shout"}', '{"type":"ack"}', '"x"'])
def test_a_frame_that_no_server_sends_is_refused_by_the_client(frame: str) -> None:
    with pytest.raises(InvalidMessage, match="not a frame of this protocol"):
        decode(frame)


def test_several_mistakes_are_told_together() -> None:
    frame = json.dumps({"type": "fragment", "utterance_id": 4, "final": "no", "words": [{"text": "x", "start_s": 2}]})
    with pytest.raises(InvalidMessage) as raised:
        parse_client(frame)
    for field in ("utterance_id: must be text; got 4", "text: required", "final: must be true", "words[0].end_s: req"):
        assert field in str(raised.value)


def test_an_unknown_field_is_met_with_the_nearest_known_one() -> None:
    with pytest.raises(InvalidMessage, match="did you mean 'final'"):
        parse_client('{"type":"fragment","utterance_id":"u","text":"x","finall":true}')


@given(st.text() | st.binary())
def test_no_frame_can_do_worse_than_be_refused(frame: str | bytes) -> None:
    try:
        parse_client(frame)
    except InvalidMessage as error:
        assert str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELD_NAMES = st.sampled_from(
    ["utterance_id", "text", "final", "speaker", "start_s", "end_s", "words", "seq", "trackers"]
)


@given(st.sampled_from(["start", "fragment", "finalize", "stop"]), st.dictionaries(FIELD_NAMES, JSON, max_size=6))
def test_no_field_can_do_worse_than_be_refused(kind: str, given_fields: dict[str, object]) -> None:
    try:
        message = parse_client(json.dumps({"type": kind, **given_fields}))
    except InvalidMessage as error:
        assert str(error)
    else:
        assert message.type == kind


def test_an_error_says_what_it_is_about_and_when_to_come_back() -> None:
    told = error_message(Overloaded("full", retry_after_s=2.5), seq=4, utterance_id="u")
    assert told == Error(code="overloaded", message="full", retryable=True, seq=4, utterance_id="u", retry_after_s=2.5)

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from streamtrack.core.messages import FragmentMessage, SpeakerGiven, Start
from streamtrack.dialects import DIALECTS
from streamtrack.errors import InvalidMessage, InvalidRequest
from streamtrack.server.formats import FIELDS, reader_for
from tests.dialects.recordings import fragments, read, recording
from tests.server.test_stream import hear, refusal, say, start
from tests.servers import Serve, ws


def turn(text: str, event: str = "Update", number: int = 0) -> str:
    return json.dumps(
        {"type": "TurnInfo", "request_id": "r", "event": event, "turn_index": number, "transcript": text}
        | {"audio_window_start": 1.0, "audio_window_end": 3.0, "words": [], "sequence_id": 1}
    )


def speaks_of_cancelling(name: str, frames: list[object]) -> bool:
    """Whether the newest interim of these frames holds what a tracker listens for."""
    spoken = fragments(read(name, frames))
    return bool(spoken) and not spoken[-1].final and "cancel my plan" in spoken[-1].text


async def send_all(socket: ClientConnection, frames: Iterable[object]) -> None:
    for frame in frames:
        await socket.send(json.dumps(frame))


async def until_stopped(socket: ClientConnection) -> list[dict[str, Any]]:
    await say(socket, type="stop")
    heard = []
    while (frame := await hear(socket))["type"] != "stopped":
        heard.append(frame)
    return heard


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.asyncio
async def test_a_vendors_messages_unchanged_give_a_tentative_and_then_a_confirmed_match(
    serve: Serve, name: str
) -> None:
    frames = recording(name)
    spoken = next(end for end in range(len(frames)) if speaks_of_cancelling(name, frames[:end]))
    async with serve() as server, ws(server, f"/v1/stream/call?format={name}") as socket:
        await send_all(socket, frames[:spoken])
        assert (await hear(socket))["type"] == "started"
        matches = [await hear(socket)]
        await send_all(socket, frames[spoken:])
        heard = await until_stopped(socket)
    assert [one for one in heard if one["type"] == "error"] == []
    matches += [one for one in heard if one["type"] == "match"]
    assert (matches[0]["type"], matches[0]["state"]) == ("match", "tentative")
    assert {one["match_id"] for one in matches} == {matches[0]["match_id"]}
    assert matches[-1]["state"] == "confirmed"
    assert matches[-1]["quote"].lower() == "cancel my plan"
    assert matches[-1]["end_s"] is not None


@pytest.mark.asyncio
async def test_a_vendors_first_message_starts_the_session_with_defaults(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c?format=deepgram-flux") as socket:
        await socket.send(turn("cancel my plan"))
        assert ((await hear(socket))["type"], (await hear(socket))["state"]) == ("started", "tentative")
        await say(socket, type="start")
        assert (await refusal(socket))[0] == "already_started"


@pytest.mark.asyncio
async def test_a_native_start_may_come_first_and_keeps_its_choice_of_trackers(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c?format=deepgram-flux") as socket:
        assert (await start(socket, trackers={"mode": "only", "ids": ["budget"]}))["trackers"] == 1
        await socket.send(turn("cancel my plan", "EndOfTurn"))
        await socket.send(turn("out of budget", "EndOfTurn", 1))
        assert (await hear(socket))["tracker"]["id"] == "budget"


@pytest.mark.asyncio
async def test_a_start_that_was_refused_is_not_replaced_by_defaults(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c?format=deepgram-flux") as socket:
        await say(socket, type="start", trackers={"mode": "only", "ids": ["no such"]})
        assert (await refusal(socket))[0] == "unknown_tracker"
        await socket.send(turn("cancel my plan"))
        assert (await refusal(socket))[0] == "not_started"
        assert (await start(socket))["type"] == "started"


@pytest.mark.asyncio
async def test_native_finalize_keepalive_and_stop_work_among_a_vendors_messages(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c?format=deepgram-flux") as socket:
        await socket.send(turn("cancel my plan"))
        assert [(await hear(socket))["type"] for _ in range(2)] == ["started", "match"]
        await say(socket, type="keepalive")
        await say(socket, type="finalize")
        assert await hear(socket) == {"type": "finalized", "utterance_ids": ["r-0"]}
        assert (await hear(socket))["state"] == "confirmed"
        assert await until_stopped(socket) == []


@pytest.mark.asyncio
async def test_a_message_that_is_not_the_vendors_is_refused_and_the_connection_lives_on(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c?format=deepgram-flux") as socket:
        await socket.send(json.dumps({"type": "Results"}))
        code, message = await refusal(socket)
        assert code == "invalid_message" and "type: 'Results' is none of" in message
        await socket.send("{")
        assert "is not JSON" in (await refusal(socket))[1]
        await socket.send(turn("cancel my plan"))
        assert (await hear(socket))["type"] == "started"


@pytest.mark.asyncio
async def test_the_end_of_the_vendors_stream_finalizes_and_the_next_stream_may_follow(serve: Serve) -> None:
    interim = {"type": "Turn", "turn_order": 0, "transcript": "cancel my plan", "end_of_turn": False}
    second = [{"type": "Begin", "id": "two"}, interim | {"end_of_turn": True}]
    async with serve() as server, ws(server, "/v1/stream/c?format=assemblyai") as socket:
        await send_all(socket, [{"type": "Begin", "id": "one"}, interim])
        assert [(await hear(socket))["type"] for _ in range(2)] == ["started", "match"]
        await send_all(socket, [{"type": "Termination"}])
        assert await hear(socket) == {"type": "finalized", "utterance_ids": ["one-0"]}
        assert (await hear(socket))["state"] == "confirmed"
        await send_all(socket, second)
        match = await hear(socket)
        assert (match["utterance_id"], match["state"], match["revision"]) == ("two-0", "confirmed", 1)


@pytest.mark.asyncio
async def test_a_final_that_the_vendor_sends_again_after_a_lost_connection_is_counted_once(serve: Serve) -> None:
    async with serve() as server:
        async with ws(server, "/v1/stream/c?format=deepgram-flux") as socket:
            await socket.send(turn("cancel my plan", "EndOfTurn"))
            assert [(await hear(socket))["type"] for _ in range(2)] == ["started", "match"]
        async with ws(server, "/v1/stream/c?format=deepgram-flux") as socket:
            await socket.send(turn("cancel my plan", "EndOfTurn"))
            assert (await hear(socket))["type"] == "started"
            assert await until_stopped(socket) == []


@pytest.mark.parametrize("frame", ["[]", "null", "3", '"start"', '{"type":[]}', '{"type":{}}', '{"type":null}', "{"])
@pytest.mark.parametrize("name", DIALECTS)
def test_any_json_is_read_or_refused(name: str, frame: str) -> None:
    read_frame = reader_for([("format", name)])
    try:
        messages = read_frame(frame)
    except InvalidMessage:
        return
    assert messages == [Start()]


@pytest.mark.asyncio
async def test_a_speaker_of_the_vendor_is_given_the_role_that_the_address_names(serve: Serve) -> None:
    frames = [
        {
            "type": "Results",
            "channel_index": [channel, 2],
            "start": 0.0,
            "duration": 1.0,
            "is_final": True,
            "channel": {"alternatives": [{"transcript": "out of budget", "words": []}]},
            "metadata": {"request_id": "r"},
        }
        for channel in (0, 1)
    ]
    address = "/v1/stream/c?format=deepgram&role=channel-0:agent&role=channel-1:customer"
    async with serve() as server, ws(server, address) as socket:
        await send_all(socket, frames)
        heard = [one["speaker"] for one in await until_stopped(socket) if one["type"] == "match"]
    assert heard == [{"id": "channel-1", "name": None, "role": "customer"}]


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("format=depgram", "format: 'depgram' is unknown; it is one of"),
        ("format=deepgram&format=vosk", "format: given 2 times"),
        ("role=channel-0:agent", "role: only with a format"),
        ("format=deepgram&role=agent", "role: 'agent' must be a speaker's id"),
    ],
)
@pytest.mark.asyncio
async def test_a_wrong_address_is_refused_with_what_is_allowed(serve: Serve, query: str, complaint: str) -> None:
    async with serve() as server, ws(server, f"/v1/stream/c?{query}") as socket:
        code, message = await refusal(socket)
        assert code == "invalid_request" and complaint in message
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4501


def test_without_a_format_frames_are_native_and_other_fields_of_the_address_are_not_ours() -> None:
    assert reader_for([("token", "x")])('{"type":"start"}') == [Start()]
    with pytest.raises(InvalidMessage):
        reader_for([])(turn("hello"))


def test_a_role_is_given_after_the_last_colon_so_that_ids_may_hold_colons() -> None:
    read = reader_for([("format", "deepgram"), ("role", "channel-1:agent")])
    frame = {"type": "Results", "channel_index": [1, 2], "start": 0, "duration": 1}
    frame |= {"channel": {"alternatives": [{"transcript": "hello"}]}}
    _, fragment = read(json.dumps(frame))
    assert isinstance(fragment, FragmentMessage)
    assert fragment.speaker == SpeakerGiven(id="channel-1", role="agent")
    with pytest.raises(InvalidRequest):
        reader_for([("format", "deepgram"), ("role", "a:")])


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_a_streams_address_is_documented(field: str) -> None:
    protocol = Path(__file__).parent.parent.parent / "docs" / "protocol.md"
    assert f"| `{field}` |" in protocol.read_text(encoding="utf-8")

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from tests.servers import Serve, ws

CUSTOMER = {"id": "c1", "name": "Carla", "role": "customer"}


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def hear(socket: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 5))
    return frame


async def start(socket: ClientConnection, **more: Any) -> dict[str, Any]:
    await say(socket, type="start", **more)
    return await hear(socket)


async def fragment(socket: ClientConnection, text: str, utterance_id: str = "u1", **more: Any) -> None:
    await say(socket, type="fragment", utterance_id=utterance_id, text=text, **more)


async def refusal(socket: ClientConnection) -> tuple[str, str]:
    frame = await hear(socket)
    assert frame["type"] == "error", frame
    return frame["code"], frame["message"]


@pytest.mark.asyncio
async def test_a_call_from_start_to_stop(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/call-1") as socket:
        started = await start(socket, speaker=CUSTOMER)
        assert (started["type"], started["conversation_id"], started["offset"]) == ("started", "call-1", 0)
        assert (started["catalog_version"], started["trackers"]) == (1, 3)
        await fragment(socket, "I want to cancel my plan", start_s=1.0, end_s=3.0, seq=1)
        tentative = await hear(socket)
        assert (tentative["type"], tentative["state"], tentative["revision"]) == ("match", "tentative", 1)
        assert (tentative["epoch"], tentative["offset"]) == (started["epoch"], 1)
        assert tentative["speaker"] == CUSTOMER
        assert tentative["tracker"] == {"id": "cancellation", "name": "Cancellation", "version": 1}
        assert (tentative["quote"], tentative["span"]) == ("cancel my plan", {"start": 10, "end": 24})
        assert 1.0 < tentative["start_s"] < tentative["end_s"] == 3.0
        assert tentative["timings_ms"].keys() == {"queue", "encode", "search", "total"}
        await fragment(socket, "I want to cancel my plan today.", final=True, seq=2)
        confirmed = await hear(socket)
        assert (confirmed["match_id"], confirmed["state"]) == (tentative["match_id"], "confirmed")
        assert (confirmed["revision"], confirmed["offset"]) == (2, 2)
        assert await hear(socket) == {"type": "ack", "seq": 2}
        await say(socket, type="stop")
        stopped = await hear(socket)
        assert stopped["type"] == "stopped"
        assert stopped["summary"] == {
            "fragments": 2,
            "finals": 1,
            "interims": 1,
            "interims_superseded": 0,
            "refused": 0,
            "confirmed": 1,
            "retracted": 0,
        }
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1000


@pytest.mark.asyncio
async def test_a_final_without_the_words_retracts(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await start(socket)
        await fragment(socket, "cancel my plan")
        tentative = await hear(socket)
        await fragment(socket, "can sell my plan", final=True, seq=9)
        retracted = await hear(socket)
        assert (retracted["match_id"], retracted["state"]) == (tentative["match_id"], "retracted")
        assert retracted["reason"] == "not_in_final"
        assert (await hear(socket))["type"] == "ack"


@pytest.mark.asyncio
async def test_an_empty_final_retracts_and_is_acknowledged(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await start(socket)
        await fragment(socket, "cancel my plan")
        await hear(socket)
        await fragment(socket, "", final=True, seq=2)
        assert (await hear(socket))["reason"] == "empty_final"
        assert await hear(socket) == {"type": "ack", "seq": 2}


@pytest.mark.asyncio
async def test_finalize_promotes_open_interims_and_is_answered_even_for_nothing(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await start(socket)
        await fragment(socket, "cancel my plan")
        assert (await hear(socket))["state"] == "tentative"
        await say(socket, type="finalize")
        assert await hear(socket) == {"type": "finalized", "utterance_ids": ["u1"]}
        assert (await hear(socket))["state"] == "confirmed"
        await say(socket, type="finalize", utterance_id="u1")
        assert await hear(socket) == {"type": "finalized", "utterance_ids": []}


@pytest.mark.asyncio
async def test_stop_promotes_what_is_open(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await start(socket)
        await fragment(socket, "cancel my plan")
        await say(socket, type="stop")
        heard = []
        while (frame := await hear(socket))["type"] != "stopped":
            heard.append(frame["state"])
        assert heard[-1] == "confirmed"
        assert frame["summary"]["confirmed"] == 1


@pytest.mark.asyncio
async def test_a_second_speaker_joins_and_brings_trackers_that_count(serve: Serve) -> None:
    inline = [{"name": "Weather", "vocabulary": ["lovely weather"]}]
    async with serve() as server, ws(server, "/v1/stream/c") as agent, ws(server, "/v1/stream/c") as customer:
        first = await start(agent, speaker={"id": "a", "role": "agent"}, trackers={"mode": "only", "ids": ["budget"]})
        second = await start(customer, speaker=CUSTOMER, trackers={"mode": "only", "inline": inline})
        assert first["epoch"] == second["epoch"]
        assert (first["trackers"], second["trackers"]) == (1, 1)
        await fragment(agent, "lovely weather and out of budget", final=True)
        heard = [await hear(agent), await hear(customer)]
        assert {one["tracker"]["name"] for one in heard} == {"Weather"}
        await fragment(customer, "we are out of budget", final=True)
        heard = [await hear(agent), await hear(customer)]
        assert {(one["tracker"]["name"], one["speaker"]["id"]) for one in heard} == {("Budget", "c1")}


@pytest.mark.asyncio
async def test_two_producers_may_number_their_utterances_alike(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as agent, ws(server, "/v1/stream/c") as customer:
        await start(agent, speaker={"id": "a"})
        await start(customer, speaker={"id": "b"})
        await fragment(agent, "nothing here", "u1", final=True, seq=1)
        assert (await hear(agent))["type"] == "ack"
        await fragment(customer, "end the contract", "u1", final=True, seq=1)
        assert (await hear(agent))["state"] == "confirmed"


@pytest.mark.asyncio
async def test_only_trackers_of_the_language_listen(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        assert (await start(socket, language="en-US"))["trackers"] == 2
        await fragment(socket, "sin dinero", final=True, seq=1)
        assert await hear(socket) == {"type": "ack", "seq": 1}


@pytest.mark.asyncio
async def test_a_speaker_per_fragment_is_known_by_id_afterwards(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await start(socket)
        await fragment(socket, "out of budget", "u1", final=True, speaker=CUSTOMER)
        assert (await hear(socket))["speaker"] == CUSTOMER
        await fragment(socket, "out of budget", "u2", final=True, speaker="c1")
        assert (await hear(socket))["speaker"] == CUSTOMER
        await fragment(socket, "out of budget", "u3", final=True, speaker={"id": "a1", "role": "agent"}, seq=3)
        assert await hear(socket) == {"type": "ack", "seq": 3}


@pytest.mark.asyncio
async def test_a_repeated_final_is_counted_once_and_acknowledged_again(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await start(socket)
        for _ in range(2):
            await fragment(socket, "cancel my plan", final=True, seq=4)
        assert (await hear(socket))["type"] == "match"
        assert [await hear(socket) for _ in range(2)] == [{"type": "ack", "seq": 4}] * 2


@pytest.mark.asyncio
async def test_a_producer_that_comes_back_is_given_what_it_missed(serve: Serve) -> None:
    async with serve() as server:
        async with ws(server, "/v1/stream/c") as socket:
            started = await start(socket)
            await fragment(socket, "cancel my plan", final=True, seq=1)
            assert (await hear(socket))["offset"] == 1
            await hear(socket)
        async with ws(server, "/v1/stream/c") as socket:
            resumed = await start(socket, resume={"epoch": started["epoch"], "offset": 0})
            assert (resumed["recovered"], resumed["offset"]) == (True, 0)
            assert (await hear(socket))["offset"] == 1
            await fragment(socket, "cancel my plan", final=True, seq=1)
            assert await hear(socket) == {"type": "ack", "seq": 1}
        async with ws(server, "/v1/stream/c") as socket:
            resumed = await start(socket, resume={"epoch": "gone", "offset": 3})
            assert (resumed["recovered"], resumed["offset"]) == (False, 1)


MISTAKES: list[tuple[str | bytes, str, str]] = [
    ("{nonsense", "invalid_message", "not JSON"),
    ("[]", "invalid_message", "not a JSON object"),
    ("{}", "invalid_message", "type: missing"),
    ('{"type":"shout"}', "invalid_message", "'shout' is unknown; it is one of start, fragment"),
    ('{"type":"fragment","text":"x"}', "invalid_message", "utterance_id: required"),
    ('{"type":"fragment","utterance_id":"u","text":7}', "invalid_message", "text: must be text; got 7"),
    ('{"type":"fragment","utterance_id":"u","text":"x","final":"yes"}', "invalid_message", "final: must be true or"),
    ('{"type":"fragment","utterance_id":"u","text":"x","finall":true}', "invalid_message", "finall: unknown field"),
    ('{"type":"fragment","utterance_id":"","text":"x"}', "invalid_message", "utterance_id: "),
    ('{"type":"fragment","utterance_id":"u","text":"x","start_s":NaN}', "invalid_message", "start_s"),
    ('{"type":"fragment","utterance_id":"u","text":"x","start_s":1e999}', "invalid_message", "start_s: "),
    ('{"type":"fragment","utterance_id":"u","text":"x","start_s":5,"end_s":4}', "invalid_message", "end_s 4"),
    (
        '{"type":"fragment","utterance_id":"u","text":"' + "x" * 2001 + '"}',
        "text_too_long",
        "2001 characters, limit 2000",
    ),
    ('{"type":"keepalive","pad":"' + "x" * 70_000 + '"}', "frame_too_large", "limit 65536"),
    (b"\x00\x01", "binary_frame", "2 bytes"),
    ('{"type":"start"}', "already_started", "started already"),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("frame", "code", "message"), MISTAKES, ids=[f"{code}-{text}" for _, code, text in MISTAKES])
async def test_a_mistake_is_answered_and_the_call_goes_on(
    serve: Serve, frame: str | bytes, code: str, message: str
) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await start(socket)
        await socket.send(frame)
        told = await refusal(socket)
        assert told[0] == code
        assert message in told[1]
        await fragment(socket, "cancel my plan", final=True, seq=1)
        assert (await hear(socket))["state"] == "confirmed"


@pytest.mark.asyncio
async def test_a_final_before_start_is_refused_and_can_be_sent_after_it(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await fragment(socket, "cancel my plan", final=True, seq=1)
        assert (await refusal(socket))[0] == "not_started"
        await start(socket)
        await fragment(socket, "cancel my plan", final=True, seq=1)
        assert (await hear(socket))["state"] == "confirmed"


@pytest.mark.asyncio
async def test_fragments_out_of_order_are_refused_by_name(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await start(socket)
        await fragment(socket, "I want to", seq=5)
        await fragment(socket, "I want", seq=4)
        assert (await refusal(socket))[0] == "stale_fragment"
        await fragment(socket, "I want it", final=True, seq=6)
        assert (await hear(socket))["type"] == "ack"
        await fragment(socket, "I want it and", seq=7)
        assert (await refusal(socket))[0] == "already_final"
        await fragment(socket, "something else", "u2", seq=6)
        frame = await hear(socket)
        assert (frame["code"], frame["seq"], frame["utterance_id"]) == ("duplicate_seq", 6, "u2")


@pytest.mark.asyncio
async def test_an_unknown_tracker_is_named_and_start_may_be_sent_again(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await say(socket, type="start", trackers={"mode": "only", "names": ["Cancelation"]})
        code, message = await refusal(socket)
        assert code == "unknown_tracker"
        assert "trackers.names: 'Cancelation'" in message
        assert (await start(socket))["type"] == "started"


@pytest.mark.asyncio
async def test_an_inline_tracker_with_a_mistake_names_its_field(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await say(socket, type="start", trackers={"inline": [{"name": "X", "vocabulary": []}]})
        code, message = await refusal(socket)
        assert code == "invalid_message"
        assert "trackers.inline[0].vocabulary: needs at least 1" in message


@pytest.mark.asyncio
async def test_invalid_utf8_closes_the_connection_as_the_protocol_demands(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await start(socket)
        socket.protocol.send_frame(Frame(Opcode.TEXT, b"\xff\xfe"))
        socket.send_data()
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1007


@pytest.mark.asyncio
async def test_mistake_after_mistake_closes_the_connection_for_good(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        for _ in range(100):
            await socket.send("?")
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                assert (await hear(socket))["type"] == "error"
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4500


@pytest.mark.asyncio
async def test_silence_without_keepalive_closes_with_a_code_to_come_back(serve: Serve) -> None:
    async with serve(idle_seconds=1) as server, ws(server, "/v1/stream/c") as socket:
        await start(socket)
        assert (await hear(socket))["code"] == "idle_timeout"
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4009


@pytest.mark.asyncio
async def test_a_conversation_id_beyond_the_limit_is_refused_for_good(serve: Serve) -> None:
    async with serve() as server, ws(server, f"/v1/stream/{'x' * 129}") as socket:
        code, message = await refusal(socket)
        assert code == "invalid_request"
        assert "129 characters" in message
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4501


@pytest.mark.asyncio
async def test_ten_thousand_utterances_in_one_conversation_are_all_acknowledged(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await start(socket)

        async def send() -> None:
            for number in range(10_000):
                await fragment(socket, "yes", f"u{number}", final=True, seq=number)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(send())
            acknowledged = {(await hear(socket))["seq"] for _ in range(10_000)}
        assert acknowledged == set(range(10_000))

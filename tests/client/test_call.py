from __future__ import annotations

import asyncio

import pytest

from streamtrack import connect
from streamtrack.client import Call, Refused
from streamtrack.core.messages import Started
from streamtrack.types import Match, State
from tests.servers import Proxy, Serve


def address(server: object) -> str:
    return str(server.address).replace("http", "ws", 1)  # type: ignore[attr-defined]


async def confirmed(call: Call, count: int) -> list[Match]:
    found = []
    async with asyncio.timeout(10):
        async for match in call.matches():
            if match.state is State.CONFIRMED:
                found.append(match)
            if len(found) == count:
                break
    return found


@pytest.mark.asyncio
async def test_a_call_is_sent_answered_and_summed_up(serve: Serve) -> None:
    async with serve() as server:
        async with connect(address(server), "call 1/é", speaker={"id": "c1", "role": "customer"}) as call:
            await call.send("u1", "please cancel my")
            await call.send("u1", "please cancel my plan", final=True, start_s=1.0, end_s=2.0)
            (match,) = await confirmed(call, 1)
        assert (match.tracker.name, match.quote, match.conversation_id) == (
            "Cancellation",
            "cancel my plan",
            "call 1/é",
        )
        assert call.summary is not None
        assert (call.summary.finals, call.summary.confirmed) == (1, 1)


@pytest.mark.asyncio
async def test_inline_trackers_and_a_policy_are_passed_on(serve: Serve) -> None:
    trackers = {"mode": "only", "inline": [{"name": "Weather", "vocabulary": ["lovely weather"]}]}
    async with serve() as server, connect(address(server), "c", trackers=trackers, matching="final") as call:
        await call.send("u1", "lovely weather")
        await call.send("u1", "lovely weather, cancel my plan", final=True)
        (match,) = await confirmed(call, 1)
        assert (match.tracker.name, match.revision) == ("Weather", 1)


@pytest.mark.asyncio
async def test_a_lost_connection_is_remade_and_no_final_is_lost_or_doubled(serve: Serve) -> None:
    async with serve() as server, Proxy(server).open() as proxy:
        async with connect(proxy.address, "c") as call:
            found: list[Match] = []
            for tens in range(3):
                for number in range(10):
                    if number == 5:
                        proxy.cut()
                    await call.send(f"u{tens}{number}", "cancel my plan", final=True)
                found += await confirmed(call, 10)
        assert {match.utterance_id for match in found} == {f"u{number:02d}" for number in range(30)}
        assert call.summary is not None
        assert call.summary.confirmed == 30
        assert call.gaps == 0
        assert proxy.accepted == 4


@pytest.mark.asyncio
async def test_a_final_that_comes_while_a_remade_connection_catches_up_is_sent_too(serve: Serve) -> None:
    async with serve() as server, Proxy(server).open() as proxy:
        async with asyncio.timeout(30), connect(proxy.address, "c") as call:
            proxy.closed = True
            proxy.cut()
            for number in range(4000):
                await call.send(f"u{number}", "x" * 1900, final=True)
            proxy.flowing.clear()
            proxy.closed = False
            await proxy.stalled.wait()
            await call.send("late", "cancel my plan", final=True)
            proxy.flowing.set()
            (match,) = await confirmed(call, 1)
        assert match.utterance_id == "late"
        assert call.summary is not None
        assert call.summary.finals == 4001


@pytest.mark.asyncio
async def test_what_happened_while_a_client_was_away_reaches_it_once(serve: Serve) -> None:
    async with serve() as server, Proxy(server).open() as proxy:
        async with connect(proxy.address, "c", speaker={"id": "a"}) as away:
            async with connect(address(server), "c", speaker={"id": "b"}) as other:
                proxy.closed = True
                proxy.cut()
                await other.send("u1", "cancel my plan", final=True)
                await confirmed(other, 1)
                proxy.closed = False
                (match,) = await confirmed(away, 1)
                assert match.utterance_id == "u1"
            await away.stop()
            assert [match async for match in away.matches()] == []
            assert away.gaps == 0


@pytest.mark.asyncio
async def test_a_server_that_cannot_be_reached_is_given_up() -> None:
    with pytest.raises(Refused, match=r"not reached for 0.2 s"):
        async with connect("ws://127.0.0.1:1", "c", give_up_s=0.2):
            pass


@pytest.mark.asyncio
async def test_an_unknown_tracker_is_refused_and_said(serve: Serve) -> None:
    async with serve() as server:
        with pytest.raises(Refused, match="'Nope' is not in catalog"):
            async with connect(address(server), "c", trackers={"mode": "only", "names": ["Nope"]}):
                pass


@pytest.mark.asyncio
async def test_every_message_can_be_followed_in_order(serve: Serve) -> None:
    async with serve() as server, connect(address(server), "c") as call:
        seq = await call.send("u1", "cancel my plan", final=True)
        await call.finalize()
        await call.stop()
        kinds = [type(received.message).__name__ async for received in call]
    assert seq == 1
    assert kinds[0] == Started.__name__
    assert sorted(kinds[1:]) == ["Ack", "Finalized", "Match", "Stopped"]

from __future__ import annotations

import asyncio

import pytest

from streamtrack import connect, subscribe
from streamtrack.client import Refused
from streamtrack.core.messages import Subscribed
from streamtrack.types import Match
from tests.client.test_call import address
from tests.servers import Proxy, Serve


@pytest.mark.asyncio
async def test_events_are_followed_across_lost_connections_without_gap_or_double(serve: Serve) -> None:
    async with serve() as server, Proxy(server).open() as proxy:
        heard: list[str] = []
        subscribed: list[bool] = []
        following_since = asyncio.Event()

        async def follow() -> None:
            async for received in subscribe(proxy.address, state=["confirmed"], tracker=["Cancellation"]):
                match received.message:
                    case Subscribed(recovered=recovered):
                        subscribed.append(recovered)
                        following_since.set()
                    case Match(utterance_id=utterance_id):
                        heard.append(utterance_id)
                if len(heard) == 20:
                    return

        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            following = tasks.create_task(follow())
            await following_since.wait()
            async with connect(address(server), "c") as call:
                for number in range(20):
                    if number in (5, 12):
                        following_since.clear()
                        proxy.cut()
                    await call.send(f"u{number}", "cancel my plan", final=True)
                    if number in (9, 15):
                        await following_since.wait()
                await following
        assert heard == [f"u{number}" for number in range(20)]
        assert subscribed == [True] * 3


@pytest.mark.asyncio
async def test_a_wrong_filter_is_refused(serve: Serve) -> None:
    async with serve() as server:
        with pytest.raises(Refused, match="state: 'sure' is not one of"):
            async for _ in subscribe(address(server), state=["sure"]):
                pass

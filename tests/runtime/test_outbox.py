from __future__ import annotations

import asyncio

import pytest

from streamtrack.errors import ShuttingDown, TooSlow
from streamtrack.runtime.outbox import Outbox


class Peer:
    def __init__(self) -> None:
        self.frames: list[str] = []

    async def send(self, frame: str) -> None:
        self.frames.append(frame)


@pytest.mark.asyncio
async def test_frames_are_sent_in_order_and_what_is_queued_at_the_end_is_still_sent() -> None:
    outbox, peer = Outbox(100), Peer()
    for frame in "abc":
        outbox.put(frame)
    outbox.end()
    outbox.put("after the end")
    await outbox.drain_to(peer.send)
    assert peer.frames == ["a", "b", "c"]


@pytest.mark.asyncio
async def test_frames_that_come_while_it_drains_are_sent_too() -> None:
    outbox, peer = Outbox(100), Peer()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(outbox.drain_to(peer.send))
        await asyncio.sleep(0)
        outbox.put("one")
        await asyncio.sleep(0)
        outbox.put("two")
        outbox.end()
    assert peer.frames == ["one", "two"]


@pytest.mark.asyncio
async def test_a_reader_beyond_the_bound_is_cut_and_what_was_queued_is_dropped() -> None:
    outbox, peer = Outbox(10), Peer()
    outbox.put("12345678")
    outbox.put("90")
    assert not outbox.closed
    outbox.put("x")
    assert outbox.closed
    with pytest.raises(TooSlow, match="10 bytes unread, limit 10"):
        await outbox.wait_cut()
    await outbox.drain_to(peer.send)
    assert peer.frames == []


@pytest.mark.asyncio
async def test_a_peer_that_never_reads_is_cut_all_the_same() -> None:
    outbox = Outbox(5)
    stuck = asyncio.Event()

    async def send(frame: str) -> None:
        await stuck.wait()

    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(outbox.drain_to(send))
            tasks.create_task(outbox.wait_cut())
            outbox.put("12345")
            await asyncio.sleep(0)
            outbox.put("123456")
    assert raised.group_contains(TooSlow)


@pytest.mark.asyncio
async def test_an_end_with_an_error_sends_what_is_queued_first_and_the_first_end_counts() -> None:
    outbox, peer = Outbox(100), Peer()
    outbox.put("last words")
    outbox.end(ShuttingDown("going"))
    outbox.end(TooSlow("slow"))
    with pytest.raises(ShuttingDown):
        await outbox.drain_to(peer.send)
    assert peer.frames == ["last words"]

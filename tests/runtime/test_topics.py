from __future__ import annotations

import asyncio

import pytest

from streamtrack.core.messages import ConversationEnded, ConversationStarted, HistoryEvent, Received
from streamtrack.core.wire import decode
from streamtrack.runtime.outbox import Outbox
from streamtrack.runtime.topics import Topic, everything
from streamtrack.types import Position


def started(name: str) -> HistoryEvent:
    return ConversationStarted(conversation_id=name)


async def read(outbox: Outbox) -> list[Received]:
    frames: list[str] = []

    async def send(frame: str) -> None:
        frames.append(frame)

    outbox.end()
    await outbox.drain_to(send)
    return [decode(frame) for frame in frames]


def names(received: list[Received]) -> list[tuple[str, int]]:
    return [(one.message.conversation_id, one.position.offset) for one in received if one.position]  # type: ignore[union-attr]


class Greeting:
    def __init__(self) -> None:
        self.position: Position | None = None
        self.recovered: bool | None = None

    def __call__(self, position: Position, recovered: bool | None) -> None:
        self.position, self.recovered = position, recovered


@pytest.mark.asyncio
async def test_a_reader_hears_what_is_published_while_it_follows() -> None:
    topic, outbox, greeting = Topic("e", 10), Outbox(10_000), Greeting()
    topic.publish(started("before"))
    with topic.followed(outbox, everything, greeting):
        topic.publish(started("during"))
    topic.publish(started("after"))
    assert (greeting.position, greeting.recovered) == (Position("e", 1), None)
    assert names(await read(outbox)) == [("during", 2)]


@pytest.mark.asyncio
async def test_a_reader_that_resumes_is_given_the_whole_gap_in_order() -> None:
    topic, outbox, greeting = Topic("e", 10), Outbox(10_000), Greeting()
    for name in "abc":
        topic.publish(started(name))
    with topic.followed(outbox, everything, greeting, Position("e", 1)):
        topic.publish(started("d"))
    assert (greeting.position, greeting.recovered) == (Position("e", 1), True)
    assert names(await read(outbox)) == [("b", 2), ("c", 3), ("d", 4)]


@pytest.mark.asyncio
@pytest.mark.parametrize("seen", [Position("e", 0), Position("other", 3), Position("e", 9)])
async def test_a_gap_that_cannot_be_filled_is_said_and_nothing_of_it_is_sent(seen: Position) -> None:
    topic, outbox, greeting = Topic("e", 2), Outbox(10_000), Greeting()
    for name in "abc":
        topic.publish(started(name))
    with topic.followed(outbox, everything, greeting, seen):
        topic.publish(started("d"))
    assert (greeting.position, greeting.recovered) == (Position("e", 3), False)
    assert names(await read(outbox)) == [("d", 4)]


@pytest.mark.asyncio
async def test_a_filter_holds_for_the_gap_and_for_live_events() -> None:
    topic, outbox = Topic("e", 10), Outbox(10_000)
    topic.publish(started("a"))
    topic.publish(ConversationEnded(conversation_id="a", reason="stopped"))
    with topic.followed(
        outbox, lambda event: isinstance(event, ConversationEnded), Greeting(), Position("e", 0)
    ) as subscription:
        topic.publish(started("b"))
        assert subscription.told == Position("e", 2)
        topic.publish(ConversationEnded(conversation_id="b", reason="stopped"))
        assert subscription.told == Position("e", 4)
    assert names(await read(outbox)) == [("a", 2), ("b", 4)]


@pytest.mark.asyncio
async def test_a_gap_longer_than_any_outbox_is_given_whole_before_what_happens_meanwhile() -> None:
    topic, outbox = Topic("e", 1000), Outbox(200)
    for number in range(500):
        topic.publish(started(f"c{number}"))
    with topic.followed(outbox, everything, Greeting(), Position("e", 0)):
        topic.publish(started("live"))
        assert not outbox.closed
    assert [offset for _, offset in names(await read(outbox))] == list(range(1, 502))


@pytest.mark.asyncio
async def test_one_slow_reader_is_cut_and_the_others_hear_everything() -> None:
    topic, slow, quick = Topic("e", 100), Outbox(200), Outbox(100_000)
    with topic.followed(slow, everything, Greeting()), topic.followed(quick, everything, Greeting()):
        for number in range(20):
            topic.publish(started(f"c{number}"))
    assert slow.closed
    assert len(await read(quick)) == 20
    await asyncio.sleep(0)

"""Named streams of publications and those who follow them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from streamtrack.core.history import History, Publication
from streamtrack.core.messages import HistoryEvent
from streamtrack.core.wire import encode
from streamtrack.errors import Unrecoverable
from streamtrack.runtime.outbox import Outbox
from streamtrack.types import Position

Wanted = Callable[[HistoryEvent], bool]


def everything(_: HistoryEvent) -> bool:
    """The filter that lets every event pass."""
    return True


@dataclass(eq=False, slots=True)
class Subscription:
    """One reader of a topic: where its frames go, which events it wants, how far it has been told."""

    outbox: Outbox
    wanted: Wanted
    told: Position

    def offer(self, event: HistoryEvent, position: Position) -> None:
        """Queue the event if it is wanted."""
        if self.wanted(event):
            self.outbox.put(encode(event, position))
            self.told = position


class Topic:
    """A history and its live readers; publishing never waits for any of them."""

    def __init__(self, epoch: str, limit: int) -> None:
        self._history: History[HistoryEvent] = History(epoch, limit)
        self._subscriptions: set[Subscription] = set()

    @property
    def top(self) -> Position:
        """The position of a reader who has seen everything."""
        return self._history.top

    def publish(self, event: HistoryEvent) -> None:
        """Append the event and hand it to every reader."""
        offset = self._history.publish(event).offset
        position = Position(self._history.top.epoch, offset)
        for subscription in self._subscriptions:
            subscription.offer(event, position)

    @contextmanager
    def followed(
        self,
        outbox: Outbox,
        wanted: Wanted,
        greet: Callable[[Position, bool | None], None],
        seen: Position | None = None,
    ) -> Iterator[Subscription]:
        """Follow the topic from ``seen``, or from now on; on leaving, follow no more.

        ``greet`` is called first, with the position from which frames follow and whether the gap is filled whole
        (None when no position was given). Greeting, gap and live events are one synchronous step: nothing is lost
        or doubled between them.
        """
        subscription = Subscription(outbox, wanted, seen if seen is not None else self.top)
        try:
            missed = [] if seen is None else self._history.since(seen)
        except Unrecoverable:
            subscription.told = self.top
            greet(self.top, False)
        else:
            greet(subscription.told, None if seen is None else True)
            outbox.put_gap(self._frames(missed, wanted))
            subscription.told = self.top
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def _frames(self, missed: Sequence[Publication[HistoryEvent]], wanted: Wanted) -> Iterator[str]:
        epoch = self.top.epoch
        for one in missed:
            if wanted(one.event):
                yield encode(one.event, Position(epoch, one.offset))

"""``/v1/events``: dashboards follow the matches of many conversations and resume where they left off."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from streamtrack.core.filters import Wish, read_wish
from streamtrack.core.messages import Seen, Subscribed
from streamtrack.core.wire import encode
from streamtrack.runtime.outbox import Outbox
from streamtrack.runtime.topics import Subscription, Topic
from streamtrack.server.connections import Connections
from streamtrack.types import Position


@dataclass(frozen=True, slots=True)
class EventsSocket:
    """Serves the sockets of dashboards."""

    topic: Topic
    connections: Connections
    seen_seconds: float

    async def __call__(self, socket: WebSocket) -> None:
        """Serve one connection until it ends."""

        async def conduct(outbox: Outbox) -> None:
            await self._follow(socket, outbox, read_wish(socket.query_params.multi_items()))

        await self.connections.conduct(socket, "events", conduct)

    async def _follow(self, socket: WebSocket, outbox: Outbox, wish: Wish) -> None:
        def greet(position: Position, recovered: bool | None) -> None:
            outbox.put(encode(Subscribed(recovered=recovered is not False), position))

        with self.topic.followed(outbox, wish.filter, greet, wish.seen) as subscription:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tell_seen(subscription), name="seen")
                await _until_gone(socket)

    async def _tell_seen(self, subscription: Subscription) -> None:
        """Now and then tell a reader whose filter lets little pass how far it has come, so that it can resume."""
        while True:
            await asyncio.sleep(self.seen_seconds)
            if subscription.told != self.topic.top:
                subscription.told = self.topic.top
                subscription.outbox.put(encode(Seen(), self.topic.top))


async def _until_gone(socket: WebSocket) -> None:
    """Read and pass over whatever a dashboard says: nothing it could say means anything."""
    while True:
        event = await socket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1006), event.get("reason"))

"""``/v1/stream/{conversation_id}``: call clients send fragments and get matches back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from streamtrack.errors import (
    BinaryFrame,
    FrameTooLarge,
    IdleTimeout,
    InvalidInput,
    InvalidRequest,
    TooManyErrors,
)
from streamtrack.runtime.outbox import Outbox
from streamtrack.runtime.session import Runtime, Session
from streamtrack.server.connections import Connections
from streamtrack.server.formats import Read, reader_for

MISTAKES_LIMIT = 100
"""Unreadable frames in a row after which a connection is closed."""

CONVERSATION_ID_LIMIT = 128


@dataclass(frozen=True, slots=True)
class StreamSocket:
    """Serves the sockets of call clients."""

    runtime: Runtime
    connections: Connections
    frame_bytes: int
    idle_seconds: float

    async def __call__(self, socket: WebSocket, conversation_id: str) -> None:
        """Serve one connection until it ends."""

        async def conduct(outbox: Outbox) -> None:
            _check_id(conversation_id)
            read = reader_for(socket.query_params.multi_items())
            session = Session(conversation_id, self.runtime, outbox)
            with session.attached():
                await self._read(socket, session, read)

        await self.connections.conduct(socket, "stream", conduct)

    async def _read(self, socket: WebSocket, session: Session, read: Read) -> None:
        mistakes = 0
        while not session.stopped:
            frame = await self._next(socket)
            try:
                messages = read(self._text(frame))
            except InvalidInput as error:
                session.refuse(error)
                mistakes += 1
                if mistakes >= MISTAKES_LIMIT:
                    raise TooManyErrors(f"{mistakes} unreadable frames in a row, limit {MISTAKES_LIMIT}") from None
            else:
                mistakes = 0
                for message in messages:
                    await session.receive(message)

    async def _next(self, socket: WebSocket) -> str | bytes:
        try:
            async with asyncio.timeout(self.idle_seconds):
                event = await socket.receive()
        except TimeoutError:
            raise IdleTimeout(
                f"no frame for {self.idle_seconds:g} s; send a keepalive when nobody speaks, then resume"
            ) from None
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1006), event.get("reason"))
        text: str | None = event.get("text")
        return event["bytes"] if text is None else text

    def _text(self, frame: str | bytes) -> str:
        if isinstance(frame, bytes):
            raise BinaryFrame(f"a binary frame of {len(frame)} bytes; this socket takes JSON in text frames")
        size = len(frame) if frame.isascii() else len(frame.encode())
        if size > self.frame_bytes:
            raise FrameTooLarge(f"a frame of {size} bytes, limit {self.frame_bytes}; nothing of it was taken")
        return frame


def _check_id(conversation_id: str) -> None:
    if len(conversation_id) > CONVERSATION_ID_LIMIT or not conversation_id.isprintable():
        raise InvalidRequest(
            f"conversation_id: {conversation_id[:40]!r} has {len(conversation_id)} characters; "
            f"1 to {CONVERSATION_ID_LIMIT} printable ones are allowed"
        )

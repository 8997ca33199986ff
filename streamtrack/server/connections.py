"""The open sockets of one server: counted, bounded, and told when the server goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import structlog
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from streamtrack.core.wire import encode, error_message
from streamtrack.errors import Overloaded, ShuttingDown, StreamtrackError, TooSlow, alone
from streamtrack.runtime.metrics import Metrics
from streamtrack.runtime.outbox import Outbox

log = structlog.get_logger()

Conduct = Callable[[Outbox], Awaitable[None]]
"""What happens on a socket until it ends; it reads the socket and fills the outbox."""


class Connections:
    """Every open socket with its outbox."""

    def __init__(self, metrics: Metrics, *, limit: int, outbox_bytes: int) -> None:
        self._metrics = metrics
        self._limit = limit
        self._outbox_bytes = outbox_bytes
        self._open: set[Outbox] = set()
        self._draining = False

    def take_no_more(self) -> None:
        """Turn away whoever comes from now on."""
        self._draining = True

    def end_all(self) -> None:
        """Tell every peer that the server goes away."""
        for outbox in list(self._open):
            outbox.end(ShuttingDown("the server is stopping; connect again and resume"))

    async def conduct(self, socket: WebSocket, kind: str, conduct: Conduct) -> None:
        """Accept a socket and see it through to its close, whichever side ends it."""
        if self._draining or len(self._open) >= self._limit:
            await _deny(socket, self._refusal())
            return
        await socket.accept()
        with self._counted(kind) as outbox:
            try:
                await _until_closed(socket, outbox, conduct)
            except BaseExceptionGroup as group:
                error = alone(group)
                if isinstance(error, StreamtrackError):
                    await self._close(socket, error)
                elif not isinstance(error, WebSocketDisconnect):
                    raise error from None

    def _refusal(self) -> StreamtrackError:
        if self._draining:
            return ShuttingDown("the server is stopping; connect again")
        return Overloaded(f"{len(self._open)} connections open, limit {self._limit}; retry later")

    @contextmanager
    def _counted(self, kind: str) -> Iterator[Outbox]:
        outbox = Outbox(self._outbox_bytes)
        self._open.add(outbox)
        self._metrics.connections.labels(kind).inc()
        try:
            yield outbox
        finally:
            self._open.discard(outbox)
            self._metrics.connections.labels(kind).dec()

    async def _close(self, socket: WebSocket, error: StreamtrackError) -> None:
        self._metrics.errors.labels(error.code).inc()
        log.info("connection closed", code=error.code, reason=str(error))
        try:
            if isinstance(error, TooSlow):
                self._metrics.slow_readers.inc()
            else:
                await asyncio.wait_for(socket.send_text(encode(error_message(error))), timeout=1)
            await asyncio.wait_for(socket.close(error.close_code or 1011, str(error)[:120]), timeout=1)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            log.info("peer gone before the close", code=error.code)


async def _until_closed(socket: WebSocket, outbox: Outbox, conduct: Conduct) -> None:
    async with asyncio.TaskGroup() as tasks:
        writer = tasks.create_task(outbox.drain_to(socket.send_text), name="writer")
        guard = tasks.create_task(outbox.wait_cut(), name="guard")
        await conduct(outbox)
        outbox.end()
        await writer
        guard.cancel()
        await socket.close()


async def _deny(socket: WebSocket, error: StreamtrackError) -> None:
    told = error_message(error)
    response = JSONResponse(
        {"code": told.code, "message": told.message, "retryable": told.retryable},
        status_code=503,
        headers={"Retry-After": str(round(told.retry_after_s or 1))},
    )
    await socket.send_denial_response(response)

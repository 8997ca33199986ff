"""The composition: opens everything in order, serves until told to stop, closes in reverse."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI

from streamtrack.core.ports import Encoder, SnapshotBuilder
from streamtrack.engine import open_matching, read_trackers
from streamtrack.errors import InvalidSetting
from streamtrack.runtime.batcher import Batcher
from streamtrack.runtime.catalog import Catalog
from streamtrack.runtime.conversations import Conversations
from streamtrack.runtime.metrics import Metrics
from streamtrack.runtime.session import Runtime
from streamtrack.server.app import create_app
from streamtrack.server.connections import Connections
from streamtrack.server.readiness import Readiness
from streamtrack.settings import Settings

log = structlog.get_logger()

FRAME_CEILING = 1_048_576
"""Frames above this are not even read: the connection is closed with 1009."""


Matching = Callable[[Settings], AbstractContextManager[tuple[Encoder, SnapshotBuilder]]]
"""Opens an encoder and the builder of its snapshots."""


@asynccontextmanager
async def running(settings: Settings, matching: Matching = open_matching) -> AsyncIterator[Server]:
    """A server that is ready, on a socket that is bound; it serves until the context is left.

    Leaving drains: no new connections, peers told with 1001, what is in flight finished within ``drain_seconds``.
    Raises ModelError, InvalidTrackerFile or InvalidSetting before anything is served.
    """
    trackers = read_trackers([one.strip() for one in settings.trackers.split(",") if one.strip()])
    listener = _bind(settings)
    metrics = Metrics()
    with listener, matching(settings) as (encoder, build):
        batcher = Batcher(encoder, metrics, batch_tokens=settings.batch_tokens, backlog_texts=settings.backlog_texts)
        async with asyncio.TaskGroup() as tasks:
            with batcher.running():
                catalog = Catalog(build, batcher)
                await catalog.publish(trackers)
                conversations = Conversations(
                    batcher,
                    metrics,
                    tasks,
                    history_events=settings.history_events,
                    conversation_events=settings.conversation_events,
                    resume_seconds=settings.resume_seconds,
                )
                runtime = Runtime(batcher, catalog, conversations, metrics, settings.text_characters)
                connections = Connections(metrics, limit=settings.connections, outbox_bytes=settings.outbox_bytes)
                readiness = Readiness()
                app = create_app(runtime, connections, readiness, settings)
                server = Server(app, listener, settings, runtime, connections, readiness)
                serving = tasks.create_task(server.serve_bound(), name="http server")
                await server.accepting.wait()
                try:
                    yield server
                finally:
                    await server.drain()
                    await serving


class Server(uvicorn.Server):
    """uvicorn on a bound socket, with a drain of our own before its shutdown."""

    def __init__(
        self,
        app: FastAPI,
        listener: socket.socket,
        settings: Settings,
        runtime: Runtime,
        connections: Connections,
        readiness: Readiness,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                ws="websockets-sansio",
                http="httptools",
                lifespan="off",
                log_config=None,
                access_log=False,
                ws_max_size=FRAME_CEILING,
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=max(1, round(settings.drain_seconds)),
            )
        )
        self.accepting = asyncio.Event()
        self._listener = listener
        self._runtime = runtime
        self._connections = connections
        self._readiness = readiness
        self._drain_seconds = settings.drain_seconds
        host, port = listener.getsockname()[:2]
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self.tracker_count = len(runtime.catalog.snapshot.trackers)

    async def serve_bound(self) -> None:
        """Serve on the bound socket until ``drain``."""
        await self.serve(sockets=[self._listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept; from then on the server is ready."""
        await super().startup(sockets)
        self._readiness.status = "ready"
        self.accepting.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are left to whoever runs the loop."""
        yield

    async def drain(self) -> None:
        """Stop accepting, finish what is in flight, tell peers with 1001, end the conversations."""
        self._readiness.status = "draining"
        self._connections.take_no_more()
        try:
            async with asyncio.timeout(self._drain_seconds):
                await self._runtime.batcher.wait_idle()
        except TimeoutError:
            log.warning("texts still waiting at the end of the drain", seconds=self._drain_seconds)
        await self._runtime.conversations.close()
        self._connections.end_all()
        self.should_exit = True


def _bind(settings: Settings) -> socket.socket:
    """A socket on the wanted address; an address in use is a mistake in the settings, told as one."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise InvalidSetting(f"host, port: cannot listen on {settings.host}:{settings.port} ({error})") from None
    return listener


def serve(settings: Settings, ready: Callable[[Server], None]) -> None:
    """Serve until SIGINT or SIGTERM; ``ready`` is called once, when the server can be used."""

    async def until_signal() -> None:
        stopping = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stopping.set)
        async with running(settings) as server:
            ready(server)
            await stopping.wait()

    configure_logging(settings.log_level)
    uvloop.run(until_signal())


def configure_logging(level: str) -> None:
    """Log to standard error from this level on, one line an event; uvicorn only from warnings on."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)

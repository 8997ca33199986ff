"""A real server on a real socket, over the public doubles of the encoder and the index."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from streamtrack.app import Server, running
from streamtrack.settings import Settings
from streamtrack.testing import phrase_matching

TRACKERS = """
- name: Cancellation
  id: cancellation
  vocabulary: [cancel my plan, end the contract]
- name: Budget
  id: budget
  speakers: [customer]
  vocabulary: [out of budget]
- name: Presupuesto
  id: presupuesto
  languages: [es]
  vocabulary: [sin dinero]
"""

Serve = Callable[..., AbstractAsyncContextManager[Server]]


def starter(folder: Path) -> Serve:
    """A starter of servers whose tracker file lies in a folder."""
    file = folder / "trackers.yaml"
    file.write_text(TRACKERS, encoding="utf-8")

    @asynccontextmanager
    async def start(**settings: object) -> AsyncIterator[Server]:
        given = {"host": "127.0.0.1", "port": 0, "trackers": str(file), "drain_seconds": 1, **settings}
        async with running(Settings().overlaid(**given), phrase_matching) as server:
            yield server

    return start


def ws(server: Server, path: str) -> AbstractAsyncContextManager[ClientConnection]:
    """A socket to the server."""
    return connect(server.address.replace("http", "ws", 1) + path, open_timeout=5)


class Proxy:
    """A TCP relay before a server whose connections a test can cut, and whose door it can close."""

    def __init__(self, server: Server) -> None:
        self._port = int(server.address.rsplit(":", 1)[1])
        self._writers: set[asyncio.StreamWriter] = set()
        self.address = ""
        self.closed = False
        self.accepted = 0
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.stalled = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Proxy]:
        """Relay on a free port."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            door = socket.create_server(("127.0.0.1", 0))
            door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            listener = await asyncio.start_server(self._relay, sock=door)
            self.address = f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
            try:
                yield self
            finally:
                listener.close()
                self.cut()

    def cut(self) -> None:
        """Break every connection as a lost network would."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.closed:
            writer.transport.abort()
            return
        self.accepted += 1
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, there_writer}
        self._tasks.create_task(self._pump(reader, there_writer))
        self._tasks.create_task(self._pump(there_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one direction; while ``flowing`` is not set, no more than the first 100 kB of a connection pass."""
        passed = 0
        try:
            while data := await reader.read(65_536):
                passed += len(data)
                if passed > 100_000 and not self.flowing.is_set():
                    self.stalled.set()
                    await self.flowing.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()

"""A real server on a real socket, over the public doubles of the encoder and the index."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
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


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Start a server with some settings of one's own."""
    file = tmp_path / "trackers.yaml"
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

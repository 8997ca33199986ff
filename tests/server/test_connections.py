from __future__ import annotations

import asyncio
import json
import socket
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from streamtrack import connect as call_to
from streamtrack.app import Server
from tests.client.test_call import address
from tests.server.test_app import get
from tests.server.test_stream import fragment, hear, start
from tests.servers import Serve, ws


def narrow_socket(server: Server) -> socket.socket:
    """A connected socket that takes in very little unless it is read."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    parts = urlsplit(server.address)
    made.connect((parts.hostname, parts.port))
    made.setblocking(False)
    return made


@pytest.mark.asyncio
async def test_a_reader_that_never_reads_is_cut_with_a_code_to_come_back_and_disturbs_nobody(serve: Serve) -> None:
    async with serve(outbox_bytes=100_000) as server:
        url = address(server) + "/v1/events?utterances=true"
        async with (
            connect(url, sock=narrow_socket(server), max_queue=1, ping_interval=None) as stuck,
            ws(server, "/v1/events?utterances=true") as reading,
        ):
            epoch = (await hear(reading))["epoch"]
            heard = 0

            async def read() -> None:
                nonlocal heard
                while (await hear(reading)).get("utterance_id") != "u2999":
                    heard += 1

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(read())
                async with call_to(address(server), "busy") as call:
                    for number in range(3000):
                        await call.send(f"u{number}", "nothing of note " * 100, final=True)
            assert heard >= 3000
            got = 0
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    got = json.loads(await asyncio.wait_for(stuck.recv(), 10))["offset"]
            assert closed.value.rcvd is None or closed.value.rcvd.code == 4008
            assert got < 3000
            _, metrics = await get(f"{server.address}/metrics")
            assert "streamtrack_slow_readers_total 1.0" in metrics
        async with ws(server, f"/v1/events?utterances=true&epoch={epoch}&offset={got}") as back:
            assert (await hear(back))["recovered"] is True


@pytest.mark.asyncio
async def test_a_hundred_connections_at_once_are_all_served(serve: Serve) -> None:
    async def one(server: Server, number: int) -> str:
        async with ws(server, f"/v1/stream/c{number}") as socket:
            await start(socket)
            await fragment(socket, "cancel my plan", final=True)
            state: str = (await hear(socket))["state"]
            return state

    async with serve() as server:
        states = await asyncio.gather(*(one(server, number) for number in range(100)))
    assert states == ["confirmed"] * 100

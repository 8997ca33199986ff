from __future__ import annotations

import asyncio
import re
from urllib.request import urlopen

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.server.test_stream import fragment, hear, start
from tests.servers import Serve, ws


async def get(url: str) -> tuple[int, str]:
    def read() -> tuple[int, str]:
        with urlopen(url, timeout=5) as response:
            return response.status, response.read().decode()

    return await asyncio.to_thread(read)


@pytest.mark.asyncio
async def test_a_running_server_is_alive_and_ready(serve: Serve) -> None:
    async with serve() as server:
        assert await get(f"{server.address}/healthz") == (200, '{"status":"ok"}')
        assert await get(f"{server.address}/readyz") == (200, '{"status":"ready"}')


@pytest.mark.asyncio
async def test_metrics_count_what_happened(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/stream/c") as socket:
        await start(socket)
        await fragment(socket, "cancel my", seq=1)
        await fragment(socket, "cancel my plan", final=True, seq=2)
        while (await hear(socket))["type"] != "ack":
            pass
        _, text = await get(f"{server.address}/metrics")
    values = dict(re.findall(r"^(streamtrack_\S+) (\S+)$", text, re.MULTILINE))
    assert values['streamtrack_fragments_total{kind="final"}'] == "1.0"
    assert values['streamtrack_fragments_total{kind="interim"}'] == "1.0"
    assert values['streamtrack_matches_total{state="confirmed"}'] == "1.0"
    assert values['streamtrack_connections{kind="stream"}'] == "1.0"
    assert values["streamtrack_conversations"] == "1.0"
    assert values['streamtrack_total_milliseconds_count{urgency="final"}'] == "1.0"
    assert float(values["streamtrack_encode_milliseconds_count"]) >= 1


@pytest.mark.asyncio
async def test_one_connection_too_many_is_turned_away_with_a_time_to_come_back(serve: Serve) -> None:
    async with serve(connections=1) as server, ws(server, "/v1/stream/a") as first:
        await start(first)
        with pytest.raises(InvalidStatus) as refused:
            async with ws(server, "/v1/stream/b"):
                pass
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"] == "1"


@pytest.mark.asyncio
async def test_a_stopping_server_confirms_what_is_open_and_tells_its_peers(serve: Serve) -> None:
    async with serve() as server:
        call = await ws(server, "/v1/stream/c").__aenter__()
        dashboard = await ws(server, "/v1/events?state=confirmed").__aenter__()
        assert (await hear(dashboard))["type"] == "subscribed"
        await start(call)
        await fragment(call, "cancel my plan")
        assert (await hear(call))["state"] == "tentative"
    heard = []
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            heard.append(await hear(dashboard))
    assert [one["type"] for one in heard][:3] == ["conversation_started", "match", "conversation_ended"]
    assert heard[1]["state"] == "confirmed"
    assert heard[2]["reason"] == "shutdown"
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001


@pytest.mark.asyncio
async def test_a_conversation_waits_for_its_producer_and_is_then_given_up(serve: Serve) -> None:
    async with serve(resume_seconds=0.2) as server, ws(server, "/v1/events") as dashboard:
        await hear(dashboard)
        async with ws(server, "/v1/stream/c") as call:
            await start(call)
            await fragment(call, "cancel my plan")
            await hear(call)
        heard = [await hear(dashboard) for _ in range(4)]
        assert [one["type"] for one in heard] == ["conversation_started", "match", "match", "conversation_ended"]
        assert (heard[2]["state"], heard[3]["reason"]) == ("confirmed", "abandoned")

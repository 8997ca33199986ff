from __future__ import annotations

import pytest
from websockets.exceptions import ConnectionClosed

from tests.server.test_stream import CUSTOMER, fragment, hear, refusal, say, start
from tests.servers import Serve, ws


@pytest.mark.asyncio
async def test_a_dashboard_hears_a_call_from_its_start_to_its_end(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/events?utterances=true") as dashboard:
        subscribed = await hear(dashboard)
        assert (subscribed["type"], subscribed["recovered"], subscribed["offset"]) == ("subscribed", True, 0)
        async with ws(server, "/v1/stream/call-1") as call:
            await start(call, speaker=CUSTOMER)
            await fragment(call, "cancel my plan", final=True)
            await say(call, type="stop")
            heard = [await hear(dashboard) for _ in range(4)]
        assert [one["type"] for one in heard] == ["conversation_started", "utterance", "match", "conversation_ended"]
        assert [one["offset"] for one in heard] == [1, 2, 3, 4]
        assert {one["conversation_id"] for one in heard} == {"call-1"}
        assert heard[1]["text"] == "cancel my plan"
        assert heard[3]["reason"] == "stopped"


@pytest.mark.asyncio
async def test_a_dashboard_that_comes_back_is_given_the_whole_gap(serve: Serve) -> None:
    async with serve() as server:
        async with ws(server, "/v1/events") as dashboard:
            epoch = (await hear(dashboard))["epoch"]
        async with ws(server, "/v1/stream/c") as call:
            await start(call)
            await fragment(call, "cancel my plan", final=True, seq=1)
            await hear(call)
            async with ws(server, f"/v1/events?epoch={epoch}&offset=0&state=confirmed") as dashboard:
                assert (await hear(dashboard))["recovered"] is True
                assert [(await hear(dashboard))["type"] for _ in range(2)] == ["conversation_started", "match"]


@pytest.mark.asyncio
async def test_a_gap_that_is_gone_is_said(serve: Serve) -> None:
    async with serve() as server, ws(server, "/v1/events?epoch=gone&offset=7") as dashboard:
        subscribed = await hear(dashboard)
        assert (subscribed["recovered"], subscribed["offset"]) == (False, 0)


@pytest.mark.asyncio
async def test_filters_are_enforced_by_the_server(serve: Serve) -> None:
    wish = "/v1/events?conversation=team-a-*&tracker=Cancellation&speaker=customer&state=confirmed"
    async with serve() as server, ws(server, wish) as dashboard:
        await hear(dashboard)
        async with ws(server, "/v1/stream/team-b-1") as other, ws(server, "/v1/stream/team-a-1") as call:
            await start(other, speaker=CUSTOMER)
            await start(call, speaker=CUSTOMER)
            await fragment(other, "cancel my plan", final=True, seq=1)
            await fragment(call, "out of budget", "u1", final=True)
            await fragment(call, "cancel my plan", "u2", final=True, speaker={"id": "a", "role": "agent"})
            await fragment(call, "so cancel my plan", "u3")
            await fragment(call, "so cancel my plan", "u3", final=True)
            assert (await hear(dashboard))["type"] == "conversation_started"
            match = await hear(dashboard)
        assert (match["utterance_id"], match["state"], match["conversation_id"]) == ("u3", "confirmed", "team-a-1")


@pytest.mark.asyncio
async def test_a_dashboard_whose_filter_lets_nothing_pass_is_told_how_far_it_has_come(serve: Serve) -> None:
    async with serve(seen_seconds=0.1) as server, ws(server, "/v1/events?conversation=nobody") as dashboard:
        await hear(dashboard)
        async with ws(server, "/v1/stream/c") as call:
            await start(call)
            seen = await hear(dashboard)
        assert (seen["type"], seen["offset"]) == ("seen", 1)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("colour=red", "colour: unknown; the fields are conversation, tracker"),
        ("state=maybe", "state: 'maybe' is not one of tentative, confirmed, retracted"),
        ("utterances=yes", "utterances: 'yes' is neither true nor false"),
        ("offset=3", "give both"),
        ("epoch=e&offset=-1", "offset: '-1'"),
    ],
)
async def test_a_wrong_address_is_explained_and_closed_for_good(serve: Serve, query: str, message: str) -> None:
    async with serve() as server, ws(server, f"/v1/events?{query}") as dashboard:
        code, told = await refusal(dashboard)
        assert code == "invalid_request"
        assert message in told
        with pytest.raises(ConnectionClosed) as closed:
            await hear(dashboard)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4501

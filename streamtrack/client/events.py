"""The events of a server, followed as a dashboard follows them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed

from streamtrack.client.sockets import Refused, raise_if_final, reconnecting, socket_address
from streamtrack.core.messages import Error, Received
from streamtrack.core.wire import decode
from streamtrack.types import Position


async def subscribe(
    url: str,
    *,
    conversation: Sequence[str] = (),
    tracker: Sequence[str] = (),
    speaker: Sequence[str] = (),
    state: Sequence[str] = (),
    utterances: bool = False,
    give_up_s: float = 60.0,
) -> AsyncIterator[Received]:
    """Follow the events of a server, as a dashboard does, across lost connections and without a doubled event.

    The first message, and the first after every reconnect, is ``Subscribed``: its ``recovered`` is false when
    something was missed for good. Raises Refused as ``connect`` does.
    """
    wish = [
        *(("conversation", one) for one in conversation),
        *(("tracker", one) for one in tracker),
        *(("speaker", one) for one in speaker),
        *(("state", one) for one in state),
        *([("utterances", "true")] if utterances else []),
    ]
    seen: Position | None = None

    def address() -> str:
        resume = [("epoch", seen.epoch), ("offset", str(seen.offset))] if seen else []
        return socket_address(url, f"/v1/events?{urlencode([*wish, *resume])}")

    async for socket in reconnecting(address, give_up_s):
        try:
            async for frame in socket:
                received = decode(frame)
                seen = received.position or seen
                if isinstance(received.message, Error) and not received.message.retryable:
                    raise Refused(f"{received.message.code}: {received.message.message}")
                yield received
        except ConnectionClosed as closed:
            raise_if_final(closed)

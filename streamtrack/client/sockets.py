"""Sockets that are opened again when they are lost, and the closes after which they are not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidStatus

from streamtrack.errors import StreamtrackError

COME_BACK = range(4000, 4500)
"""Close codes of ours after which a client reconnects and resumes."""

LOST = (1000, 1001, 1006, 1011, 1012, 1013)
"""Close codes of the WebSocket protocol after which it does too."""

FIRST_DELAY_S, LONGEST_DELAY_S = 0.1, 5.0


class Refused(StreamtrackError):
    """The server ended the connection for good, or could not be reached in time; the message says why."""

    code = "refused"


def socket_address(url: str, path: str) -> str:
    """The address of a socket on a server that is given by its ``ws``, ``wss``, ``http`` or ``https`` URL.

    Raises Refused for anything else.
    """
    scheme, found, rest = url.rstrip("/").partition("://")
    schemes = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
    if not found or not rest or scheme not in schemes:
        raise Refused(f"{url!r} is no address of a server; one looks like ws://127.0.0.1:8765")
    return f"{schemes[scheme]}://{rest}{path}"


async def reconnecting(address: Callable[[], str], give_up_s: float) -> AsyncIterator[ClientConnection]:
    """Open the address again and again, with growing pauses, as long as it is asked for another connection."""
    loop = asyncio.get_running_loop()
    delay, since = 0.0, loop.time()
    while True:
        await asyncio.sleep(delay)
        try:
            socket = await open_socket(address(), max_size=None, compression=None, open_timeout=give_up_s)
        except (OSError, TimeoutError, InvalidStatus) as error:
            if isinstance(error, InvalidStatus) and error.response.status_code not in (429, 502, 503, 504):
                raise Refused(f"{address()}: HTTP status {error.response.status_code}") from error
            if loop.time() - since > give_up_s:
                raise Refused(f"{address()}: not reached for {give_up_s:g} s ({error})") from error
        else:
            try:
                yield socket
            finally:
                await socket.close()
            delay, since = 0.0, loop.time()
        delay = min(max(FIRST_DELAY_S, delay * 2), LONGEST_DELAY_S)


def raise_if_final(closed: ConnectionClosed) -> None:
    """Raise Refused for a close that says not to come back: ours from 4500, and breaches of the protocol."""
    code = 1006 if closed.rcvd is None else closed.rcvd.code
    if code in LOST or code in COME_BACK:
        return
    reason = "" if closed.rcvd is None else closed.rcvd.reason
    raise Refused(f"the server closed the connection with {code}: {reason}") from closed

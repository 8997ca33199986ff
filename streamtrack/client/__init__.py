"""The Python client: a call that is sent, and events that are followed, both across lost connections.

async with connect("ws://127.0.0.1:8765", "call-1", speaker={"id": "c1", "role": "customer"}) as call:
    await call.send("u1", "I ran out of money", final=True)
    async for match in call.matches():
        print(match.tracker.name, match.quote)
"""

from __future__ import annotations

from streamtrack.client.call import Call, connect
from streamtrack.client.events import subscribe
from streamtrack.client.sockets import Refused

__all__ = ["Call", "Refused", "connect", "subscribe"]

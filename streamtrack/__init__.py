"""StreamTrack: listens to live conversations as text and says when something that matters is being said.

    from streamtrack import connect, subscribe, Engine

``connect`` opens a call to a server, ``subscribe`` follows its events, ``Engine`` is the matching without a server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamtrack.client import connect, subscribe
    from streamtrack.engine import Engine

__all__ = ["Engine", "connect", "subscribe"]
__version__ = "0.1.0"

_HOME = {"Engine": "streamtrack.engine", "connect": "streamtrack.client", "subscribe": "streamtrack.client"}


def __getattr__(name: str) -> object:
    """Import on first use: a client needs neither the encoder nor the index."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)

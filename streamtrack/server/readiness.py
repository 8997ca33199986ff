"""Whether calls may be sent to this server."""

from __future__ import annotations

from typing import Literal


class Readiness:
    """``starting`` until the engine is warm, then ``ready``, and ``draining`` from the wish to stop on."""

    def __init__(self) -> None:
        self.status: Literal["starting", "ready", "draining"] = "starting"

    @property
    def ready(self) -> bool:
        """Whether new calls are welcome."""
        return self.status == "ready"

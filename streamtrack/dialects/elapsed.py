"""Times for vendors that stamp messages by the wall clock and say nothing of the audio."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator

Stamp = Annotated[datetime | None, BeforeValidator(lambda value: value or None)]
"""A moment as ISO 8601; empty where there is none."""


class Elapsed:
    """Moments as seconds since the first one of the connection: when a text was written, a little after it was said."""

    def __init__(self) -> None:
        self._first: datetime | None = None

    def seconds(self, stamp: datetime | None) -> float | None:
        """Seconds from the first moment to this one; a moment without a time zone is taken for UTC."""
        if stamp is None:
            return None
        moment = stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
        self._first = self._first or moment
        return round((moment - self._first).total_seconds(), 3)

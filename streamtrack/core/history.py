"""Publications with epoch and offset: a gap is filled whole or not at all.

The method is centrifugo's (epoch and offset, "insufficient state" instead of a partial replay).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from streamtrack.errors import Unrecoverable
from streamtrack.types import Position

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Publication(Generic[T]):
    """One event of a history and its place in it."""

    offset: int
    event: T


class History(Generic[T]):
    """The newest publications of one topic, at most ``limit`` of them; older ones fall off silently.

    Offsets start at 1 and have no gaps. A reader whose gap reaches past the oldest kept publication is told so.
    """

    def __init__(self, epoch: str, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"limit: {limit} is below 1")
        self._epoch = epoch
        self._offset = 0
        self._kept: deque[Publication[T]] = deque(maxlen=limit)

    @property
    def top(self) -> Position:
        """The position of a reader who has seen everything."""
        return Position(self._epoch, self._offset)

    def publish(self, event: T) -> Publication[T]:
        """Append one event and give it the next offset."""
        self._offset += 1
        publication = Publication(self._offset, event)
        self._kept.append(publication)
        return publication

    def since(self, seen: Position) -> list[Publication[T]]:
        """Everything after ``seen``, in order. Raises Unrecoverable when any of it is gone."""
        missed = self._offset - seen.offset
        if seen.epoch != self._epoch or not 0 <= missed <= len(self._kept):
            raise Unrecoverable(
                f"cannot fill the gap from offset {seen.offset} of epoch {seen.epoch!r} "
                f"to offset {self._offset} of epoch {self._epoch!r}"
            )
        return list(self._kept)[len(self._kept) - missed :]

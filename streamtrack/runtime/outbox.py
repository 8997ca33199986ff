"""Frames waiting for one connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import NoReturn

from streamtrack.errors import StreamtrackError, TooSlow


class Outbox:
    """Frames waiting for one connection, bounded in bytes.

    A reader that falls behind by more than the bound is cut with TooSlow, which ``wait_cut`` raises in the task that
    owns the socket; it comes back and resumes by offset, so a bounded queue costs no event. Nobody else waits for it.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._size = 0
        self._frames: deque[str | Iterator[str]] = deque()
        self._wake = asyncio.Event()
        self._cut = asyncio.Event()
        self._error: StreamtrackError | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether nothing more is taken."""
        return self._closed

    def put(self, frame: str) -> None:
        """Queue a frame; after the end, or when it does not fit, it is dropped and the reader resumes by offset."""
        if self._closed:
            return
        if self._size + len(frame) > self._limit:
            self._cut_off(TooSlow(f"{self._size} bytes unread, limit {self._limit}; resume from your last offset"))
            return
        self._frames.append(frame)
        self._size += len(frame)
        self._wake.set()

    def put_gap(self, frames: Iterator[str]) -> None:
        """Queue the frames that a returning reader missed, to be made one by one as it reads.

        They do not count against the bound: what they are made from lies in the history anyway, and a gap may be
        longer than any outbox.
        """
        if not self._closed:
            self._frames.append(frames)
            self._wake.set()

    def end(self, error: StreamtrackError | None = None) -> None:
        """Take no more frames; what is queued is still sent, and then the error, if there is one, is raised."""
        if not self._closed:
            self._closed = True
            self._error = error
            self._wake.set()

    async def drain_to(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send the frames as they come, until the end. Raises the error the outbox ended with, unless it was cut."""
        while True:
            await self._wake.wait()
            while self._frames:
                waiting = self._frames.popleft()
                if isinstance(waiting, str):
                    self._size -= len(waiting)
                    await send(waiting)
                else:
                    for frame in waiting:
                        await send(frame)
            if self._closed:
                break
            self._wake.clear()
        if self._error is not None and not self._cut.is_set():
            raise self._error

    async def wait_cut(self) -> NoReturn:
        """Wait until the reader is cut, and raise why; a peer that never reads cannot hold this up."""
        await self._cut.wait()
        assert self._error is not None
        raise self._error

    def _cut_off(self, error: StreamtrackError) -> None:
        self._frames.clear()
        self.end(error)
        self._cut.set()

"""One producer's part in a conversation, across lost connections."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from streamtrack.client.sockets import Refused, raise_if_final, reconnecting, socket_address
from streamtrack.core.messages import (
    Ack,
    ClientMessage,
    Error,
    Finalize,
    Finalized,
    FragmentMessage,
    Keepalive,
    PositionGiven,
    Received,
    SpeakerGiven,
    Start,
    Started,
    Stop,
    Stopped,
    Summary,
    WordGiven,
)
from streamtrack.core.wire import decode, encode_client
from streamtrack.errors import StreamtrackError, alone
from streamtrack.types import Fragment, Match, Position, Speaker, Word

UNACKNOWLEDGED_LIMIT = 10_000
"""Finals kept to be sent again after a reconnect; ``send`` waits when this many are unacknowledged."""

ARRIVED_LIMIT = 10_000
"""Messages kept for an iterator that is not asked; beyond it the oldest are dropped."""

KEEPALIVE_S = 10.0

_START: TypeAdapter[Start] = TypeAdapter(Start)


@asynccontextmanager
async def connect(
    url: str,
    conversation_id: str,
    *,
    speaker: Mapping[str, str] | None = None,
    language: str | None = None,
    trackers: Mapping[str, Any] | None = None,
    matching: str = "earliest",
    give_up_s: float = 60.0,
) -> AsyncIterator[Call]:
    """Take part in a conversation as one producer; the connection is remade when it is lost.

    ``trackers`` is the choice of ``docs/protocol.md``: ``{"mode": "only", "names": [...], "inline": [...]}``. Raises
    Refused when the server does not want this client, or cannot be reached for ``give_up_s`` seconds. On leaving,
    the call is stopped and everything in flight has been answered.
    """
    given = {"speaker": speaker, "language": language, "trackers": trackers, "matching": matching}
    start = _START.validate_python({name: value for name, value in given.items() if value is not None}, strict=False)
    call = Call(socket_address(url, f"/v1/stream/{quote(conversation_id, safe='')}"), start, give_up_s)
    try:
        async with asyncio.TaskGroup() as tasks:
            runner = tasks.create_task(call.run(), name=f"call {conversation_id}")
            try:
                await call.wait_started()
                yield call
                await call.stop()
            finally:
                runner.cancel()
    except BaseExceptionGroup as group:
        raise alone(group) from None


class Call:
    """One producer's part in a conversation. Made by ``connect``."""

    def __init__(self, address: str, start: Start, give_up_s: float) -> None:
        self._address = address
        self._start = start
        self._give_up_s = give_up_s
        self._socket: ClientConnection | None = None
        self._seq = 0
        self._unacknowledged: OrderedDict[int, FragmentMessage] = OrderedDict()
        self._seen: Position | None = None
        self._arrived: deque[Received] = deque(maxlen=ARRIVED_LIMIT)
        self._stopping = False
        self._changed = asyncio.Condition()
        self._ended: StreamtrackError | None = None
        self.summary: Summary | None = None
        self.gaps = 0
        """How often a reconnect could not be given everything it missed."""

    @property
    def next_seq(self) -> int:
        """The ``seq`` that the next fragment will get."""
        return self._seq + 1

    async def send(
        self,
        utterance_id: str,
        text: str,
        *,
        final: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
        speaker: Speaker | None = None,
        words: Sequence[Word] = (),
    ) -> int:
        """Send one fragment; return its ``seq``. A final is sent again after a reconnect until it is acknowledged.

        An interim is dropped while there is no connection: a newer one follows. Raises Refused when the call is over.
        """
        return await self.send_fragment(
            Fragment(
                utterance_id=utterance_id,
                text=text,
                final=final,
                speaker=speaker,
                start_s=start_s,
                end_s=end_s,
                words=tuple(words),
            )
        )

    async def send_fragment(self, fragment: Fragment) -> int:
        """The same for a fragment that is made already; its ``seq`` is replaced by the next one."""
        self._seq += 1
        message = _message(fragment, self._seq)
        if message.final:
            await self._wait(lambda: len(self._unacknowledged) < UNACKNOWLEDGED_LIMIT)
            self._unacknowledged[self._seq] = message
        await self._transmit(message)
        return self._seq

    async def finalize(self, utterance_id: str | None = None) -> None:
        """Make one open utterance final as it stands, or all of them."""
        await self._transmit(Finalize(utterance_id=utterance_id))

    async def stop(self) -> Summary:
        """End this part: wait until every final is acknowledged, then for the server's summary."""
        await self._wait(lambda: not self._unacknowledged)
        if self.summary is None:
            self._stopping = True
            await self._transmit(Stop())
            await self._wait(lambda: self.summary is not None)
        assert self.summary is not None
        return self.summary

    async def __aiter__(self) -> AsyncIterator[Received]:
        """Every message of the server in order, across reconnects, until the call is stopped."""
        while True:
            await self._wait(lambda: bool(self._arrived) or self.summary is not None)
            if not self._arrived:
                return
            yield self._arrived.popleft()

    async def matches(self) -> AsyncIterator[Match]:
        """Only the match events."""
        async for received in self:
            if isinstance(received.message, Match):
                yield received.message

    async def wait_started(self) -> None:
        """Wait for the first answer to ``start``."""
        await self._wait(lambda: self._seen is not None)

    async def run(self) -> None:
        """Keep the connection until the call is stopped; owned by ``connect``."""
        try:
            async for socket in reconnecting(lambda: self._address, self._give_up_s):
                try:
                    await self._converse(socket)
                except ConnectionClosed as closed:
                    raise_if_final(closed)
                if self.summary is not None:
                    return
        except StreamtrackError as error:
            async with self._changed:
                self._ended = error
                self._changed.notify_all()

    async def _converse(self, socket: ClientConnection) -> None:
        resume = PositionGiven(epoch=self._seen.epoch, offset=self._seen.offset) if self._seen else None
        await socket.send(encode_client(replace(self._start, resume=resume)))
        await self._catch_up(socket)
        # No wait between the last look at what is owed and this: what comes later goes straight to the socket.
        stopping, self._socket = self._stopping, socket
        if stopping:
            await socket.send(encode_client(Stop()))
        try:
            async with asyncio.TaskGroup() as tasks:
                keeper = tasks.create_task(_keep_alive(socket), name="keepalive")
                async for frame in socket:
                    received = decode(frame)
                    await self._take(received)
                    if isinstance(received.message, Error) and received.message.retryable:
                        tasks.create_task(self._send_again(socket, received.message), name="send again")
                keeper.cancel()
        except BaseExceptionGroup as group:
            raise alone(group) from None
        finally:
            self._socket = None

    async def _catch_up(self, socket: ClientConnection) -> None:
        """Send every final that is not acknowledged, also those that come while this is being done."""
        sent = 0
        while owed := [message for seq, message in self._unacknowledged.items() if seq > sent]:
            for message in owed:
                await socket.send(encode_client(message))
            sent = owed[-1].seq or sent

    async def _take(self, received: Received) -> None:
        async with self._changed:
            match received.message:
                case Ack(seq=seq):
                    self._unacknowledged.pop(seq, None)
                case Started(recovered=recovered):
                    self.gaps += recovered is False
                case Stopped(summary=summary):
                    self.summary = summary
                case Error(retryable=False) as error if self._seen is None:
                    raise Refused(f"{error.code}: {error.message}")
                case Error(seq=seq, retryable=False) if seq is not None:
                    self._unacknowledged.pop(seq, None)
                case Finalized() | Error() | Match() | _:
                    pass
            if received.position is not None:
                self._seen = received.position
            self._arrived.append(received)
            self._changed.notify_all()

    async def _send_again(self, socket: ClientConnection, error: Error) -> None:
        """Send a refused final again when the server wants it; refused interims are left to newer ones."""
        fragment = self._unacknowledged.get(-1 if error.seq is None else error.seq)
        if fragment is not None:
            await asyncio.sleep(error.retry_after_s or 1.0)
            with suppress(ConnectionClosed):  # whoever reads the socket notices
                await socket.send(encode_client(fragment))

    async def _transmit(self, message: ClientMessage) -> None:
        if self._ended is not None:
            raise self._ended
        if self._socket is not None:
            with suppress(ConnectionClosed):  # whoever reads the socket notices; finals are sent again
                await self._socket.send(encode_client(message))

    async def _wait(self, condition: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._ended is not None or condition())
        if not condition() and self._ended is not None:
            raise self._ended


def _message(fragment: Fragment, seq: int) -> FragmentMessage:
    said_by = fragment.speaker
    return FragmentMessage(
        utterance_id=fragment.utterance_id,
        text=fragment.text,
        final=fragment.final,
        speaker=None if said_by is None else SpeakerGiven(id=said_by.id, name=said_by.name, role=said_by.role),
        start_s=fragment.start_s,
        end_s=fragment.end_s,
        words=tuple(WordGiven(text=one.text, start_s=one.start_s, end_s=one.end_s) for one in fragment.words),
        seq=seq,
    )


async def _keep_alive(socket: ClientConnection) -> None:
    with suppress(ConnectionClosed):  # whoever reads the socket notices
        while True:
            await asyncio.sleep(KEEPALIVE_S)
            await socket.send(encode_client(Keepalive()))

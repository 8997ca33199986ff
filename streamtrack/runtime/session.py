"""One producer's connection: its messages in, its frames out. It knows nothing of sockets."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from streamtrack.core.messages import (
    Ack,
    ClientMessage,
    Finalize,
    Finalized,
    FragmentMessage,
    Keepalive,
    PositionGiven,
    ServerMessage,
    SpeakerGiven,
    Start,
    Started,
    Stop,
    Stopped,
)
from streamtrack.core.wire import encode, error_message
from streamtrack.errors import AlreadyStarted, DuplicateSeq, NotStarted, ShuttingDown, StreamtrackError, TextTooLong
from streamtrack.runtime.batcher import Batcher
from streamtrack.runtime.catalog import Catalog
from streamtrack.runtime.conversation import Conversation
from streamtrack.runtime.conversations import Conversations
from streamtrack.runtime.metrics import Metrics
from streamtrack.runtime.outbox import Outbox
from streamtrack.runtime.producer import Producer
from streamtrack.runtime.topics import everything
from streamtrack.types import Fragment, Position, Speaker, Word

SEQS_LIMIT = 4096
"""Newest ``seq`` numbers remembered on one connection to tell a repetition from a mistake."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What every session needs of the running engine."""

    batcher: Batcher
    catalog: Catalog
    conversations: Conversations
    metrics: Metrics
    text_characters: int


class Session:
    """A producer's part in a conversation, from the opening of its connection to the end of it.

    ``receive`` takes the messages in order. A refused message becomes an error frame and changes nothing.
    """

    def __init__(self, conversation_id: str, runtime: Runtime, outbox: Outbox) -> None:
        self._conversation_id = conversation_id
        self._runtime = runtime
        self._outbox = outbox
        self._part = ExitStack()
        self._conversation: Conversation | None = None
        self._producer: Producer | None = None
        self._seqs: OrderedDict[int, int] = OrderedDict()
        self.stopped = False

    @contextmanager
    def attached(self) -> Iterator[Session]:
        """Take part until the connection ends, then leave the conversation."""
        with self._part:
            yield self

    async def receive(self, message: ClientMessage) -> None:
        """Take one message; every answer, also a refusal, goes to the outbox."""
        try:
            match message:
                case Start():
                    await self._start(message)
                case FragmentMessage():
                    await self._fragment(message)
                case Finalize():
                    self._send(Finalized(utterance_ids=tuple(self._started().finalize(message.utterance_id))))
                case Stop():
                    await self._stop()
                case Keepalive():
                    pass
        except ShuttingDown:
            raise
        except StreamtrackError as error:
            self.refuse(error, message)

    def refuse(self, error: StreamtrackError, message: ClientMessage | None = None) -> None:
        """Tell the client that something was not taken, and why."""
        about = message if isinstance(message, FragmentMessage) else None
        self._runtime.metrics.errors.labels(error.code).inc()
        self._send(error_message(error, about.seq if about else None, about.utterance_id if about else None))

    async def _start(self, start: Start) -> None:
        if self._conversation is not None:
            raise AlreadyStarted("start: this connection has started already; open another one for another speaker")
        listening = await self._runtime.catalog.choose(start.trackers, start.language)
        conversation = self._conversation = self._runtime.conversations.enter(self._conversation_id)
        self._part.callback(self._runtime.conversations.leave, conversation)
        speaker = _speaker(start.speaker)
        name = speaker.id if speaker else ""
        self._producer = conversation.join(name, listening, start.matching, speaker)
        self._part.callback(lambda: conversation.part(name, stopped=self.stopped))

        def greet(position: Position, recovered: bool | None) -> None:
            started = Started(
                conversation_id=self._conversation_id,
                catalog_version=listening.catalog.catalog_version,
                trackers=len(listening.trackers),
                recovered=recovered,
            )
            self._outbox.put(encode(started, position))

        following = conversation.topic.followed(self._outbox, everything, greet, _position(start.resume))
        self._part.enter_context(following)

    async def _fragment(self, message: FragmentMessage) -> None:
        producer, conversation = self._started(), self._conversation
        assert conversation is not None
        limit = self._runtime.text_characters
        if len(message.text) > limit:
            raise TextTooLong(f"text: {len(message.text)} characters, limit {limit}; send shorter utterances")
        self._note_seq(message)
        if message.final:
            await self._runtime.batcher.wait_room()
        said_by = message.speaker
        speaker = conversation.speaker(said_by) if isinstance(said_by, str) else _speaker(said_by)
        fragment = Fragment(
            utterance_id=message.utterance_id,
            text=message.text,
            final=message.final,
            speaker=speaker,
            start_s=message.start_s,
            end_s=message.end_s,
            words=tuple(Word(text=word.text, start_s=word.start_s, end_s=word.end_s) for word in message.words),
            seq=message.seq,
        )
        producer.receive(fragment, lambda error: self._settled(message, error))

    def _settled(self, message: FragmentMessage, error: StreamtrackError | None) -> None:
        if error is not None:
            if message.seq is not None:
                self._seqs.pop(message.seq, None)
            self.refuse(error, message)
        elif message.final and message.seq is not None:
            self._send(Ack(seq=message.seq))

    def _note_seq(self, message: FragmentMessage) -> None:
        """Refuse a ``seq`` that was used for something else; a true repetition passes and is a no-op further on."""
        if message.seq is None:
            return
        content = hash((message.utterance_id, message.text, message.final))
        if self._seqs.setdefault(message.seq, content) != content:
            raise DuplicateSeq(f"seq: {message.seq} was used for another fragment; count up from it")
        if len(self._seqs) > SEQS_LIMIT:
            self._seqs.popitem(last=False)

    async def _stop(self) -> None:
        producer = self._started()
        producer.finalize()
        await producer.wait_settled()
        self.stopped = True
        self._send(Stopped(summary=producer.summary))
        self._outbox.end()

    def _started(self) -> Producer:
        if self._producer is None:
            raise NotStarted('start: missing; the first message on a stream is {"type":"start"}')
        return self._producer

    def _send(self, message: ServerMessage) -> None:
        self._outbox.put(encode(message))


def _speaker(given: SpeakerGiven | None) -> Speaker | None:
    return None if given is None else Speaker(id=given.id, name=given.name, role=given.role)


def _position(given: PositionGiven | None) -> Position | None:
    return None if given is None else Position(given.epoch, given.offset)

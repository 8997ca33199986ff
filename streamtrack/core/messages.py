"""The messages of the native protocol as typed values. ``docs/protocol.md`` is their manual.

What a client sends is checked strictly and in full: an unknown field is an error, not a silent nothing. What the
server sends may grow new fields, so a client passes over those it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from streamtrack.core.definitions import TrackerDefinition
from streamtrack.types import Match, Matching, Position, Speaker

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
INLINE_LIMIT = 100
"""Trackers that one client may bring with it."""


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("holds a control character")
    return value


Name = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_printable)]
Seconds = Annotated[float, Field(ge=0, le=1e7)]
Seq = Annotated[int, Field(ge=0, le=2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerGiven:
    """Who speaks: ``role`` is what trackers filter by, usually ``agent`` or ``customer``."""

    __pydantic_config__ = STRICT
    id: Name
    name: Name | None = None
    role: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WordGiven:
    """One word with its times in seconds of audio."""

    __pydantic_config__ = STRICT
    text: Annotated[str, Field(min_length=1, max_length=200)]
    start_s: Seconds
    end_s: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerChoice:
    """Which trackers listen: all of the catalog, or only those named; ``inline`` ones join either."""

    __pydantic_config__ = STRICT
    mode: Literal["all", "only"] = "all"
    ids: Annotated[tuple[Name, ...], Field(max_length=10_000)] = ()
    names: Annotated[tuple[Name, ...], Field(max_length=10_000)] = ()
    inline: Annotated[tuple[TrackerDefinition, ...], Field(max_length=INLINE_LIMIT)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionGiven:
    """The last offset a client has seen, and the epoch it belongs to."""

    __pydantic_config__ = STRICT
    epoch: Name
    offset: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Opens the producer's part in a conversation; the first message on a stream."""

    __pydantic_config__ = STRICT
    type: Literal["start"] = "start"
    speaker: SpeakerGiven | None = None
    language: Annotated[str, Field(min_length=2, max_length=35)] | None = None
    trackers: TrackerChoice = field(default_factory=TrackerChoice)
    matching: Matching = "earliest"
    resume: PositionGiven | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FragmentMessage:
    """One piece of transcript, interim or final."""

    __pydantic_config__ = STRICT
    type: Literal["fragment"] = "fragment"
    utterance_id: Name
    text: str
    final: bool = False
    speaker: Name | SpeakerGiven | None = None
    start_s: Seconds | None = None
    end_s: Seconds | None = None
    words: Annotated[tuple[WordGiven, ...], Field(max_length=2_000)] = ()
    seq: Seq | None = None

    def __post_init__(self) -> None:
        for start, end in [(self.start_s, self.end_s), *((word.start_s, word.end_s) for word in self.words)]:
            if start is not None and end is not None and end < start:
                raise ValueError(f"end_s {end} is before start_s {start}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finalize:
    """Makes one open utterance final as it stands, or all of this producer's."""

    __pydantic_config__ = STRICT
    type: Literal["finalize"] = "finalize"
    utterance_id: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keepalive:
    """Says that the client is there although nobody speaks."""

    __pydantic_config__ = STRICT
    type: Literal["keepalive"] = "keepalive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Ends the producer's part; open utterances become final and ``stopped`` follows."""

    __pydantic_config__ = STRICT
    type: Literal["stop"] = "stop"


EndReason = Literal["stopped", "abandoned", "shutdown"]
"""Why a conversation is over."""

ClientMessage = Start | FragmentMessage | Finalize | Keepalive | Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Answer to ``start``. ``recovered`` is set when the client asked to resume: whether the gap was filled whole."""

    conversation_id: str
    catalog_version: int
    trackers: int
    recovered: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """The final with this ``seq`` is taken and its matches are in the history; it need not be sent again."""

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finalized:
    """Answer to ``finalize``: the utterances that became final by it, possibly none."""

    utterance_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a producer sent and what came of it, counted over its part in the conversation."""

    fragments: int = 0
    finals: int = 0
    interims: int = 0
    interims_superseded: int = 0
    refused: int = 0
    confirmed: int = 0
    retracted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Answer to ``stop``, after everything in flight; the server closes the connection with 1000."""

    summary: Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """A refusal. ``retryable`` says whether the same request may succeed later, and when."""

    code: str
    message: str
    retryable: bool
    seq: int | None = None
    utterance_id: str | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """First frame of a dashboard. ``recovered`` says whether the gap it asked for follows whole."""

    recovered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Nothing that passes the filter happened, but the history moved on: resume from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationStarted:
    """The first producer of a conversation has come."""

    conversation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationEnded:
    """The last producer has stopped, or has not come back in time."""

    conversation_id: str
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceEnded:
    """An utterance has its final text."""

    conversation_id: str
    utterance_id: str
    speaker: Speaker | None
    text: str
    start_s: float | None
    end_s: float | None
    revision: int


HistoryEvent = Match | ConversationStarted | ConversationEnded | UtteranceEnded
"""What histories are made of; such a frame carries ``epoch`` and ``offset``."""

ServerMessage = HistoryEvent | Started | Ack | Finalized | Stopped | Error | Subscribed | Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A server frame as the client sees it; ``position`` is set where the frame carries one."""

    message: ServerMessage
    position: Position | None = None

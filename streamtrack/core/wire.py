"""Frames of the native protocol to typed messages and back. Parsed once, here; inside there are no dicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from streamtrack.core.definitions import explain
from streamtrack.core.messages import (
    Ack,
    ClientMessage,
    ConversationEnded,
    ConversationStarted,
    Error,
    Finalize,
    Finalized,
    FragmentMessage,
    Keepalive,
    Received,
    Seen,
    ServerMessage,
    Start,
    Started,
    Stop,
    Stopped,
    Subscribed,
    UtteranceEnded,
)
from streamtrack.errors import InvalidMessage, Overloaded, StreamtrackError
from streamtrack.types import Match, Position

CLIENT_TYPES: Mapping[str, type[ClientMessage]] = {
    "start": Start,
    "fragment": FragmentMessage,
    "finalize": Finalize,
    "keepalive": Keepalive,
    "stop": Stop,
}
SERVER_TYPES: Mapping[str, type[ServerMessage]] = {
    "started": Started,
    "match": Match,
    "ack": Ack,
    "finalized": Finalized,
    "stopped": Stopped,
    "error": Error,
    "subscribed": Subscribed,
    "seen": Seen,
    "conversation_started": ConversationStarted,
    "conversation_ended": ConversationEnded,
    "utterance": UtteranceEnded,
}
_TYPE_OF = {cls: name for name, cls in SERVER_TYPES.items()}
_CLIENT: TypeAdapter[ClientMessage] = TypeAdapter(Annotated[ClientMessage, Field(discriminator="type")])
_SERVER: Mapping[str, TypeAdapter[Any]] = {name: TypeAdapter(cls) for name, cls in SERVER_TYPES.items()}


def parse_client(frame: str | bytes) -> ClientMessage:
    """One message of a client. Raises InvalidMessage that names every wrong field, its value and the rule."""
    try:
        return _CLIENT.validate_json(frame)
    except ValidationError as error:
        raise InvalidMessage(_reason(error)) from None


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        return f"the frame is not JSON: {first['ctx']['error']}"
    if first["type"] == "union_tag_not_found":
        return f"type: missing; it is one of {', '.join(CLIENT_TYPES)}"
    if first["type"] == "union_tag_invalid":
        return f"type: {first['ctx']['tag']!r} is unknown; it is one of {', '.join(CLIENT_TYPES)}"
    if not first["loc"]:
        return "the frame is not a JSON object"
    message = CLIENT_TYPES.get(str(first["loc"][0]))
    return explain(error, skip=1, known=[] if message is None else [one.name for one in fields(message)])


def encode_client(message: ClientMessage) -> str:
    """The frame of a client message, without the fields that were not given."""
    return orjson.dumps(_given(message), default=_plain).decode()


def _given(message: ClientMessage) -> dict[str, object]:
    stated = {name: getattr(message, name) for name in type(message).__dataclass_fields__}
    return {name: value for name, value in stated.items() if value is not None and value != ()}


def encode(message: ServerMessage, position: Position | None = None) -> str:
    """The frame of a server message, with its place in a history where it has one."""
    head: dict[str, object] = {"type": _TYPE_OF[type(message)]}
    if position is not None:
        head |= {"epoch": position.epoch, "offset": position.offset}
    body = orjson.dumps(message, default=_plain)
    start = orjson.dumps(head)
    return (start if body == b"{}" else start[:-1] + b"," + body[1:]).decode()


def decode(frame: str | bytes) -> Received:
    """One message of the server. Raises InvalidMessage for a frame this client does not know."""
    try:
        given = orjson.loads(frame)
        message = _SERVER[given["type"]].validate_python(given)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValidationError) as error:
        raise InvalidMessage(f"not a frame of this protocol: {error}") from error
    position = Position(given["epoch"], given["offset"]) if "offset" in given else None
    return Received(message=message, position=position)


def error_message(error: StreamtrackError, seq: int | None = None, utterance_id: str | None = None) -> Error:
    """The error as it is told to the client it concerns."""
    return Error(
        code=error.code,
        message=str(error),
        retryable=error.retryable,
        seq=seq,
        utterance_id=utterance_id,
        retry_after_s=error.retry_after_s if isinstance(error, Overloaded) else None,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    if hasattr(value, "model_dump"):
        return value.model_dump(exclude_defaults=True)
    raise TypeError(f"{type(value).__name__} has no JSON form")

"""How a call client's frames are read: as the native protocol, or as a vendor's messages (``?format=``)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace

import orjson

from streamtrack.core.messages import ClientMessage, FragmentMessage, SpeakerGiven, Start
from streamtrack.core.wire import parse_client
from streamtrack.dialects import Dialect, open_dialect
from streamtrack.errors import InvalidMessage, InvalidRequest

FIELDS = ("format", "role")
"""The query fields of a stream's address."""

NATIVE = frozenset({"start", "finalize", "keepalive", "stop"})
"""Native messages that a client may send among a vendor's; no vendor's message has one of these types."""

Read = Callable[[str], list[ClientMessage]]
"""The messages in one frame. Raises InvalidMessage."""


def reader_for(query: Iterable[tuple[str, str]]) -> Read:
    """What reads the frames of a connection, by the query of its address. Raises InvalidRequest."""
    fields = [(name, value) for name, value in query if name in FIELDS]
    formats = [value for name, value in fields if name == "format"]
    roles = dict(_role(value) for name, value in fields if name == "role")
    if len(formats) > 1:
        raise InvalidRequest(f"format: given {len(formats)} times; a connection has one")
    if not formats:
        if roles:
            raise InvalidRequest("role: only with a format; the native protocol names roles in its messages")
        return lambda frame: [parse_client(frame)]
    return VendorReader(open_dialect(formats[0], secrets.token_hex(4)), roles)


class VendorReader:
    """Reads a vendor's messages, and the native ones that a client may send among them.

    The first vendor's message starts the session with defaults, unless the client has sent a ``start`` itself.
    """

    def __init__(self, dialect: Dialect, roles: dict[str, str]) -> None:
        self._dialect = dialect
        self._roles = roles
        self._started = False

    def __call__(self, frame: str) -> list[ClientMessage]:
        """The messages in one frame. Raises InvalidMessage."""
        given = _json(frame)
        if isinstance(given, dict) and str(given.get("type")) in NATIVE:
            message = parse_client(frame)
            self._started |= isinstance(message, Start)
            return [message]
        messages = [self._with_role(message) for message in self._dialect.read(given)]
        if self._started:
            return messages
        self._started = True
        return [Start(), *messages]

    def _with_role(self, message: ClientMessage) -> ClientMessage:
        if not isinstance(message, FragmentMessage) or not isinstance(message.speaker, str):
            return message
        role = self._roles.get(message.speaker)
        return message if role is None else replace(message, speaker=SpeakerGiven(id=message.speaker, role=role))


def _json(frame: str) -> object:
    try:
        given: object = orjson.loads(frame)
    except orjson.JSONDecodeError as error:
        raise InvalidMessage(f"the frame is not JSON: {error}") from None
    return given


def _role(value: str) -> tuple[str, str]:
    speaker, _, role = value.rpartition(":")
    if not speaker or not role or max(len(speaker), len(role)) > 128 or not value.isprintable():
        raise InvalidRequest(f"role: {value[:40]!r} must be a speaker's id, a colon and a role: channel-0:agent")
    return speaker, role

"""What every dialect promises, and what they share in checking a vendor's message."""

from __future__ import annotations

from typing import Annotated, Protocol, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from streamtrack.core.definitions import explain
from streamtrack.core.messages import ClientMessage
from streamtrack.errors import InvalidMessage


class Dialect(Protocol):
    """A vendor's messages on one connection, read in the order in which they come.

    ``read`` takes one message as parsed from JSON and returns what it says in our own words: fragments, none for a
    message that carries no talk, and ``Finalize`` where the vendor says that its stream has ended. It keeps only what
    the vendor leaves to the order of messages, such as which utterance is open; it does no I/O and has no clock.

    Raises InvalidMessage, which names the field; then nothing has changed.
    """

    def read(self, frame: object) -> list[ClientMessage]: ...


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must not hold control characters")
    return value


Label = Annotated[str, Field(max_length=90), AfterValidator(_printable)]
"""A vendor's name for a speaker or a channel; empty where there is none."""

Id = Annotated[Label, Field(min_length=1)]
"""A vendor's id; with what is added to it, it stays within the limit of our own ids."""

Count = Annotated[int, Field(ge=0, le=2**53)]
"""A vendor's number for a turn or a message."""


class Given(BaseModel):
    """A part of a vendor's message. What is used of it is checked; what vendors add to it is passed over.

    A field that is null is one that is not there.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: object) -> object:
        return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given


G = TypeVar("G", bound=Given)


def checked(shape: type[G], frame: object, vendor: str) -> G:
    """The message in its shape. Raises InvalidMessage that names vendor, field, rule and value."""
    try:
        return shape.model_validate(frame)
    except ValidationError as error:
        raise InvalidMessage(f"{vendor}: {explain(error)}") from None


class _Typed(Given):
    type: str


class Types:
    """Tells a vendor's messages apart by their ``type``.

    A type that is not known is an error until one is: then the format was chosen wrongly. Afterwards it is something
    that the vendor has added, and is passed over.
    """

    def __init__(self, vendor: str, known: frozenset[str]) -> None:
        self._vendor = vendor
        self._known = known
        self._met = False

    def of(self, frame: object) -> str:
        """The type of a message, or no text for one to pass over. Raises InvalidMessage."""
        kind = checked(_Typed, frame, self._vendor).type
        if kind in self._known:
            self._met = True
            return kind
        if not self._met:
            raise InvalidMessage(f"{self._vendor}: type: {kind[:40]!r} is none of {', '.join(sorted(self._known))}")
        return ""

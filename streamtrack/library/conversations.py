"""Recorded conversations as JSON lines: one turn a line, times made up where there are none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from streamtrack.core.definitions import explain
from streamtrack.errors import InvalidConversationFile

WORDS_PER_S = 2.7
"""Pace of speech for turns without times."""
PAUSE_S = 0.3
"""Silence before a turn without times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """A match that a listener would mark: the tracker's name and the words of the turn that carry it.

    Where listeners would disagree it is ``arguable``: neither finding nor missing it is a mistake.
    """

    tracker: str
    quote: str
    arguable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one speaker said before another did, with its times in seconds from the start."""

    number: int
    role: str
    speaker: str
    text: str
    start_s: float
    end_s: float
    expect: tuple[Expectation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A whole conversation; turns may overlap in time, as people do."""

    conversation_id: str
    turns: tuple[Turn, ...]

    @property
    def duration_s(self) -> float:
        """Seconds until the last word; 0 without turns."""
        return max((turn.end_s for turn in self.turns), default=0.0)


class _Given(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class _ExpectationGiven(_Given):
    tracker: str
    quote: str
    arguable: bool = False


class _TurnGiven(_Given):
    """One line; fields it does not know belong to someone else and are passed over."""

    conversation_id: Annotated[str, Field(min_length=1, max_length=128)]
    turn: Annotated[int, Field(ge=0)]
    role: Annotated[str, Field(min_length=1, max_length=128)]
    text: Annotated[str, Field(min_length=1)]
    speaker: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    start_s: Annotated[float, Field(ge=0, le=1e7)] | None = None
    end_s: Annotated[float, Field(ge=0, le=1e7)] | None = None
    expect: tuple[_ExpectationGiven, ...] = ()

    @model_validator(mode="after")
    def _times_agree(self) -> _TurnGiven:
        if (self.start_s is None) != (self.end_s is None):
            raise ValueError("must give both start_s and end_s, or neither")
        if self.start_s is not None and self.end_s is not None and self.end_s < self.start_s:
            raise ValueError(f"end_s {self.end_s} must not be before start_s {self.start_s}")
        return self


def read_conversations(path: Path) -> tuple[Conversation, ...]:
    """The conversations of a file, each in the order of its lines.

    A turn without times follows the one before it after PAUSE_S, at WORDS_PER_S; a turn without a speaker has its
    role for one. Raises InvalidConversationFile, which names file, line, field, value and rule.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidConversationFile(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InvalidConversationFile(f"{path}: must be UTF-8 text; byte {error.start} is not") from error
    return parse_conversations(text.split("\n"), source=str(path))


def parse_conversations(lines: Iterable[str], *, source: str) -> tuple[Conversation, ...]:
    """The conversations in these lines; ``source`` is their file's name in messages. Empty lines are passed over.

    Raises InvalidConversationFile.
    """
    turns: dict[str, list[Turn]] = {}
    ends_s: dict[str, float] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            given = _TurnGiven.model_validate_json(line)
        except ValidationError as error:
            raise InvalidConversationFile(f"{source}, line {number}: {explain(error)}") from None
        earlier = turns.setdefault(given.conversation_id, [])
        if earlier and given.turn <= earlier[-1].number:
            rule = f"turn: must be above {earlier[-1].number}, the one before it; got {given.turn}"
            raise InvalidConversationFile(f"{source}, line {number}: {rule}")
        earlier.append(_turn(given, after_s=ends_s.get(given.conversation_id, 0.0)))
        ends_s[given.conversation_id] = max(earlier[-1].end_s, ends_s.get(given.conversation_id, 0.0))
    if not turns:
        raise InvalidConversationFile(f"{source}: holds no turn")
    return tuple(Conversation(conversation_id=name, turns=tuple(spoken)) for name, spoken in turns.items())


def _turn(given: _TurnGiven, after_s: float) -> Turn:
    start_s, end_s = given.start_s, given.end_s
    if start_s is None or end_s is None:
        start_s = after_s + PAUSE_S
        end_s = start_s + max(1, len(given.text.split())) / WORDS_PER_S
    return Turn(
        number=given.turn,
        role=given.role,
        speaker=given.speaker or given.role,
        text=given.text,
        start_s=round(start_s, 3),
        end_s=round(end_s, 3),
        expect=tuple(Expectation(tracker=one.tracker, quote=one.quote, arguable=one.arguable) for one in given.expect),
    )

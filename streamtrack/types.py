"""The words of the field as frozen values. Every other module speaks in these.

Ranges are half-open. Character positions count Unicode code points of the text as received. Times are seconds
of audio where the source gives them; names carry their unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

Matching = Literal["earliest", "stable", "final"]
"""Which interims may fire: every one, only text that two interims agree on, or none."""


class Span(NamedTuple):
    """Half-open range of characters in an utterance: ``text[start:end]``."""

    start: int
    end: int


class Position(NamedTuple):
    """A place in a history: everything up to and including ``offset`` has been seen."""

    epoch: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who said a fragment, as given by the client."""

    id: str
    name: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One recognised word with its times in seconds of audio."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """One piece of transcript as received, interim or final."""

    utterance_id: str
    text: str
    final: bool
    speaker: Speaker | None = None
    start_s: float | None = None
    end_s: float | None = None
    words: tuple[Word, ...] = ()
    seq: int | None = None


SENSITIVITY_PER_HOUR: Mapping[str, float] = {"strict": 0.02, "balanced": 0.1, "broad": 0.5}
"""Named sensitivities as false alarms per hour of ordinary talk and tracker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """How readily a tracker fires: a rate of false alarms, or an explicit threshold on the score.

    Exactly one of the two is set. ``false_alarms_per_hour`` is per tracker and hour of ordinary talk;
    ``threshold`` is a score in [-1, 1] and inclusive.
    """

    false_alarms_per_hour: float | None = None
    threshold: float | None = None

    def __post_init__(self) -> None:
        if (self.false_alarms_per_hour is None) == (self.threshold is None):
            raise ValueError("give false_alarms_per_hour or threshold, one of the two")

    @classmethod
    def named(cls, name: str) -> Sensitivity:
        """The sensitivity called ``strict``, ``balanced`` or ``broad``; KeyError for another name."""
        return cls(false_alarms_per_hour=SENSITIVITY_PER_HOUR[name])


BALANCED = Sensitivity.named("balanced")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracker:
    """A named idea to listen for: its samples (the vocabulary) and how readily it fires."""

    id: str
    name: str
    vocabulary: tuple[str, ...]
    description: str = ""
    exclude: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sensitivity: Sensitivity = BALANCED
    speakers: tuple[str, ...] = ()
    """Roles it listens to; empty means everyone."""
    enabled: bool = True
    version: int = 1

    def listens_to(self, role: str | None) -> bool:
        """Whether talk by a speaker of this role counts; an unknown role is heard by every tracker."""
        return not self.speakers or role is None or role in self.speakers


class Kind(StrEnum):
    """How a match was found: the sample's own words, or near meaning only."""

    EXACT = "exact"
    SEMANTIC = "semantic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A tracker found in a text: the decision of one search, before it has a life of its own.

    ``false_alarms_per_hour`` is the rate at which ordinary talk reaches ``score`` on this tracker.
    """

    tracker: Tracker
    sample: str
    kind: Kind
    span: Span
    score: float
    threshold: float
    false_alarms_per_hour: float


class State(StrEnum):
    """Where a match is in its life; a retraction is final, a confirmation changes only with its final."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Where the milliseconds of one answer went; ``total`` runs from receipt of the fragment."""

    queue: float
    encode: float
    search: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerRef:
    """A tracker as named on a match."""

    id: str
    name: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A tracker found in an utterance, at one moment of its life.

    ``match_id`` stays the same from the first tentative sighting to the terminal state; ``revision`` counts the
    events of that id from 1. ``text`` is the text that was looked at and ``span`` the matched part of it,
    repeated as ``quote``. ``reason`` is set on a retraction, and only there.
    """

    match_id: str
    state: State
    revision: int
    conversation_id: str
    utterance_id: str
    speaker: Speaker | None
    tracker: TrackerRef
    sample: str
    kind: Kind
    text: str
    span: Span
    quote: str
    start_s: float | None
    end_s: float | None
    score: float
    threshold: float
    false_alarms_per_hour: float
    catalog_version: int
    timings_ms: Timings
    reason: str | None = None

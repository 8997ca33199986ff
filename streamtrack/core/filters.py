"""What a dashboard wants to hear of: a filter over events, read from the address of its socket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from streamtrack.core.messages import HistoryEvent, UtteranceEnded
from streamtrack.errors import InvalidRequest
from streamtrack.types import Match, Position, State

FIELDS = ("conversation", "tracker", "speaker", "state", "utterances", "epoch", "offset")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Patterns for conversation ids, names or ids of trackers, ids or roles of speakers; states; utterances or not.

    An empty field lets everything pass; several values of one field are alternatives.
    """

    conversations: tuple[str, ...] = ()
    trackers: frozenset[str] = frozenset()
    speakers: frozenset[str] = frozenset()
    states: frozenset[State] = frozenset()
    utterances: bool = False

    def __call__(self, event: HistoryEvent) -> bool:
        """Whether the event passes."""
        if not self._of_wanted_conversation(event.conversation_id):
            return False
        if isinstance(event, Match):
            return self._wanted_match(event)
        if isinstance(event, UtteranceEnded):
            return self.utterances and self._by_wanted_speaker(event)
        return True

    def _of_wanted_conversation(self, conversation_id: str) -> bool:
        return not self.conversations or any(fnmatchcase(conversation_id, one) for one in self.conversations)

    def _wanted_match(self, match: Match) -> bool:
        return (
            (not self.states or match.state in self.states)
            and (not self.trackers or match.tracker.name in self.trackers or match.tracker.id in self.trackers)
            and self._by_wanted_speaker(match)
        )

    def _by_wanted_speaker(self, event: Match | UtteranceEnded) -> bool:
        if not self.speakers:
            return True
        return event.speaker is not None and not self.speakers.isdisjoint({event.speaker.id, event.speaker.role})


@dataclass(frozen=True, slots=True)
class Wish:
    """A filter, and the position from which to resume if the dashboard has been here before."""

    filter: EventFilter
    seen: Position | None


def read_wish(query: Sequence[tuple[str, str]]) -> Wish:
    """The wish that a query string states, as pairs. Raises InvalidRequest that names field, value and rule."""
    values: dict[str, list[str]] = {name: [] for name in FIELDS}
    for name, value in query:
        if name not in values:
            raise InvalidRequest(f"{name}: unknown; the fields are {', '.join(FIELDS)}")
        values[name].append(value)
    return Wish(
        EventFilter(
            conversations=tuple(values["conversation"]),
            trackers=frozenset(values["tracker"]),
            speakers=frozenset(values["speaker"]),
            states=frozenset(map(_state, values["state"])),
            utterances=_flag("utterances", values["utterances"]),
        ),
        _seen(values["epoch"], values["offset"]),
    )


def _state(value: str) -> State:
    if value not in set(State):
        raise InvalidRequest(f"state: {value!r} is not one of {', '.join(State)}")
    return State(value)


def _flag(name: str, values: Sequence[str]) -> bool:
    for value in values:
        if value not in ("true", "false"):
            raise InvalidRequest(f"{name}: {value!r} is neither true nor false")
    return "true" in values


def _seen(epochs: Sequence[str], offsets: Sequence[str]) -> Position | None:
    if not epochs and not offsets:
        return None
    if len(epochs) != 1 or len(offsets) != 1:
        raise InvalidRequest("epoch, offset: give both, once each, or neither")
    if not offsets[0].isascii() or not offsets[0].isdigit():
        raise InvalidRequest(f"offset: {offsets[0]!r} is not a whole number of at least 0")
    return Position(epochs[0], int(offsets[0]))

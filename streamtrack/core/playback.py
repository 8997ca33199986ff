"""A recorded conversation as the fragments that a recogniser would have sent, each with the moment it is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from streamtrack.types import Fragment, Speaker

INTERIM_S = 0.3
"""A recogniser's usual pause between two interims of one utterance."""


class SpokenTurn(Protocol):
    """One turn of a recorded conversation."""

    @property
    def role(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Due:
    """A fragment and when it is to be sent, in seconds from the start of the conversation."""

    at_s: float
    fragment: Fragment


def schedule(turns: Sequence[SpokenTurn], *, interims: bool = True) -> list[Due]:
    """The fragments of a conversation in the order in which they are due.

    The words of a turn are spread evenly over its time. The text so far is an interim every 0.3 s; the whole text is
    the final, due when the turn ends.
    """
    return sorted(
        (due for number, turn in enumerate(turns) for due in _of_turn(number, turn, interims)),
        key=lambda due: due.at_s,
    )


def _of_turn(number: int, turn: SpokenTurn, interims: bool) -> Iterator[Due]:
    if interims:
        for at_s, text in _interims(turn):
            yield Due(at_s, _fragment(number, turn, text, at_s, final=False))
    yield Due(turn.end_s, _fragment(number, turn, turn.text, turn.end_s, final=True))


def _interims(turn: SpokenTurn) -> Iterator[tuple[float, str]]:
    words = turn.text.split()
    length_s = turn.end_s - turn.start_s
    for step in range(1, ceil(round(length_s / INTERIM_S, 6))):
        spoken = int(len(words) * step * INTERIM_S / length_s)
        if 0 < spoken < len(words):
            yield turn.start_s + step * INTERIM_S, " ".join(words[:spoken])


def _fragment(number: int, turn: SpokenTurn, text: str, end_s: float, *, final: bool) -> Fragment:
    return Fragment(
        utterance_id=f"u{number}",
        text=text,
        final=final,
        speaker=Speaker(id=turn.role, role=turn.role),
        start_s=round(turn.start_s, 3),
        end_s=round(end_s, 3),
    )

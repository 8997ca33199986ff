"""Plays recorded conversations into a running server, each on time, and measures when the answers come.

The load is open-loop: a fragment is sent when it is due, whether or not earlier ones were answered, and an answer's
latency runs from the moment its fragment was due. So a late sender or a late server counts as late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from streamtrack.client import Call, connect
from streamtrack.core.messages import Ack, Error, Received
from streamtrack.core.playback import Due, SpokenTurn, schedule
from streamtrack.types import Match, State

TIMER_S = 0.002
"""How coarse the timers of event loops are taken to be: milliseconds, rounded up."""


@dataclass(frozen=True, slots=True)
class Part:
    """One conversation to play, under the id it gets on the server, ``offset_s`` seconds into the run."""

    conversation_id: str
    turns: Sequence[SpokenTurn]
    offset_s: float = 0.0


@dataclass(slots=True)
class Played:
    """What came of a run, while it is counted. Latencies in milliseconds."""

    conversations: int = 0
    interims: int = 0
    finals: int = 0
    acknowledged: int = 0
    superseded: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    states: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    final_ms: list[float] = field(default_factory=list)
    match_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    """How late the player itself sent, so that nobody takes its slowness for the server's."""
    seconds: float = 0.0

    @property
    def lost(self) -> int:
        """Finals that were never acknowledged."""
        return self.finals - self.acknowledged


Heard = Callable[[Part, Received], None]
Sent = Callable[[Part, int, Due], None]


def _unheard(part: Part, received: Received) -> None:
    """For players whose caller wants the figures alone."""


def _unseen(part: Part, seq: int, due: Due) -> None:
    """The same for what is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """How to play: where to, how fast, with interims or finals alone, with which trackers and policy."""

    url: str
    speed: float = 1.0
    interims: bool = True
    matching: str = "earliest"
    give_up_s: float = 60.0
    precise: bool = False
    """Wait out the last moments before each fragment on the CPU: timers of event loops are coarse. For a few calls."""
    sent: Sent = _unseen
    heard: Heard = _unheard

    async def play(self, parts: Sequence[Part]) -> Played:
        """Play all parts side by side; return when each has been stopped and answered."""
        played = Played()
        ready = asyncio.Barrier(len(parts) + 1)
        began = asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as tasks:
            for part in parts:
                tasks.create_task(self._play(part, played, ready, began), name=part.conversation_id)
            await ready.wait()
            start = perf_counter()
            began.set_result(start)
        played.seconds = perf_counter() - start
        return played

    async def _play(self, part: Part, played: Played, ready: asyncio.Barrier, began: asyncio.Future[float]) -> None:
        dues = schedule(part.turns, interims=self.interims)
        async with (
            connect(self.url, part.conversation_id, matching=self.matching, give_up_s=self.give_up_s) as call,
            asyncio.TaskGroup() as tasks,
        ):
            await ready.wait()
            start = await began + part.offset_s / self.speed
            due_of: dict[int, float] = {}
            tasks.create_task(self._listen(call, part, played, due_of), name="listen")
            await self._send(call, part, played, dues, start, due_of)
            summary = await call.stop()
            played.conversations += 1
            played.superseded += summary.interims_superseded

    async def _send(
        self, call: Call, part: Part, played: Played, dues: Sequence[Due], start: float, due_of: dict[int, float]
    ) -> None:
        for due in dues:
            at = start + due.at_s / self.speed
            await self._wait_until(at)
            played.late_ms.append((perf_counter() - at) * 1e3)
            seq = call.next_seq
            due_of[seq] = at
            played.finals += due.fragment.final
            played.interims += not due.fragment.final
            self.sent(part, seq, due)
            await call.send_fragment(due.fragment)

    async def _wait_until(self, at: float) -> None:
        spared = TIMER_S if self.precise else 0.0
        if (wait := at - spared - perf_counter()) > 0:
            await asyncio.sleep(wait)
        # No event could wake this on time: it would come by the same timers.
        while self.precise and perf_counter() < at:  # noqa: ASYNC110
            await asyncio.sleep(0)

    async def _listen(self, call: Call, part: Part, played: Played, due_of: dict[int, float]) -> None:
        async for received in call:
            match received.message:
                case Ack(seq=seq):
                    played.acknowledged += 1
                    played.final_ms.append((perf_counter() - due_of[seq]) * 1e3)
                case Match(state=state, timings_ms=timings):
                    played.states[state] += 1
                    played.match_ms.append(timings.total)
                case Error(code=code):
                    played.errors[code] = played.errors.get(code, 0) + 1
                case _:
                    pass
            self.heard(part, received)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the values lie (nearest rank); NaN of none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

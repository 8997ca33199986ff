"""How many live calls at 1x, with interims?

Every call is a real conversation from a random place on, played at its own pace with an interim every 0.3 s. The
load is open-loop; the player shares the machine with the server, as far as its own lateness shows.
"""

from __future__ import annotations

import argparse
import random

import uvloop

from benchmarks.report import publish
from benchmarks.serving import cpu_seconds, resident_mib, server
from benchmarks.workload import conversations, trackers
from streamtrack.library.conversations import Conversation, Turn
from streamtrack.player import Part, Player, percentile

CALLS = (100, 300, 1000)
SECONDS = 30.0


def excerpt(conversation: Conversation, from_s: float, seconds: float) -> list[Turn]:
    """The turns that lie wholly within a stretch of a conversation, timed from its beginning."""
    return [
        Turn(
            number=turn.number,
            role=turn.role,
            speaker=turn.speaker,
            text=turn.text[:2000],
            start_s=turn.start_s - from_s,
            end_s=turn.end_s - from_s,
        )
        for turn in conversation.turns
        if turn.start_s >= from_s and turn.end_s <= from_s + seconds
    ]


def parts(calls: int, seconds: float) -> list[Part]:
    """As many calls, each from a random place of a random conversation; the seed is fixed."""
    draw = random.Random(7)
    known = conversations()[1]
    made = []
    for number in range(calls):
        conversation = known[draw.randrange(len(known))]
        latest = max(0.0, conversation.duration_s - seconds)
        turns = excerpt(conversation, draw.uniform(0.0, latest), seconds)
        made.append(Part(f"{conversation.conversation_id}~{number}", turns))
    return made


def main() -> None:
    """Measure with growing numbers of calls."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--calls", type=int, nargs="+", default=CALLS)
    arguments.add_argument("--seconds", type=float, default=SECONDS)
    arguments.add_argument("--trackers", type=int, default=100)
    given = arguments.parse_args()
    rows = []
    for calls in given.calls:
        with server(trackers(given.trackers)) as (url, pid):
            played = uvloop.run(Player(url=url).play(parts(calls, given.seconds)))
            rows.append(
                {
                    "calls": calls,
                    "finals": played.finals,
                    "lost": played.lost,
                    "interims": played.interims,
                    "superseded": played.superseded,
                    "refused": sum(played.errors.values()),
                    "final p50 ms": percentile(played.final_ms, 0.5),
                    "final p99 ms": percentile(played.final_ms, 0.99),
                    "sender late p99 ms": percentile(played.late_ms, 0.99),
                    "server CPU": round(cpu_seconds(pid) / played.seconds, 2),
                    "server MiB": round(resident_mib(pid)),
                }
            )
    publish(
        "capacity",
        "Live calls at 1x with interims",
        rows,
        trackers=given.trackers,
        seconds=given.seconds,
        conversations=conversations()[0],
    )


if __name__ == "__main__":
    main()

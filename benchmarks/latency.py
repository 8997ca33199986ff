"""How long does a lone fragment take, from socket to socket?

One call, one fragment at a time at a constant rate far below capacity; the answer is the acknowledgement of the
final, which follows its matches. Latency runs from the moment the fragment was due (open loop).
"""

from __future__ import annotations

from statistics import median

import uvloop

from benchmarks.report import publish
from benchmarks.serving import server
from benchmarks.workload import texts, trackers
from streamtrack.library.conversations import Turn
from streamtrack.player import Part, Played, Player, percentile

EVERY_S = 0.05
COUNT = 400
WARM = 40
TRACKERS = (10, 100, 1000)
RUNS = 3


def one_by_one() -> list[Turn]:
    """Real turns, one due every fiftieth of a second times its length's worth of nothing else."""
    chosen = [text for text in texts() if text.strip()][: COUNT + WARM]
    return [
        Turn(
            number=number,
            role="customer",
            speaker="customer",
            text=text[:2000],
            start_s=number * EVERY_S,
            end_s=number * EVERY_S,
        )
        for number, text in enumerate(chosen)
    ]


def measure(url: str) -> Played:
    """Play the turns one by one; the first few warm the way and are left out."""
    played = uvloop.run(Player(url=url, interims=False, precise=True).play([Part("latency", one_by_one())]))
    assert played.lost == 0
    del played.final_ms[:WARM]
    return played


def main() -> None:
    """Measure with 10, 100 and 1,000 trackers."""
    rows = []
    for count in TRACKERS:
        with server(trackers(count)) as (url, _):
            runs = [measure(url) for _ in range(RUNS)]
        rows.append(
            {
                "trackers": count,
                **{
                    f"p{round(share * 100)} ms": median(percentile(run.final_ms, share) for run in runs)
                    for share in (0.5, 0.95, 0.99)
                },
                "sender late p99 ms": median(percentile(run.late_ms, 0.99) for run in runs),
            }
        )
    publish("latency", "A lone fragment, socket to socket (real turns, one every 50 ms)", rows, runs=RUNS)


if __name__ == "__main__":
    main()

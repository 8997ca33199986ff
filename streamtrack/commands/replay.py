"""``streamtrack replay``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from streamtrack.commands.console import DEFAULT_URL, Exit, Json, Patience, Url, err, out, print_json, told_plainly
from streamtrack.core.playback import Due
from streamtrack.errors import InvalidInput
from streamtrack.library.conversations import read_conversations
from streamtrack.player import Part, Played, Player, percentile
from streamtrack.types import State


def replay_command(
    file: Annotated[Path, typer.Argument(help="Conversations as JSON lines.", metavar="FILE")],
    url: Url = DEFAULT_URL,
    speed: Annotated[float, typer.Option(help="How much faster than the recording; 1 is real time.")] = 1.0,
    interims: Annotated[bool, typer.Option(help="Send interims every 0.3 s, or finals alone.")] = True,
    calls: Annotated[
        int | None, typer.Option(help="Calls at a time; more than the file holds repeats them. All by default.", min=1)
    ] = None,
    patience: Patience = 10.0,
    json: Json = False,
) -> None:
    """Play recorded conversations into a running server and print how fast it answered.

    Exit code 6 when a final was lost. Example: streamtrack replay calls.jsonl --speed 20
    """
    with told_plainly():
        if not 0 < speed <= 1000:
            raise InvalidInput(f"--speed: {speed} is not above 0 and at most 1000")
        recorded = read_conversations(file)
        wanted = calls or len(recorded)
        parts = [
            Part(
                recorded[number % len(recorded)].conversation_id
                + (f"~{number // len(recorded) + 1}" if number >= len(recorded) else ""),
                recorded[number % len(recorded)].turns,
            )
            for number in range(wanted)
        ]
        played = uvloop.run(_play(Player(url=url, speed=speed, interims=interims, give_up_s=patience), parts))
    if json:
        print_json(figures(played))
    else:
        out.print(table(played))
    if played.lost:
        err.print(f"[red]error[/red] {played.lost} finals were never acknowledged")
        raise typer.Exit(Exit.LOST)


async def _play(player: Player, parts: list[Part]) -> Played:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("turns", total=sum(len(part.turns) for part in parts))

        def sent(part: Part, seq: int, due: Due) -> None:
            progress.advance(task, due.fragment.final)

        return await replace(player, sent=sent).play(parts)


def figures(played: Played) -> dict[str, object]:
    """What a run measured, for machines."""

    def spread(values: list[float]) -> dict[str, float | None]:
        return {
            name: round(percentile(values, share), 2) if values else None
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
        }

    return {
        "conversations": played.conversations,
        "seconds": round(played.seconds, 2),
        "interims": played.interims,
        "interims_superseded": played.superseded,
        "finals": played.finals,
        "finals_lost": played.lost,
        "matches": {state.value: count for state, count in played.states.items()},
        "errors": played.errors,
        "final_ms": spread(played.final_ms),
        "match_ms": spread(played.match_ms),
        "sent_late_ms": spread(played.late_ms),
    }


def table(played: Played) -> RenderableType:
    """What a run measured, for people."""
    shown = Table(title=f"{played.conversations} conversations in {played.seconds:.1f} s", title_justify="left")
    for heading in ("milliseconds", "p50", "p95", "p99", "max", "count"):
        shown.add_column(heading, justify="left" if heading == "milliseconds" else "right")
    for name, values in (
        ("final: due → acknowledged", played.final_ms),
        ("match: received → published", played.match_ms),
        ("sender: due → sent", played.late_ms),
    ):
        shown.add_row(name, *(f"{percentile(values, share):.1f}" for share in (0.5, 0.95, 0.99, 1.0)), str(len(values)))
    states = ", ".join(f"{played.states[state]} {state}" for state in State)
    errors = ", ".join(f"{count} {code}" for code, count in sorted(played.errors.items())) or "none"
    told = (
        f"{played.finals} finals, {played.lost} lost; {played.interims} interims, {played.superseded} superseded\n"
        f"match events: {states}; errors: {errors}"
    )
    return Group(shown, Text(told))

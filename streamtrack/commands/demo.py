"""``streamtrack demo``: a sample call, played into a server of its own over a real socket."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from streamtrack.app import configure_logging, running
from streamtrack.commands.console import Json, err, out, print_json, settings, told_plainly
from streamtrack.core.messages import Ack, Received
from streamtrack.core.playback import Due
from streamtrack.core.wire import encode
from streamtrack.errors import InvalidInput
from streamtrack.library.calls import sample_calls
from streamtrack.library.conversations import Conversation
from streamtrack.player import Part, Played, Player, percentile
from streamtrack.settings import Settings
from streamtrack.types import Match, State

MATCH_STYLE = {State.TENTATIVE: "black on yellow", State.CONFIRMED: "black on green", State.RETRACTED: "strike"}
ROLE_STYLE = {"agent": "cyan", "customer": "magenta"}


def demo_command(
    call: Annotated[str, typer.Option(help="Which sample call; `list` names them.")] = "telecom-cancellation",
    speed: Annotated[float, typer.Option(help="How much faster than life.", min=0.1, max=1000)] = 10.0,
    json: Json = False,
) -> None:
    """Play a sample call and show its matches as they arrive.

    Example: streamtrack demo --call banking-dispute --speed 4
    """
    with told_plainly():
        calls = {one.conversation_id: one for one in sample_calls()}
        if call == "list":
            for name, one in calls.items():
                out.print(f"{name}  [dim]{len(one.turns)} turns, {one.duration_s / 60:.1f} minutes[/dim]")
            return
        if call not in calls:
            raise InvalidInput(f"--call: {call!r} is not one of {', '.join(calls)}")
        configure_logging("warning")
        asyncio.run(_play(calls[call], speed, settings(port=0, host="127.0.0.1"), json))


async def _play(call: Conversation, speed: float, chosen: Settings, json: bool) -> None:
    show = _Show(call)
    async with running(chosen) as server:
        url = server.address.replace("http", "ws", 1)
        if json:
            player = Player(url=url, speed=speed, heard=lambda _, got: print(encode(got.message, got.position)))
            played = await player.play([Part(call.conversation_id, call.turns)])
            print_json({"type": "summary", **show.figures(played)})
            return
        err.print(f"[dim]{server.tracker_count} trackers listen at {url}; {call.conversation_id} at {speed:g}×[/dim]\n")
        with Live(console=out, refresh_per_second=15, transient=True, get_renderable=show.speaking):
            player = Player(url=url, speed=speed, sent=show.sent, heard=show.heard)
            played = await player.play([Part(call.conversation_id, call.turns)])
        out.print(show.summary(played))


@dataclass(slots=True)
class _Show:
    """What is on the screen: finished turns above, what is being said below."""

    call: Conversation
    said: dict[int, Due] = field(default_factory=dict)
    open: dict[str, Due] = field(default_factory=dict)
    tentative: dict[str, dict[str, Match]] = field(default_factory=dict)
    decided: dict[str, dict[str, Match]] = field(default_factory=dict)
    first_seen_s: dict[str, float] = field(default_factory=dict)

    def sent(self, part: Part, seq: int, due: Due) -> None:
        """A fragment goes out."""
        self.said[seq] = due
        self.open[due.fragment.utterance_id] = due

    def heard(self, part: Part, received: Received) -> None:
        """An answer comes in; a turn is printed when its final is acknowledged, its matches being known by then."""
        match received.message:
            case Match() as match:
                kept = self.tentative if match.state is State.TENTATIVE else self.decided
                kept.setdefault(match.utterance_id, {})[match.match_id] = match
                self.first_seen_s.setdefault(match.match_id, self.open[match.utterance_id].at_s)
            case Ack(seq=seq):
                due = self.said[seq]
                self.open.pop(due.fragment.utterance_id, None)
                self._print_turn(due)
            case _:
                pass

    def speaking(self) -> RenderableType:
        """The turns that are not finished, in grey, with what is tentatively matched in them."""
        lines = []
        for utterance_id, due in list(self.open.items()):
            if not due.fragment.final:
                matches = list(self.tentative.get(utterance_id, {}).values())
                lines.append(_line(due, matches, base="bright_black"))
                lines += [_about(match) for match in matches]
        return Group(*lines)

    def _print_turn(self, due: Due) -> None:
        matches = list(self.decided.get(due.fragment.utterance_id, {}).values())
        out.print(_line(due, [match for match in matches if match.state is State.CONFIRMED]))
        for match in matches:
            out.print(_about(match, self._lead_s(match, due)))

    def _lead_s(self, match: Match, due: Due) -> float:
        return max(0.0, due.at_s - self.first_seen_s[match.match_id])

    def figures(self, played: Played) -> dict[str, object]:
        """The summary for machines."""
        return {
            "conversation_id": self.call.conversation_id,
            "turns": len(self.call.turns),
            "finals_lost": played.lost,
            "confirmed": played.states[State.CONFIRMED],
            "retracted": played.states[State.RETRACTED],
            "median_match_ms": round(percentile(played.match_ms, 0.5), 2),
        }

    def summary(self, played: Played) -> RenderableType:
        """The summary for people: what was found, how soon, and what a listener had marked."""
        confirmed = [
            match for found in self.decided.values() for match in found.values() if match.state is State.CONFIRMED
        ]
        counts = Counter(match.tracker.name for match in confirmed)
        shown = Table(title="Found in this call", title_justify="left", title_style="bold")
        shown.add_column("tracker")
        shown.add_column("matches", justify="right")
        shown.add_column("best score", justify="right")
        for name, count in counts.most_common():
            best = max(match.score for match in confirmed if match.tracker.name == name)
            shown.add_row(name, str(count), f"{best:.2f}")
        found = {(match.utterance_id, match.tracker.name) for match in confirmed}
        marked = {(f"u{place}", one.tracker) for place, turn in enumerate(self.call.turns) for one in turn.expect}
        told = (
            f"{len(self.call.turns)} turns, {played.lost} lost. A listener marked {len(marked)} matches; "
            f"{len(marked & found)} of them were found, {len(found - marked)} others fired, "
            f"{played.states[State.RETRACTED]} tentative ones were taken back.\n"
            f"From receipt of the words to the match: median {percentile(played.match_ms, 0.5):.1f} ms, "
            f"99th percentile {percentile(played.match_ms, 0.99):.1f} ms."
        )
        return Group(Text(), shown, Text(), Text(told))


def _line(due: Due, matches: list[Match], base: str = "") -> Text:
    fragment = due.fragment
    role = (fragment.speaker.role if fragment.speaker else None) or "?"
    minutes, seconds = divmod(int(fragment.start_s or 0), 60)
    line = Text()
    line.append(f"{minutes:d}:{seconds:02d}  ", style="dim")
    line.append(f"{role:<9} ", style=ROLE_STYLE.get(role, ""))
    text = Text(fragment.text, style=base)
    for match in matches:
        text.stylize(MATCH_STYLE[match.state], *match.span)
    return line.append_text(text)


def _about(match: Match, lead_s: float | None = None) -> Text:
    style = {State.TENTATIVE: "yellow", State.CONFIRMED: "green", State.RETRACTED: "red"}[match.state]
    line = Text(" " * 16)
    line.append(f"{'✗' if match.state is State.RETRACTED else '●'} {match.tracker.name}", style=f"bold {style}")
    if match.state is State.RETRACTED:
        return line.append(f"  taken back: {escape(match.reason or '')}", style="dim")
    line.append(f" {match.score:.2f}", style=style)
    line.append(f"  like “{match.sample}”  {match.timings_ms.total:.1f} ms", style="dim")
    if lead_s is not None and lead_s >= 0.1:
        line.append(f", {lead_s:.1f} s early", style="dim")
    return line

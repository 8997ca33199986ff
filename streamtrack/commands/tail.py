"""``streamtrack tail``."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.markup import escape

from streamtrack.client import subscribe
from streamtrack.commands.console import DEFAULT_URL, Json, Patience, Url, out, told_plainly
from streamtrack.core.messages import (
    ConversationEnded,
    ConversationStarted,
    Received,
    Subscribed,
    UtteranceEnded,
)
from streamtrack.core.wire import encode
from streamtrack.types import Match, State

COLOURS = {State.TENTATIVE: "yellow", State.CONFIRMED: "green", State.RETRACTED: "red"}


def tail_command(
    url: Url = DEFAULT_URL,
    conversation: Annotated[
        list[str] | None, typer.Option(help="Only conversations like this; * matches anything. Repeatable.")
    ] = None,
    tracker: Annotated[list[str] | None, typer.Option(help="Only this tracker, by name or id. Repeatable.")] = None,
    speaker: Annotated[list[str] | None, typer.Option(help="Only this speaker, by id or role. Repeatable.")] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="Only tentative, confirmed or retracted matches. Repeatable.")
    ] = None,
    utterances: Annotated[bool, typer.Option(help="Also the finished utterances.")] = False,
    patience: Patience = 10.0,
    json: Json = False,
) -> None:
    """Print events as they happen, across reconnects, until interrupted.

    Example: streamtrack tail --state confirmed --tracker Cancellation
    """

    async def follow() -> None:
        async for received in subscribe(
            url,
            conversation=conversation or (),
            tracker=tracker or (),
            speaker=speaker or (),
            state=state or (),
            utterances=utterances,
            give_up_s=patience,
        ):
            _show(received, json)

    with told_plainly():
        asyncio.run(follow())


def _show(received: Received, json: bool) -> None:
    if json:
        print(encode(received.message, received.position), flush=True)
        return
    match received.message:
        case Match() as match:
            out.print(line_of(match))
        case UtteranceEnded() as said:
            who = said.speaker.role or said.speaker.id if said.speaker else "?"
            out.print(f"[dim]{escape(said.conversation_id)}  {escape(who)}: {escape(said.text)}[/dim]")
        case ConversationStarted(conversation_id=name):
            out.print(f"[bold]{escape(name)}[/bold] started")
        case ConversationEnded(conversation_id=name, reason=reason):
            out.print(f"[bold]{escape(name)}[/bold] ended ({reason})")
        case Subscribed(recovered=False):
            out.print("[red]some events were missed for good[/red]")
        case _:
            pass


def line_of(match: Match) -> str:
    """One line about a match, in console markup."""
    before, after = match.text[: match.span.start], match.text[match.span.end :]
    text = f"{escape(before)}[reverse]{escape(match.quote)}[/reverse]{escape(after)}"
    colour = COLOURS[match.state]
    why = f" ({match.reason})" if match.reason else ""
    return (
        f"[bold]{escape(match.conversation_id)}[/bold]  [{colour}]{match.state:<9}[/{colour}]  "
        f"[bold]{escape(match.tracker.name)}[/bold] {match.score:.2f}  {text}  "
        f"[dim]like “{escape(match.sample)}”, {match.timings_ms.total:.1f} ms{why}[/dim]"
    )

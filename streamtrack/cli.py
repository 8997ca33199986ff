"""The command line."""

from __future__ import annotations

import typer

from streamtrack.commands.demo import demo_command
from streamtrack.commands.models import models_app
from streamtrack.commands.replay import replay_command
from streamtrack.commands.serve import serve_command
from streamtrack.commands.tail import tail_command

app = typer.Typer(
    name="streamtrack",
    help="Listens to live conversations as text and says when something that matters is being said.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)
app.command("serve")(serve_command)
app.command("demo")(demo_command)
app.command("replay")(replay_command)
app.command("tail")(tail_command)
app.add_typer(models_app, name="models")


def main() -> None:
    """Entry point of the ``streamtrack`` command."""
    app()

"""``streamtrack serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streamtrack.app import Server, serve
from streamtrack.commands.console import Json, out, print_json, settings, told_plainly


def serve_command(
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 by default.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 8765 by default, 0 takes a free one.")] = None,
    trackers: Annotated[
        list[str] | None,
        typer.Option(help="Tracker file, YAML or JSON; `library` is the pre-built ones. Repeatable.", metavar="FILE"),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder for what the server writes.")] = None,
    json: Json = False,
) -> None:
    """Serve until interrupted; prints one line when ready.

    Example: streamtrack serve --trackers library --trackers mine.yaml
    """
    with told_plainly():
        chosen = settings(host=host, port=port, trackers=",".join(trackers) if trackers else None, data=data)
        serve(chosen, ready=lambda server: _announce(server, json))


def _announce(server: Server, json: bool) -> None:
    if json:
        print_json({"event": "ready", "url": server.address, "trackers": server.tracker_count})
    else:
        out.print(f"StreamTrack is ready at {server.address} with {server.tracker_count} trackers; Ctrl-C stops it.")

"""What every command shares: the two consoles, JSON lines, exit codes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from streamtrack.client import Refused
from streamtrack.errors import InvalidInput, InvalidSetting, ModelError, StreamtrackError, alone
from streamtrack.settings import Settings

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line, instead of a table.")]
Url = Annotated[str, typer.Option(help="Address of the server.", metavar="URL")]
Patience = Annotated[float, typer.Option(help="Seconds after which an unreachable server is given up.", min=0)]
DEFAULT_URL = "ws://127.0.0.1:8765"


class Exit(IntEnum):
    """Exit codes of the commands; ``docs/operations.md`` lists them. 2 is wrong usage, 130 an interrupt."""

    OK = 0
    FAILED = 1
    INVALID = 3
    MODEL = 4
    UNREACHABLE = 5
    LOST = 6


def settings(**given: object) -> Settings:
    """The settings of the environment, overlaid with the options that were given."""
    return Settings.from_env(os.environ).overlaid(**given)


def print_json(value: Any) -> None:
    """One JSON object on one line of standard output."""
    print(orjson.dumps(value, default=_plain).decode(), flush=True)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    return str(value)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn errors that a person can mend into one line on standard error and an exit code."""
    try:
        yield
    except (StreamtrackError, BaseExceptionGroup) as raised:
        error = alone(raised)
        if not isinstance(error, StreamtrackError):
            raise
        err.print(f"[red]error[/red] {escape(str(error))}")
        raise typer.Exit(_code(error)) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _code(error: StreamtrackError) -> Exit:
    for kind, code in ((ModelError, Exit.MODEL), (Refused, Exit.UNREACHABLE)):
        if isinstance(error, kind):
            return code
    return Exit.INVALID if isinstance(error, InvalidInput | InvalidSetting) else Exit.FAILED

"""``streamtrack models``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from streamtrack.commands.console import Exit, Json, err, out, print_json, told_plainly
from streamtrack.encoding.golden import verify
from streamtrack.encoding.models import DEFAULT_MODEL, Model, build, find_model, list_models, pull

models_app = typer.Typer(help="The sentence encoders: list, pull, build, verify.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of a model, or a folder with a manifest.", metavar="MODEL")]
Source = Annotated[
    Path | None, typer.Option("--from", help="Folder that holds the weights and the tokenizer already.", metavar="DIR")
]
Data = Annotated[Path | None, typer.Option(help="Folder for what the program writes; models go under models/.")]


@models_app.command("list")
def list_command(data: Data = None, json: Json = False) -> None:
    """List the models and what of them is here.

    Example: streamtrack models list --json
    """
    with told_plainly():
        models = list_models(_cache(data))
    if json:
        for model in models:
            print_json(_row(model))
        return
    table = Table("model", "dimensions", "licence", "weights", "graph")
    for model in models:
        row = _row(model)
        table.add_row(*(str(row[name]) for name in ("name", "dim", "licence", "weights", "graph")))
    out.print(table)


@models_app.command("pull")
def pull_command(name: Name = DEFAULT_MODEL, source: Source = None, data: Data = None, json: Json = False) -> None:
    """Fetch the weights and the tokenizer, and check their hashes.

    Example: streamtrack models pull --from ./all-MiniLM-L6-v2
    """
    with told_plainly():
        model = find_model(name, _cache(data))
        pull(model, local=source, progress=not json)
    _done(json, model, f"{model.manifest.name}: weights and tokenizer are in {model.cache}")


@models_app.command("build")
def build_command(name: Name = DEFAULT_MODEL, source: Source = None, data: Data = None, json: Json = False) -> None:
    """Build the graph from the weights, fetching them if need be; does nothing when it is built.

    Example: streamtrack models build
    """
    with told_plainly():
        model = find_model(name, _cache(data))
        path = build(model, local=source, progress=not json)
    _done(json, model, f"{model.manifest.name}: the graph is {path}")


@models_app.command("verify")
def verify_command(name: Name = DEFAULT_MODEL, data: Data = None, json: Json = False) -> None:
    """Check every hash, and that the encoder gives the golden vectors. Exit code 4 when it does not.

    Example: streamtrack models verify
    """
    with told_plainly():
        model = find_model(name, _cache(data))
        checks = verify(model)
    for check in checks:
        if json:
            print_json({"what": check.what, "passed": check.passed, "found": check.found})
        else:
            out.print(f"{'[green]ok[/green]    ' if check.passed else '[red]failed[/red]'} {check.what}: {check.found}")
    if not all(check.passed for check in checks):
        err.print(
            f"[red]error[/red] {model.manifest.name} is not what it should be; delete {model.cache} and build anew"
        )
        raise typer.Exit(Exit.MODEL)


def _cache(data: Path | None) -> Path | None:
    return None if data is None else data / "models"


def _row(model: Model) -> dict[str, object]:
    return {
        "name": model.manifest.name,
        "dim": model.manifest.dim,
        "licence": model.manifest.licence,
        "weights": "here" if model.pulled else "not fetched",
        "graph": "built" if model.built else "not built",
    }


def _done(json: bool, model: Model, line: str) -> None:
    if json:
        print_json(_row(model))
    else:
        out.print(line)

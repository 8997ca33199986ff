"""The documents name everything a user can meet: settings, commands, routes, messages, fields, codes, metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import typer
from prometheus_client.metrics import MetricWrapperBase

from streamtrack import errors
from streamtrack.app import FRAME_CEILING
from streamtrack.cli import app
from streamtrack.core.filters import FIELDS
from streamtrack.core.messages import SpeakerGiven, TrackerChoice, WordGiven
from streamtrack.core.wire import CLIENT_TYPES, SERVER_TYPES
from streamtrack.runtime.metrics import Metrics
from streamtrack.server.readiness import Readiness
from streamtrack.settings import Settings
from streamtrack.types import SENSITIVITY_PER_HOUR, Kind, State, Timings

ROOT = Path(__file__).parent.parent
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def error_classes(
    root: type[errors.StreamtrackError] = errors.StreamtrackError,
) -> Iterator[type[errors.StreamtrackError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from error_classes(child)


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_is_documented_with_its_default(setting: object) -> None:
    row = re.search(rf"^\| `{setting.name}` \| (.*?) \|", OPERATIONS, re.MULTILINE)  # type: ignore[attr-defined]
    assert row is not None
    default = setting.default  # type: ignore[attr-defined]
    expected = "none" if default is None else f"`{default:g}`" if isinstance(default, float) else f"`{default}`"
    assert row[1].strip() == expected


def code_of(cls: type[errors.StreamtrackError]) -> str:
    return cls.code


ERRORS: list[type[errors.StreamtrackError]] = sorted(error_classes(), key=code_of)


def commands() -> list[str]:
    group = typer.main.get_command(app)
    found = []
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found += [f"streamtrack {name} {one}" for one in inner] if inner else [f"streamtrack {name}"]
    return found


@pytest.mark.parametrize("command", commands())
def test_every_command_is_documented(command: str) -> None:
    assert f"| `{command}" in OPERATIONS


@pytest.mark.parametrize("name", [*CLIENT_TYPES, *SERVER_TYPES])
def test_every_message_is_documented(name: str) -> None:
    assert f"**`{name}`**" in PROTOCOL


@pytest.mark.parametrize(
    "cls", [*CLIENT_TYPES.values(), *SERVER_TYPES.values(), SpeakerGiven, TrackerChoice, WordGiven, Timings]
)
def test_every_field_of_a_message_is_documented(cls: type) -> None:
    assert is_dataclass(cls)
    named = set(re.findall(r"[`\"](\w+)[`\"]", PROTOCOL))
    assert {one.name for one in fields(cls)} - named == set()


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_an_events_address_is_documented(field: str) -> None:
    assert f"`{field}`" in PROTOCOL


WIRE_SILENT = {
    "invalid_input",
    "invalid_tracker_file",
    "invalid_conversation_file",
    "model_error",
    "invalid_setting",
    "unrecoverable",
}
"""Codes that are told on the command line, where the message is what counts, and never on a socket."""


@pytest.mark.parametrize("cls", ERRORS, ids=code_of)
def test_every_error_code_is_documented_with_what_to_do(cls: type[errors.StreamtrackError]) -> None:
    if cls.code in WIRE_SILENT:
        assert cls.close_code is None
        return
    row = re.search(rf"^\| `{cls.code}` \| (yes|no) \|", PROTOCOL, re.MULTILINE)
    assert row is not None
    assert row[1] == ("yes" if cls.retryable else "no")


@pytest.mark.parametrize(
    "code", sorted({cls.close_code for cls in error_classes() if cls.close_code} | {1000, 1007, 1009, 1011})
)
def test_every_close_code_is_documented(code: int) -> None:
    assert f"\n| {code} |" in PROTOCOL


def test_the_range_of_a_close_code_says_what_its_error_says() -> None:
    for cls in error_classes():
        if cls.close_code is not None and cls.close_code >= 4000:
            assert cls.retryable == (cls.close_code < 4500), cls.__name__


def test_every_metric_is_documented() -> None:
    instruments = [one for one in vars(Metrics()).values() if isinstance(one, MetricWrapperBase)]
    assert len(instruments) > 10
    for instrument in instruments:
        name = f"{instrument._name}_total" if instrument._type == "counter" else instrument._name
        assert f"| `{name}` | {instrument._type}" in OPERATIONS


@pytest.mark.parametrize(
    "route", ["/v1/stream/", "/v1/events", "GET /healthz", "GET /readyz", "GET /metrics", "GET /openapi.json"]
)
def test_every_route_is_documented(route: str) -> None:
    assert route in PROTOCOL


def test_words_of_the_protocol_are_documented() -> None:
    for word in (*State, *Kind, "earliest", "stable", "abandoned", "shutdown", "not_in_final", "empty_final"):
        assert f"`{word}`" in PROTOCOL
    for word in SENSITIVITY_PER_HOUR:
        assert word in OPERATIONS
    assert Readiness().status in PROTOCOL
    assert FRAME_CEILING == 2**20 and "above 1 MiB" in PROTOCOL

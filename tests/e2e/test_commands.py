"""The commands as a person runs them: in a process of their own, with the real encoder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from streamtrack.library.calls import sample_calls

pytestmark = pytest.mark.slow
STREAMTRACK = [sys.executable, "-m", "streamtrack"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*STREAMTRACK, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "COLUMNS": "200", **environment},
    )


@contextmanager
def served(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [*STREAMTRACK, "serve", "--port", "0", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        ready: dict[str, Any] = json.loads(process.stdout.readline())
        try:
            yield ready["url"].replace("http", "ws"), process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)


@pytest.fixture(scope="module")
def calls_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample calls as one conversation file."""
    file = tmp_path_factory.mktemp("calls") / "calls.jsonl"
    file.write_text(
        "".join(
            json.dumps(
                {
                    "conversation_id": call.conversation_id,
                    "turn": turn.number,
                    "role": turn.role,
                    "text": turn.text,
                    "start_s": turn.start_s,
                    "end_s": turn.end_s,
                }
            )
            + "\n"
            for call in sample_calls()
            for turn in call.turns
        ),
        encoding="utf-8",
    )
    return file


def test_the_demo_shows_the_call_with_its_matches_and_exits_well() -> None:
    done = run("demo", "--speed", "200")
    assert done.returncode == 0, done.stderr
    assert "Found in this call" in done.stdout
    assert "customer" in done.stdout
    assert "like “" in done.stdout
    assert ", 0 lost" in done.stdout


def test_the_demo_speaks_json() -> None:
    done = run("demo", "--call", "banking-dispute", "--speed", "200", "--json")
    assert done.returncode == 0, done.stderr
    frames = [json.loads(line) for line in done.stdout.splitlines()]
    assert frames[0]["type"] == "started"
    assert {frame["state"] for frame in frames if frame["type"] == "match"} >= {"tentative", "confirmed"}
    assert frames[-1]["type"] == "summary"
    assert frames[-1]["finals_lost"] == 0


def test_a_replay_loses_no_final_and_prints_latencies(calls_file: Path) -> None:
    with served() as (url, _):
        done = run("replay", str(calls_file), "--url", url, "--speed", "100", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["conversations"] == len(sample_calls())
    assert figures["finals"] == sum(len(call.turns) for call in sample_calls())
    assert figures["finals_lost"] == 0
    assert figures["errors"] == {}
    assert figures["matches"]["confirmed"] > 10
    assert figures["final_ms"]["p99"] >= figures["final_ms"]["p50"] > 0


def test_more_calls_than_the_file_holds_repeat_it(calls_file: Path) -> None:
    with served() as (url, _):
        done = run("replay", str(calls_file), "--url", url, "--speed", "500", "--calls", "8", "--no-interims")
    assert done.returncode == 0, done.stderr
    assert "8 conversations" in done.stdout
    assert "0 lost; 0 interims" in done.stdout


def test_tail_prints_events_as_json(calls_file: Path) -> None:
    with served() as (url, _):
        command = [*STREAMTRACK, "tail", "--url", url, "--json", "--state", "confirmed"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tail:
            assert tail.stdout is not None
            assert json.loads(tail.stdout.readline())["type"] == "subscribed"
            run("replay", str(calls_file), "--url", url, "--speed", "500", "--calls", "1")
            kinds = set()
            while "conversation_ended" not in kinds:
                frame = json.loads(tail.stdout.readline())
                kinds.add(frame["type"])
            tail.send_signal(signal.SIGINT)
            assert tail.wait(timeout=10) == 130
    assert kinds == {"conversation_started", "match", "conversation_ended"}


def test_serve_says_when_it_is_ready_and_stops_on_a_signal() -> None:
    with served() as (url, process):
        assert url.startswith("ws://127.0.0.1:")
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("serve", "--trackers", "nowhere.yaml"), 3, "nowhere.yaml"),
        (("serve", "--host", "not-an-address"), 3, "cannot listen on not-an-address"),
        (("replay", "nowhere.jsonl"), 3, "nowhere.jsonl"),
        (("demo", "--call", "nothing"), 3, "'nothing' is not one of banking-dispute"),
        (("models", "verify", "nothing"), 4, "no model 'nothing'"),
        (("tail", "--url", "here"), 5, "'here' is no address of a server"),
        (("shout",), 2, "No such command"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(arguments: tuple[str, ...], code: int, message: str) -> None:
    done = run(*arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_setting_is_an_error() -> None:
    done = run("serve", STREAMTRACK_PROT="1")
    assert done.returncode == 3
    assert "STREAMTRACK_PROT is no setting" in done.stderr


def test_a_server_that_is_not_there_is_said() -> None:
    done = run("tail", "--url", "http://127.0.0.1:1", "--patience", "0.3")
    assert done.returncode == 5
    assert "127.0.0.1:1" in done.stderr


def test_the_model_is_listed_and_verified() -> None:
    listed = run("models", "list", "--json")
    assert json.loads(listed.stdout.splitlines()[0])["graph"] == "built"
    verified = run("models", "verify", "--json")
    assert verified.returncode == 0, verified.stderr
    assert all(json.loads(line)["passed"] for line in verified.stdout.splitlines())


@pytest.mark.parametrize("command", ["serve", "demo", "replay", "tail", "models list", "models build", "models verify"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = run(*command.split(), "--help")
    assert done.returncode == 0
    assert f"Example: streamtrack {command}" in " ".join(done.stdout.split())

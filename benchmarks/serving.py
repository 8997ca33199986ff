"""A server in a process of its own, as its users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from streamtrack.types import Tracker


@contextmanager
def server(trackers: Sequence[Tracker]) -> Iterator[tuple[str, int]]:
    """Start a server with these trackers; give its WebSocket address and process id, and stop it afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trackers.json"
        definitions = [
            {
                "id": one.id,
                "name": one.name,
                "vocabulary": one.vocabulary,
                "exclude": one.exclude,
                "speakers": one.speakers,
            }
            for one in trackers
        ]
        file.write_text(json.dumps(definitions), encoding="utf-8")
        command = [sys.executable, "-m", "streamtrack", "serve", "--port", "0", "--trackers", str(file), "--json"]
        environment = {**os.environ, "STREAMTRACK_LOG_LEVEL": "error"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            try:
                assert process.stdout is not None
                ready = json.loads(process.stdout.readline())
                yield ready["url"].replace("http", "ws", 1), process.pid
            finally:
                process.terminate()
                process.wait(timeout=30)


def resident_mib(pid: int) -> float:
    """Memory of a process, in MiB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def cpu_seconds(pid: int) -> float:
    """CPU time a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

"""What a benchmark prints and writes: a table for people, JSON with commit and machine for machines."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
LIBRARIES = ("onnxruntime", "faiss-cpu", "numpy", "tokenizers", "uvicorn", "websockets")

Row = Mapping[str, str | float | int]

console = Console(highlight=False, width=140)


def commit() -> str:
    """The commit that was measured; ``+`` marks uncommitted changes."""
    name = _git("rev-parse", "--short", "HEAD")
    return name + ("+" if _git("status", "--porcelain", "--", "streamtrack", "models") else "")


def machine() -> dict[str, str | int]:
    """What it was measured on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def publish(name: str, question: str, rows: Sequence[Row], **facts: str | float | int) -> None:
    """Print the rows as a table and write them to ``benchmarks/results/<name>.json``."""
    table = Table(*rows[0], title=question, title_justify="left")
    for row in rows:
        table.add_row(*(f"{value:,.2f}" if isinstance(value, float) else str(value) for value in row.values()))
    console.print(table)
    for fact, value in facts.items():
        console.print(f"  {fact.replace('_', ' ')}: {value}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    record = {
        "name": name,
        "question": question,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        **facts,
        "rows": rows,
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()

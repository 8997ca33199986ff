from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SEES_NO_TELEMETRY = """
import streamtrack.encoding.onnx_encoder, onnxruntime
options = onnxruntime.SessionOptions()
print(onnxruntime.__version__)
"""


def files_left(code: str, home: Path) -> list[str]:
    """What a process that runs this code leaves in its home; continuous integration silences onnxruntime by itself."""
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**environment, "HOME": str(home)}, capture_output=True, text=True, check=True
    )
    assert done.stdout
    return [path.name for path in home.rglob("*") if path.is_file()]


def test_onnxruntime_is_kept_from_reporting_to_its_maker(tmp_path: Path) -> None:
    assert files_left(SEES_NO_TELEMETRY, tmp_path) == []

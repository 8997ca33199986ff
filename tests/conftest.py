"""Fixtures for the whole suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers import Serve, starter


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Start a server over the public doubles, with some settings of one's own."""
    return starter(tmp_path)

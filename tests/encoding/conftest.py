"""The shipped model, built once for all tests that need it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from streamtrack.encoding import open_encoder
from streamtrack.encoding.onnx_encoder import OnnxEncoder


@pytest.fixture(scope="session")
def encoder() -> Iterator[OnnxEncoder]:
    """The default model in int8."""
    with open_encoder(progress=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def fp32_encoder() -> Iterator[OnnxEncoder]:
    """The default model in fp32."""
    with open_encoder(precision="fp32", progress=False) as opened:
        yield opened

"""Provision and build sentence encoders, and run them on onnxruntime.

The models this installation knows are listed, pulled, built and opened by ``models``, and verified by ``golden``.
"""

import os

# onnxruntime reports to its maker from 1.29 on, on Linux too, unless it finds this when it is loaded. Nothing that
# this program hears may leave the machine, so it is set before any module of this package can load it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from streamtrack.encoding.models import open_encoder

__all__ = ["open_encoder"]

"""Provision and build sentence encoders, and run them on onnxruntime.

The models this installation knows are listed, pulled, built and opened by ``models``, and verified by ``golden``.
"""

from streamtrack.encoding.models import open_encoder

__all__ = ["open_encoder"]

"""Immutable indexes over the rows of trackers, on FAISS."""

from streamtrack.index.background import read_background
from streamtrack.index.factory import SnapshotFactory

__all__ = ["SnapshotFactory", "read_background"]

"""Files on disk: their hash, and writing them whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; FileNotFoundError where there is none."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def holds(path: Path, digest: str) -> bool:
    """Whether the file is there and has this SHA-256."""
    return path.is_file() and sha256(path) == digest


@contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """A temporary folder inside ``folder``, so that what is made there can be moved into place by a rename.

    Two processes that make the same file at once both succeed: each has a workshop of its own, and the later
    rename replaces equal bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as made:
        yield Path(made)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    with workshop(path.parent) as made:
        draft = made / path.name
        draft.write_bytes(content)
        os.replace(draft, path)

"""Trackers that ship with the package, in families; one YAML file under ``trackers/`` is one family."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from streamtrack.library.files import parse_trackers
from streamtrack.types import Tracker

ID_PREFIX = "library:"
"""How the id of every pre-built tracker begins; the rest never changes once published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Trackers for one purpose, which are usually wanted together."""

    name: str
    trackers: tuple[Tracker, ...]


@cache
def families() -> tuple[Family, ...]:
    """The pre-built trackers by family, in alphabetical order of the families."""
    folder = resources.files("streamtrack.library") / "trackers"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return tuple(
        Family(
            name=file.name.removesuffix(".yaml"),
            trackers=tuple(
                definition.tracker(id=f"{ID_PREFIX}{definition.id}")
                for definition in parse_trackers(file.read_text(encoding="utf-8"), source=file.name)
            ),
        )
        for file in files
    )


def prebuilt_trackers() -> tuple[Tracker, ...]:
    """Every pre-built tracker, family by family."""
    return tuple(tracker for family in families() for tracker in family.trackers)

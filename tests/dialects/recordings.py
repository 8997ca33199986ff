"""The fixture streams, and what a dialect makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from streamtrack.core.messages import ClientMessage, FragmentMessage
from streamtrack.dialects import open_dialect

FIXTURES = Path(__file__).parent / "fixtures"

Said = tuple[str, str, bool, object]
"""Utterance, text, whether final, and speaker."""


def recording(name: str) -> list[object]:
    """The messages of a vendor's fixture stream, in order."""
    return [json.loads(line) for line in (FIXTURES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def read(name: str, frames: Iterable[object]) -> list[ClientMessage]:
    """What one connection says in our words."""
    dialect = open_dialect(name, "here")
    return [message for frame in frames for message in dialect.read(frame)]


def fragments(messages: Iterable[ClientMessage]) -> list[FragmentMessage]:
    """The fragments among messages."""
    return [message for message in messages if isinstance(message, FragmentMessage)]


def said(messages: Iterable[ClientMessage]) -> list[Said]:
    """Who said what in which utterance, without the times."""
    return [(one.utterance_id, one.text, one.final, one.speaker) for one in fragments(messages)]

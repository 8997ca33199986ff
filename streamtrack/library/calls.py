"""Sample calls that ship with the package: telephone speech written for it, with the matches a listener would mark."""

from __future__ import annotations

from functools import cache
from importlib import resources

from streamtrack.library.conversations import Conversation, parse_conversations


@cache
def sample_calls() -> tuple[Conversation, ...]:
    """Every sample call, by id in alphabetical order."""
    folder = resources.files("streamtrack.library") / "calls"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".jsonl")), key=lambda file: file.name)
    return tuple(
        call
        for file in files
        for call in parse_conversations(file.read_text(encoding="utf-8").split("\n"), source=file.name)
    )


def sample_call(conversation_id: str) -> Conversation:
    """The sample call of this id; KeyError, naming those there are, for another."""
    calls = {call.conversation_id: call for call in sample_calls()}
    try:
        return calls[conversation_id]
    except KeyError:
        raise KeyError(f"no sample call {conversation_id!r}; there are {', '.join(calls)}") from None

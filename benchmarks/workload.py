"""What the benchmarks work on: real conversations where they are at hand, the sample calls otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from streamtrack.library.calls import sample_calls
from streamtrack.library.conversations import Conversation, read_conversations
from streamtrack.library.prebuilt import prebuilt_trackers
from streamtrack.types import Tracker

EVALDATA = Path(__file__).parent.parent.parent / "shared" / "evaldata"
SAMPLES_EACH = 6


def conversations() -> tuple[str, tuple[Conversation, ...]]:
    """The name of the set and its conversations."""
    real = EVALDATA / "streams" / "primock57.jsonl"
    return ("primock57", read_conversations(real)) if real.exists() else ("sample calls", sample_calls())


def texts() -> list[str]:
    """Every turn, in order."""
    return [turn.text for one in conversations()[1] for turn in one.turns]


def trackers(count: int) -> tuple[Tracker, ...]:
    """The pre-built trackers, and as many more as it takes, each of a few turns that follow each other in a call."""
    turns = [turn.text for call in sample_calls() for turn in call.turns if len(turn.text.split()) >= 4]
    made = [
        Tracker(id=f"made:{number}", name=f"Made {number}", vocabulary=_some(turns, number)) for number in range(count)
    ]
    return (*prebuilt_trackers(), *made)[:count]


def _some(turns: Sequence[str], number: int) -> tuple[str, ...]:
    """A few distinct turns; the stride makes every tracker another mixture."""
    stride = 1 + number // len(turns)
    picked = [turns[(number * SAMPLES_EACH + place * stride) % len(turns)] for place in range(SAMPLES_EACH)]
    return tuple(dict.fromkeys(text[:300] for text in picked))

"""Pre-built trackers and sample calls, as data, and the readers of tracker and conversation files."""

from streamtrack.library.calls import sample_call, sample_calls
from streamtrack.library.conversations import Conversation, Expectation, Turn, read_conversations
from streamtrack.library.files import load_trackers
from streamtrack.library.prebuilt import Family, families, prebuilt_trackers

__all__ = [
    "Conversation",
    "Expectation",
    "Family",
    "Turn",
    "families",
    "load_trackers",
    "prebuilt_trackers",
    "read_conversations",
    "sample_call",
    "sample_calls",
]

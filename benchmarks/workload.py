"""What the benchmarks work on: real conversations where they are at hand, the sample calls otherwise."""

from __future__ import annotations

from pathlib import Path

from streamtrack.library.calls import sample_calls
from streamtrack.library.conversations import Conversation, read_conversations
from streamtrack.library.prebuilt import prebuilt_trackers
from streamtrack.types import Tracker

EVALDATA = Path(__file__).parent.parent.parent / "shared" / "evaldata"

THINGS = (
    "parcel router invoice boiler policy passport subscription flight hotel mortgage prescription laptop contract "
    "refund voucher kitchen sofa tyre licence deposit pension broadband ticket appointment voicemail tariff meter "
    "claim warranty battery password statement mattress fridge visa scooter helmet camera printer keyboard garden roof "
    "fence lawnmower wallet bracelet membership gym tutor lesson recipe vaccine dentist lawyer landlord tenancy fare "
    "bicycle engine windscreen trailer caravan ferry cruise museum concert festival shipment warehouse pallet crate"
).split()

WISHES = {
    "lost": ("I lost my {}", "I can't find my {}", "my {} has gone missing", "the {} isn't where I left it"),
    "broken": ("my {} is broken", "the {} stopped working", "there's a fault with the {}", "the {} won't work"),
    "price": ("how much is the {}", "what does a {} cost", "what's the price of the {}", "is the {} expensive"),
    "buy": ("I'd like to buy a {}", "can I order a {}", "we need a new {}", "put me down for a {}"),
    "change": ("I want to change my {}", "can I swap the {}", "I need another {}", "switch my {} to a different one"),
    "late": ("my {} is late", "the {} hasn't come yet", "I'm still waiting for the {}", "the {} is overdue"),
    "cancel": ("cancel my {}", "I don't want the {} any more", "please stop the {}", "I'm giving up the {}"),
    "help": ("I need help with my {}", "can you explain the {}", "I don't understand the {}", "what about my {}"),
    "praise": ("the {} is wonderful", "I love my {}", "very happy with the {}", "the {} was great"),
    "insure": ("is my {} insured", "I want cover for the {}", "does the policy include my {}", "insure the {}"),
    "repair": ("can you repair my {}", "send someone to fix the {}", "book a repair of the {}", "mend my {}"),
    "lend": ("can I borrow a {}", "lend me a {}", "is there a spare {}", "I need a {} for a few days"),
    "sell": ("I want to sell my {}", "do you take an old {}", "what would you give me for the {}", "buy my {} from me"),
    "renew": ("renew my {}", "my {} runs out soon", "extend the {}", "when does the {} expire"),
}


def conversations() -> tuple[str, tuple[Conversation, ...]]:
    """The name of the set and its conversations."""
    real = EVALDATA / "streams" / "primock57.jsonl"
    return ("primock57", read_conversations(real)) if real.exists() else ("sample calls", sample_calls())


def texts() -> list[str]:
    """Every turn, in order."""
    return [turn.text for one in conversations()[1] for turn in one.turns]


def trackers(count: int) -> tuple[Tracker, ...]:
    """The pre-built trackers, and as many more as it takes, each one wish about one thing in several wordings."""
    made = [
        Tracker(
            id=f"made:{wish}:{thing}",
            name=f"{wish} {thing}",
            vocabulary=tuple(wording.format(thing) for wording in wordings),
        )
        for wish, wordings in WISHES.items()
        for thing in THINGS
    ]
    found = (*prebuilt_trackers(), *made)
    if count > len(found):
        raise ValueError(f"count: {count} is above {len(found)}, the trackers there are")
    return found[:count]

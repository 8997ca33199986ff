from __future__ import annotations

from dataclasses import replace

import pytest

from streamtrack.core.filters import EventFilter, read_wish
from streamtrack.core.messages import ConversationStarted, UtteranceEnded
from streamtrack.errors import InvalidRequest
from streamtrack.types import Position, Speaker, State
from tests.core.test_wire import MATCH

SAID = UtteranceEnded(
    conversation_id="c",
    utterance_id="u",
    speaker=Speaker(id="a", role="agent"),
    text="x",
    start_s=None,
    end_s=None,
    revision=1,
)


def passes(query: str, event: object) -> bool:
    pairs = [tuple(part.split("=")) for part in query.split("&")] if query else []
    return read_wish(pairs).filter(event)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", True),
        ("conversation=c", True),
        ("conversation=d", False),
        ("conversation=d&conversation=[a-z]", True),
        ("tracker=Budget", True),
        ("tracker=t", True),
        ("tracker=budget", False),
        ("speaker=agent", True),
        ("speaker=a", True),
        ("speaker=customer", False),
        ("state=retracted", True),
        ("state=confirmed&state=tentative", False),
        ("tracker=Budget&speaker=customer", False),
    ],
)
def test_a_match_passes_when_every_field_lets_it(query: str, expected: bool) -> None:
    assert passes(query, MATCH) is expected


def test_a_match_without_a_speaker_passes_no_speaker_filter() -> None:
    assert not EventFilter(speakers=frozenset({"agent"}))(replace(MATCH, speaker=None))


def test_utterances_pass_only_when_asked_for() -> None:
    assert not passes("", SAID)
    assert passes("utterances=true", SAID)
    assert not passes("utterances=true&speaker=customer", SAID)


def test_starts_and_ends_pass_whatever_the_match_filters_say() -> None:
    event = ConversationStarted(conversation_id="c")
    assert passes("state=confirmed&tracker=x", event)
    assert not passes("conversation=d", event)


def test_a_position_is_read_as_a_pair() -> None:
    wish = read_wish([("epoch", "e"), ("offset", "12")])
    assert (wish.seen, wish.filter) == (Position("e", 12), EventFilter())
    assert read_wish([("state", "confirmed")]).filter.states == {State.CONFIRMED}


@pytest.mark.parametrize(
    "pairs", [[("epoch", "e")], [("offset", "1")], [("epoch", "e"), ("offset", "1"), ("offset", "2")]]
)
def test_half_a_position_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidRequest, match="epoch, offset: give both"):
        read_wish(pairs)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtrack.core.history import History
from streamtrack.errors import Unrecoverable
from streamtrack.types import Position


def filled(count: int, limit: int = 100) -> History[int]:
    history: History[int] = History("e", limit)
    for number in range(1, count + 1):
        history.publish(number)
    return history


def test_offsets_begin_at_one_and_have_no_gaps() -> None:
    history: History[str] = History("e", 10)
    assert [history.publish(event).offset for event in "abc"] == [1, 2, 3]
    assert history.top == Position("e", 3)


def test_a_reader_who_has_seen_everything_misses_nothing() -> None:
    assert filled(3).since(Position("e", 3)) == []


@given(st.integers(0, 40), st.integers(1, 20), st.integers(0, 45))
def test_a_gap_is_filled_whole_or_not_at_all(published: int, limit: int, seen: int) -> None:
    history = filled(published, limit)
    if seen > published or published - seen > limit:
        with pytest.raises(Unrecoverable):
            history.since(Position("e", seen))
    else:
        assert [one.event for one in history.since(Position("e", seen))] == list(range(seen + 1, published + 1))


def test_another_epoch_is_unrecoverable_even_with_the_same_offset() -> None:
    with pytest.raises(Unrecoverable, match="epoch 'other'"):
        filled(3).since(Position("other", 3))


def test_a_history_needs_room_for_one() -> None:
    with pytest.raises(ValueError, match="limit: 0"):
        History("e", 0)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtrack.core.batching import Backlog, Urgency, Waiting, expected_tokens
from streamtrack.errors import Overloaded


def waiting(key: str, urgency: Urgency = Urgency.INTERIM, tokens: int = 10, job: str | None = None) -> Waiting[str]:
    return Waiting(key, urgency, tokens, job or key)


def filled(*texts: Waiting[str], limit: int = 100) -> Backlog[str]:
    backlog: Backlog[str] = Backlog(limit)
    for one in texts:
        backlog.put(one)
    return backlog


def test_texts_leave_in_order_of_arrival_within_the_budget() -> None:
    backlog = filled(waiting("a"), waiting("b"), waiting("c"))
    assert backlog.take(20) == ["a", "b"]
    assert backlog.take(20) == ["c"]
    assert backlog.take(20) == []


def test_finals_go_first_and_alone() -> None:
    backlog = filled(waiting("i"), waiting("f", Urgency.FINAL), waiting("s", Urgency.STABLE))
    assert backlog.take(1000) == ["f"]
    assert backlog.take(1000) == ["s", "i"]


def test_a_text_above_the_budget_goes_alone() -> None:
    backlog = filled(waiting("long", tokens=500), waiting("short"))
    assert backlog.take(100) == ["long"]


def test_a_newer_interim_replaces_the_waiting_one_in_its_place() -> None:
    backlog = filled(waiting("a", job="old"), waiting("b"))
    assert backlog.put(waiting("a", job="new")) == "old"
    assert backlog.take(1000) == ["new", "b"]


def test_a_final_replaces_the_waiting_interim() -> None:
    backlog = filled(waiting("a", job="interim"), waiting("b"))
    assert backlog.put(waiting("a", Urgency.FINAL, job="final")) == "interim"
    assert backlog.take(1000) == ["final"]
    assert backlog.take(1000) == ["b"]


def test_a_full_backlog_refuses_interims_and_never_finals() -> None:
    backlog = filled(waiting("a"), waiting("b"), limit=2)
    with pytest.raises(Overloaded, match="2 texts waiting, limit 2"):
        backlog.put(waiting("c"))
    assert backlog.put(waiting("a", job="newer")) == "a"
    assert backlog.put(waiting("c", Urgency.FINAL)) is None
    assert not backlog.has_room
    assert len(backlog) == 3


def test_a_discarded_text_is_not_taken() -> None:
    backlog = filled(waiting("a"), waiting("b"))
    assert backlog.discard("a") == "a"
    assert backlog.discard("a") is None
    assert backlog.take(100) == ["b"]


def test_a_longer_text_is_expected_to_cost_more() -> None:
    assert 0 < expected_tokens("") < expected_tokens("a few words") < expected_tokens("a few words" * 10)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(list(Urgency)), st.integers(1, 50)), max_size=30),
    st.integers(1, 100),
)
def test_every_key_leaves_once_with_its_newest_text(puts: list[tuple[int, Urgency, int]], budget: int) -> None:
    backlog: Backlog[tuple[int, int]] = Backlog(100)
    newest: dict[int, int] = {}
    for number, (key, urgency, tokens) in enumerate(puts):
        backlog.put(Waiting(key, urgency, tokens, (key, number)))
        newest[key] = number
    taken: list[tuple[int, int]] = []
    while batch := backlog.take(budget):
        taken += batch
    assert sorted(taken) == sorted(newest.items())
    assert len(backlog) == 0

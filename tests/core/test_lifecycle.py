from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamtrack.core.lifecycle import EMPTY_FINAL, NOT_IN_FINAL, Lifecycle
from streamtrack.core.transcript import Transcript, Utterance
from streamtrack.types import Fragment, Hit, Kind, Span, State, Tracker

BUDGET = Tracker(id="t1", name="Budget", vocabulary=("I ran out of budget",), version=3)
CANCEL = Tracker(id="t2", name="Cancellation", vocabulary=("cancel my plan",))


def heard(text: str, *, final: bool = False, revision: int = 1, utterance_id: str = "u1") -> Utterance:
    return Utterance(utterance_id=utterance_id, revision=revision, text=text, heard=text, final=final)


def hit(tracker: Tracker = BUDGET, start: int = 0, end: int = 4, score: float = 0.7) -> Hit:
    return Hit(
        tracker=tracker,
        sample=tracker.vocabulary[0],
        kind=Kind.SEMANTIC,
        span=Span(start, end),
        score=score,
        threshold=0.5,
        false_alarms_per_hour=0.03,
    )


def lifecycle() -> Lifecycle:
    return Lifecycle("call-1", "epoch")


def test_a_hit_on_an_interim_is_tentative_and_the_final_confirms_it_under_the_same_id() -> None:
    matches = lifecycle()
    (tentative,) = matches.update(heard("we spent it"), [hit()], 12)
    (confirmed,) = matches.update(heard("we spent it all", final=True), [hit()], 12)
    assert (tentative.state, tentative.revision) == (State.TENTATIVE, 1)
    assert (confirmed.state, confirmed.revision) == (State.CONFIRMED, 2)
    assert tentative.match_id == confirmed.match_id


def test_a_match_says_what_was_found_where_and_by_which_versions() -> None:
    (match,) = lifecycle().update(heard("well we spent it", final=True), [hit(start=5, end=16)], 12)
    assert (match.quote, match.span, match.text) == ("we spent it", Span(5, 16), "well we spent it")
    assert (match.tracker.name, match.tracker.version, match.catalog_version) == ("Budget", 3, 12)
    assert (match.sample, match.score, match.threshold) == ("I ran out of budget", 0.7, 0.5)
    assert match.reason is None


def test_a_final_without_the_hit_retracts_once_and_says_why() -> None:
    matches = lifecycle()
    (tentative,) = matches.update(heard("we spent it"), [hit()], 1)
    (retracted,) = matches.update(heard("we sent it", final=True), [], 1)
    assert (retracted.state, retracted.reason) == (State.RETRACTED, NOT_IN_FINAL)
    assert (retracted.match_id, retracted.revision) == (tentative.match_id, 2)
    assert matches.update(heard("we sent it off", final=True), [], 1) == []


def test_an_empty_final_retracts_with_its_own_reason() -> None:
    matches = lifecycle()
    matches.update(heard("we spent it"), [hit()], 1)
    (retracted,) = matches.update(heard("", final=True), [], 1)
    assert retracted.reason == EMPTY_FINAL


def test_an_interim_without_the_hit_retracts_nothing() -> None:
    matches = lifecycle()
    matches.update(heard("we spent it"), [hit()], 1)
    assert matches.update(heard("we sent"), [], 1) == []


def test_an_unchanged_tentative_match_makes_no_event_and_a_new_quote_does() -> None:
    matches = lifecycle()
    matches.update(heard("we spent"), [hit(end=8)], 1)
    assert matches.update(heard("we spent it"), [hit(end=8, score=0.71)], 1) == []
    (grown,) = matches.update(heard("we spent it all"), [hit(end=15)], 1)
    assert (grown.state, grown.revision, grown.quote) == (State.TENTATIVE, 2, "we spent it all")


def test_a_revised_final_updates_the_match_and_never_doubles_it() -> None:
    matches = lifecycle()
    (first,) = matches.update(heard("we spent it", final=True), [hit(end=11)], 1)
    (second,) = matches.update(heard("we spent it all", final=True), [hit(end=15)], 1)
    assert (second.match_id, second.state, second.revision) == (first.match_id, State.CONFIRMED, 2)
    (third,) = matches.update(heard("we sent it", final=True), [], 1)
    assert (third.match_id, third.state, third.revision) == (first.match_id, State.RETRACTED, 3)


def test_several_trackers_live_side_by_side() -> None:
    matches = lifecycle()
    events = matches.update(heard("we spent it so cancel"), [hit(), hit(CANCEL)], 1)
    assert [event.tracker.name for event in events] == ["Budget", "Cancellation"]
    final = matches.update(heard("so cancel", final=True), [hit(CANCEL)], 1)
    assert [(event.tracker.name, event.state) for event in final] == [
        ("Cancellation", State.CONFIRMED),
        ("Budget", State.RETRACTED),
    ]


def test_the_same_words_in_another_utterance_conversation_or_epoch_have_another_id() -> None:
    ids = {
        Lifecycle(conversation, epoch).update(heard("x", utterance_id=utterance), [hit()], 1)[0].match_id
        for conversation in ("c1", "c2")
        for epoch in ("e1", "e2")
        for utterance in ("u1", "u2")
    }
    assert len(ids) == 8


STEPS = st.lists(
    st.tuples(st.sampled_from(["", "I", "I want", "you want"]), st.booleans(), st.lists(st.sampled_from([0, 1]))),
    max_size=20,
)


@given(STEPS)
def test_every_match_has_one_story(steps: list[tuple[str, bool, list[int]]]) -> None:
    transcript, matches = Transcript(), lifecycle()
    story: dict[str, list[State]] = {}
    for text, final, found in steps:
        try:
            changes = transcript.receive(Fragment(utterance_id="u", text=text, final=final))
        except ValueError:
            raise
        except Exception:
            continue
        for change in changes:
            hits = [hit((BUDGET, CANCEL)[one], end=len(text)) for one in sorted(set(found))] if text else []
            for event in matches.update(change, hits, 1):
                story.setdefault(event.match_id, []).append(event.state)
                assert event.revision == len(story[event.match_id])
    for change in transcript.finalize():
        for event in matches.update(change, [], 1):
            story[event.match_id].append(event.state)
    for states in story.values():
        assert states[-1] is not State.TENTATIVE
        after_first_decision = states[next(i for i, state in enumerate(states) if state is not State.TENTATIVE) :]
        assert State.TENTATIVE not in after_first_decision

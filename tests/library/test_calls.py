"""The sample calls are what they claim to be: two speakers, timed, like speech, with marks that can be checked."""

from __future__ import annotations

import pytest

from streamtrack.library.calls import sample_call, sample_calls
from streamtrack.library.conversations import Conversation
from streamtrack.library.prebuilt import prebuilt_trackers

HESITATIONS = {"um", "uh", "er", "hmm", "hm", "mm-hm", "uh-huh"}
CALLS = pytest.mark.parametrize("call", sample_calls(), ids=lambda call: call.conversation_id)


def words(text: str) -> list[str]:
    return text.lower().replace(",", " ").replace(".", " ").split()


def test_there_are_six_calls_or_more() -> None:
    assert len({call.conversation_id for call in sample_calls()}) == len(sample_calls()) >= 6


@CALLS
def test_a_call_has_two_speakers_with_one_role_each(call: Conversation) -> None:
    assert len({(turn.role, turn.speaker) for turn in call.turns}) == 2
    assert {turn.role for turn in call.turns} == {"agent", "customer"}


@CALLS
def test_a_call_has_forty_turns_numbered_without_gaps(call: Conversation) -> None:
    assert len(call.turns) >= 40
    assert [turn.number for turn in call.turns] == list(range(len(call.turns)))


@CALLS
def test_a_call_is_timed_like_speech(call: Conversation) -> None:
    starts = [turn.start_s for turn in call.turns]
    assert starts == sorted(starts)
    assert 180 <= call.duration_s <= 600
    for turn in call.turns:
        spoken_s = turn.end_s - turn.start_s
        assert 0.3 <= spoken_s
        assert len(turn.text.split()) / spoken_s <= 3.5, turn
    assert any(later.start_s < turn.end_s for turn, later in zip(call.turns, call.turns[1:], strict=False))


@CALLS
def test_a_call_sounds_like_speech(call: Conversation) -> None:
    assert sum(not HESITATIONS.isdisjoint(words(turn.text)) for turn in call.turns) >= 5
    assert max(len(turn.text.split()) for turn in call.turns) >= 40
    assert min(len(turn.text.split()) for turn in call.turns) <= 2


@CALLS
def test_expected_matches_name_a_tracker_that_listens_and_words_that_were_said(call: Conversation) -> None:
    trackers = {tracker.name: tracker for tracker in prebuilt_trackers()}
    marks = [(turn, mark) for turn in call.turns for mark in turn.expect]
    assert sum(not mark.arguable for _, mark in marks) >= 5
    for turn, mark in marks:
        assert mark.quote in turn.text
        assert trackers[mark.tracker].listens_to(turn.role), (turn.text, mark)


def test_every_tracker_is_expected_in_some_call() -> None:
    marks = [mark for call in sample_calls() for turn in call.turns for mark in turn.expect]
    expected = {mark.tracker for mark in marks if not mark.arguable}
    assert expected == {tracker.name for tracker in prebuilt_trackers()}


def test_a_call_is_found_by_its_id() -> None:
    first = sample_calls()[0]
    assert sample_call(first.conversation_id) is first
    with pytest.raises(KeyError, match="no sample call 'nonesuch'; there are banking-dispute, "):
        sample_call("nonesuch")

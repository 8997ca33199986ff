from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtrack.core.transcript import CLOSED_LIMIT, OPEN_LIMIT, Transcript, settled_prefix
from streamtrack.errors import AlreadyFinal, StaleFragment, StreamtrackError
from streamtrack.types import Fragment, Speaker


def fragment(text: str, utterance_id: str = "u1", *, final: bool = False, seq: int | None = None) -> Fragment:
    return Fragment(utterance_id=utterance_id, text=text, final=final, seq=seq)


def test_an_interim_opens_an_utterance_and_is_to_be_heard() -> None:
    (change,) = Transcript().receive(fragment("I want"))
    assert (change.text, change.heard, change.final, change.revision) == ("I want", "I want", False, 1)


def test_a_repeated_interim_is_a_no_op() -> None:
    transcript = Transcript()
    transcript.receive(fragment("I want"))
    assert transcript.receive(fragment("I want")) == []


def test_a_final_closes_its_utterance() -> None:
    transcript = Transcript()
    transcript.receive(fragment("I want"))
    (change,) = transcript.receive(fragment("I want to cancel.", final=True))
    assert (change.final, change.heard, change.revision) == (True, "I want to cancel.", 2)
    assert transcript.open_utterances == ()


def test_a_repeated_final_is_a_no_op() -> None:
    transcript = Transcript()
    transcript.receive(fragment("Yes.", final=True, seq=1))
    assert transcript.receive(fragment("Yes.", final=True, seq=1)) == []


def test_a_final_with_other_text_revises_the_final() -> None:
    transcript = Transcript()
    transcript.receive(fragment("I want to council.", final=True))
    (change,) = transcript.receive(fragment("I want to cancel.", final=True))
    assert (change.revision, change.text, change.final) == (2, "I want to cancel.", True)


def test_an_interim_after_its_final_is_refused_and_changes_nothing() -> None:
    transcript = Transcript()
    transcript.receive(fragment("Yes.", final=True))
    with pytest.raises(AlreadyFinal, match="'u1' already has its final"):
        transcript.receive(fragment("Yes and"))
    assert transcript.open_utterances == ()


def test_an_interim_older_than_the_newest_is_refused() -> None:
    transcript = Transcript()
    transcript.receive(fragment("I want to", seq=5))
    with pytest.raises(StaleFragment, match=r"seq: 4 .* older than 5"):
        transcript.receive(fragment("I want", seq=4))
    assert transcript.open_utterances[0].text == "I want to"


def test_an_empty_final_closes_the_utterance_with_nothing_to_hear() -> None:
    transcript = Transcript()
    transcript.receive(fragment("Hm"))
    (change,) = transcript.receive(fragment("", final=True))
    assert (change.final, change.text) == (True, "")


def test_what_a_later_fragment_does_not_say_is_kept() -> None:
    transcript = Transcript()
    ana = Speaker(id="a", name="Ana")
    transcript.receive(Fragment(utterance_id="u", text="so", final=False, speaker=ana, start_s=3.0))
    (change,) = transcript.receive(Fragment(utterance_id="u", text="so we", final=True, end_s=4.0))
    assert (change.speaker, change.start_s, change.end_s) == (ana, 3.0, 4.0)


def test_finalize_promotes_what_is_open_and_nothing_else() -> None:
    transcript = Transcript()
    transcript.receive(fragment("one", "a"))
    transcript.receive(fragment("two", "b"))
    assert [(change.utterance_id, change.final, change.promoted) for change in transcript.finalize("b")] == [
        ("b", True, True)
    ]
    assert [change.utterance_id for change in transcript.finalize()] == ["a"]
    assert transcript.finalize() == []
    assert transcript.finalize("unknown") == []


def test_a_reopened_final_counts_as_new_when_it_is_sent_again() -> None:
    transcript = Transcript()
    transcript.receive(fragment("Yes.", final=True, seq=7))
    transcript.reopen("u1")
    (change,) = transcript.receive(fragment("Yes.", final=True, seq=7))
    assert change.final and change.heard == "Yes."


def test_under_matching_final_interims_are_not_heard() -> None:
    transcript = Transcript("final")
    (change,) = transcript.receive(fragment("I want"))
    assert change.heard is None
    (change,) = transcript.receive(fragment("I want", final=True))
    assert change.heard == "I want"


def test_under_matching_stable_what_two_interims_agree_on_is_heard() -> None:
    transcript = Transcript("stable")
    (first,) = transcript.receive(fragment("I want to council"))
    (second,) = transcript.receive(fragment("I want to cancel my"))
    (third,) = transcript.receive(fragment("I want to cancel my plan"))
    assert [first.heard, second.heard, third.heard] == [None, "I want to", "I want to cancel my"]


def test_under_matching_stable_a_repeated_interim_settles_its_whole_text_once() -> None:
    transcript = Transcript("stable")
    transcript.receive(fragment("cancel it"))
    (again,) = transcript.receive(fragment("cancel it"))
    assert again.heard == "cancel it"
    assert transcript.receive(fragment("cancel it")) == []


def test_too_many_open_utterances_promote_the_oldest() -> None:
    transcript = Transcript()
    for number in range(OPEN_LIMIT):
        transcript.receive(fragment("text", f"u{number}"))
    promoted, opened = transcript.receive(fragment("text", "one more"))
    assert (promoted.utterance_id, promoted.final, promoted.promoted) == ("u0", True, True)
    assert opened.utterance_id == "one more"
    assert len(transcript.open_utterances) == OPEN_LIMIT


def test_ten_thousand_utterances_are_taken_and_only_the_newest_remembered() -> None:
    transcript = Transcript()
    for number in range(10_000):
        assert len(transcript.receive(fragment("text", f"u{number}", final=True))) == 1
    assert transcript.receive(fragment("text", "u9999", final=True)) == []
    assert len(transcript.receive(fragment("text", f"u{9_999 - CLOSED_LIMIT}", final=True))) == 1


WORDS = st.lists(st.sampled_from(["a", "an", "and", "I", "a,"]), max_size=6)


@given(WORDS, WORDS)
def test_a_settled_prefix_is_a_common_prefix_in_whole_words(before: list[str], now: list[str]) -> None:
    text = " ".join(now)
    prefix = settled_prefix(" ".join(before), text)
    agreed = prefix.split()
    assert text.startswith(prefix)
    assert agreed == before[: len(agreed)] == now[: len(agreed)]
    assert len(agreed) == min(len(before), len(now)) or before[len(agreed)] != now[len(agreed)]


FRAGMENTS = st.lists(
    st.builds(
        fragment,
        st.sampled_from(["", "I", "I want", "I want to", "you want"]),
        st.sampled_from(["u1", "u2", "u3"]),
        final=st.booleans(),
        seq=st.none() | st.integers(0, 20),
    ),
    max_size=40,
)


@given(FRAGMENTS, st.sampled_from(["earliest", "stable", "final"]))
def test_whatever_comes_the_transcript_stays_in_order(fragments: list[Fragment], matching: str) -> None:
    transcript = Transcript(matching)  # type: ignore[arg-type]
    revisions: dict[str, int] = {}
    finals: dict[str, str] = {}
    for one in fragments:
        before = transcript.open_utterances
        try:
            changes = transcript.receive(one)
        except StreamtrackError:
            assert transcript.open_utterances == before
            continue
        for change in changes:
            assert change.revision == revisions.get(change.utterance_id, 0) + 1
            revisions[change.utterance_id] = change.revision
            assert change.heard is None or change.text.startswith(change.heard)
            if change.final:
                assert finals.get(change.utterance_id) != change.text
                assert change.heard == change.text
                finals[change.utterance_id] = change.text
            else:
                assert change.utterance_id not in finals
    still_open = {utterance.utterance_id for utterance in transcript.open_utterances}
    assert still_open == revisions.keys() - finals.keys()
    assert {change.utterance_id for change in transcript.finalize()} == still_open
    assert transcript.open_utterances == ()

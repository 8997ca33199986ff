from collections.abc import Sequence

import numpy as np
import pytest

from streamtrack.core.ports import Encoder
from streamtrack.index import SnapshotFactory
from streamtrack.runtime.matching import encode_texts
from streamtrack.testing import WordEncoder
from streamtrack.types import Hit, Kind, Sensitivity, Span
from tests.index.conftest import Matching, tracker

CANCEL = tracker("Cancel", "I want to cancel my subscription", "please close my account", "I'd like to leave you")
BUDGET = tracker("Budget", "I ran out of budget", "we can't afford it", "it costs too much for us")
QUOTES = tracker("Quotes", "Quotes")
ALL = [CANCEL, BUDGET, QUOTES]
TALK = [
    "good morning how are you today",
    "yes the weather has been lovely, hasn't it",
    "could you spell your surname for me please",
    "my sister lives next to the station, you know, the old one",
]


def names(hits: Sequence[Hit]) -> list[str]:
    return [hit.tracker.name for hit in hits]


def test_a_paraphrase_fires_its_tracker_and_ordinary_talk_fires_none(matching: Matching) -> None:
    said, *talk = matching(ALL, ["so I'd like to cancel my contract with you", *TALK])
    assert names(said) == ["Cancel"]
    assert said[0].kind is Kind.SEMANTIC
    assert said[0].threshold <= said[0].score < 1
    assert 0 < said[0].false_alarms_per_hour <= 0.1
    assert talk == [[] for _ in TALK]


def test_a_phrase_inside_a_long_turn_is_found_with_its_words_and_nearest_sample(matching: Matching) -> None:
    text = (
        "good morning, my brother gave me this number, I'd like to close my account, "
        "I have moved to the coast with my wife and the children"
    )
    [[hit]] = matching(ALL, [text])
    assert (hit.tracker, hit.sample) == (CANCEL, "please close my account")
    assert "close my account" in text[hit.span.start : hit.span.end]
    assert hit.span.end - hit.span.start < len(text) / 2


def test_several_trackers_fire_on_one_text_best_margin_first(matching: Matching) -> None:
    [hits] = matching(ALL, ["we can't afford it so I want to cancel my membership"])
    assert sorted(names(hits)) == ["Budget", "Cancel"]
    margins = [hit.score - hit.threshold for hit in hits]
    assert margins == sorted(margins, reverse=True)


def test_the_words_of_a_sample_fire_whatever_the_threshold(matching: Matching) -> None:
    deaf = tracker("Deaf", "I ran out of budget", sensitivity=Sensitivity(threshold=1.0))
    text = "Well: I ran OUT of budget, sorry."
    [[hit]] = matching([deaf], [text])
    assert (hit.kind, hit.score, hit.sample) == (Kind.EXACT, 1.0, "I ran out of budget")
    assert text[hit.span.start : hit.span.end] == "I ran OUT of budget"
    assert hit.false_alarms_per_hour == 0.0


@pytest.mark.parametrize("text", ["quotes", "Quotes!", "they sent over the quotes yesterday"])
def test_a_sample_of_one_word_is_found_as_a_word(matching: Matching, text: str) -> None:
    [[hit]] = matching([QUOTES], [text])
    assert text[hit.span.start : hit.span.end].lower() == "quotes"
    assert hit.kind is Kind.EXACT


def test_texts_without_words_fire_nothing(matching: Matching) -> None:
    assert matching(ALL, ["", "  ", "...", "hm"]) == [[], [], [], []]


def test_a_score_is_the_same_alone_and_in_any_batch(encoder: Encoder, factory: SnapshotFactory) -> None:
    everything = [tracker(one.name, *one.vocabulary, sensitivity=Sensitivity(threshold=-1.0)) for one in ALL]
    snapshot = factory(everything, 1)
    texts = [*TALK, "I want to leave", "we can't afford it so I want to cancel my membership"]
    together = snapshot.search(encode_texts(encoder, texts))
    for text, hits in zip(texts, together, strict=True):
        [alone] = snapshot.search(encode_texts(encoder, [text]))
        assert len(hits) == len(everything)
        scores = {hit.tracker.name: hit.score for hit in alone}
        assert {hit.tracker.name: hit.score for hit in hits} == pytest.approx(scores, abs=1e-4)


def test_an_explicit_threshold_is_inclusive_and_may_be_zero_or_below(matching: Matching) -> None:
    text = "could you tell me about the price"
    [[seen]] = matching([tracker("One", *BUDGET.vocabulary, sensitivity=Sensitivity(threshold=-1.0))], [text])
    for threshold, fires in [(seen.score - 1e-4, True), (seen.score + 1e-4, False), (0.0, seen.score >= 0)]:
        one = tracker("One", *BUDGET.vocabulary, sensitivity=Sensitivity(threshold=threshold))
        assert bool(matching([one], [text])[0]) is fires


def test_what_is_nearer_to_a_counter_sample_does_not_fire(matching: Matching) -> None:
    text = "I need to cancel my appointment on Tuesday"
    plain = tracker("Cancel", *CANCEL.vocabulary, sensitivity=Sensitivity(threshold=0.2))
    guarded = tracker(
        "Cancel",
        *CANCEL.vocabulary,
        exclude=("cancel my appointment",),
        sensitivity=Sensitivity(threshold=0.2),
    )
    assert names(matching([plain], [text])[0]) == ["Cancel"]
    assert matching([guarded], [text]) == [[]]
    assert names(matching([guarded], ["please cancel my subscription"])[0]) == ["Cancel"]


def test_the_words_of_a_sample_inside_those_of_a_counter_sample_do_not_fire(matching: Matching) -> None:
    one = tracker("Cancel", "cancel it", exclude=("don't cancel it",), sensitivity=Sensitivity(threshold=1.0))
    inside, beside = matching([one], ["no, don't cancel it", "well, cancel it"])
    assert inside == []
    assert names(beside) == ["Cancel"]


def test_a_text_of_several_segments_is_searched_to_its_end(encoder: Encoder, matching: Matching) -> None:
    text = "and then we talked about the garden and the dog " * 40 + "so please close my account today"
    assert len(encoder.tokenize([text])[0]) > 1
    [[hit]] = matching([CANCEL], [text])
    assert text[hit.span.start : hit.span.end] == "please close my account"


def test_a_snapshot_without_trackers_or_samples_fires_nothing(matching: Matching) -> None:
    assert matching([], ["anything at all"]) == [[]]
    assert matching([tracker("Empty"), tracker("Mute", "?!")], ["anything at all"]) == [[]]


def test_a_search_over_no_texts_answers_nothing(factory: SnapshotFactory) -> None:
    assert factory(ALL, 1).search([]) == []
    assert factory(ALL, 1).search([[]]) == [[]]


def test_a_snapshot_names_its_version_and_all_its_trackers(factory: SnapshotFactory) -> None:
    empty = tracker("Empty")
    snapshot = factory([CANCEL, empty], 12)
    assert (snapshot.catalog_version, snapshot.trackers) == (12, (CANCEL, empty))


def test_a_model_that_does_not_pool_tokens_is_searched_by_whole_utterance() -> None:
    class FirstToken(WordEncoder):
        pools_tokens = False

    encoder = FirstToken()
    snapshot = SnapshotFactory(encoder)([tracker("Cancel", "cancel the plan")], 1)
    inside, whole = snapshot.search(encode_texts(encoder, ["we should cancel it now", "cancel everything today"]))
    assert inside == []
    assert [hit.span for hit in whole] == [Span(0, 23)]


def test_hits_agree_with_scoring_every_window_on_every_row() -> None:
    encoder = WordEncoder()
    dice = np.random.default_rng(3)
    words = [f"w{number}" for number in range(40)]
    trackers = [
        tracker(
            f"t{number}",
            *(" ".join(dice.choice(words, 4)) for _ in range(3)),
            sensitivity=Sensitivity(threshold=float(dice.uniform(0.2, 0.7))),
        )
        for number in range(30)
    ]
    texts = [" ".join(dice.choice(words, int(dice.integers(1, 25)))) for _ in range(60)]
    open_to_all = [tracker(one.name, *one.vocabulary, sensitivity=Sensitivity(threshold=-1.0)) for one in trackers]
    encoded = encode_texts(encoder, texts)
    wanted = SnapshotFactory(encoder)(trackers, 1).search(encoded)
    every = SnapshotFactory(encoder)(open_to_all, 1).search(encoded)
    thresholds = {one.name: one.sensitivity.threshold or 0.0 for one in trackers}
    assert sum(map(len, wanted)) > 30
    for some, scored in zip(wanted, every, strict=True):
        reached = {hit.tracker.name: hit.score for hit in scored if hit.score >= thresholds[hit.tracker.name]}
        assert {hit.tracker.name: hit.score for hit in some} == pytest.approx(reached, abs=1e-5)

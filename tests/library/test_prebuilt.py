"""The pre-built trackers keep the advice that we give to everyone else."""

from __future__ import annotations

import pytest

from streamtrack.core.definitions import normalise
from streamtrack.library.calls import sample_calls
from streamtrack.library.prebuilt import ID_PREFIX, families, prebuilt_trackers
from streamtrack.types import Sensitivity, Tracker

TRACKERS = pytest.mark.parametrize("tracker", prebuilt_trackers(), ids=lambda tracker: tracker.id)
PUBLISHED = {
    "library:billing-problem",
    "library:budget",
    "library:callback-promise",
    "library:cancellation",
    "library:competitor-mention",
    "library:complaint",
    "library:discount-request",
    "library:dissatisfaction",
    "library:escalation",
    "library:frustration",
    "library:hold-transfer",
    "library:identity-verification",
    "library:issue-resolved",
    "library:legal-threat",
    "library:mini-miranda",
    "library:next-steps",
    "library:payment-trouble",
    "library:pricing",
    "library:quote-request",
    "library:recording-disclosure",
    "library:refund-request",
    "library:repeated-contact",
}


def test_published_ids_stay() -> None:
    assert PUBLISHED <= {tracker.id for tracker in prebuilt_trackers()}


def test_names_and_ids_are_unique_across_families() -> None:
    trackers = prebuilt_trackers()
    assert len({tracker.id for tracker in trackers}) == len({tracker.name for tracker in trackers}) == len(trackers)


def test_every_family_has_trackers() -> None:
    assert [family.name for family in families()] == sorted(family.name for family in families())
    assert all(family.trackers for family in families())


@TRACKERS
def test_a_tracker_is_complete(tracker: Tracker) -> None:
    assert tracker.id.startswith(ID_PREFIX)
    assert tracker.description
    assert tracker.exclude
    assert tracker.categories
    assert tracker.languages == ("en",)
    assert set(tracker.speakers) <= {"agent", "customer"}


@TRACKERS
def test_a_tracker_promises_few_false_alarms(tracker: Tracker) -> None:
    rate = tracker.sensitivity.false_alarms_per_hour
    broad = Sensitivity.named("broad").false_alarms_per_hour
    assert rate is not None
    assert broad is not None
    assert 0 < rate <= broad


@TRACKERS
def test_samples_are_several_short_phrases(tracker: Tracker) -> None:
    assert 8 <= len(tracker.vocabulary) <= 40
    for sample in (*tracker.vocabulary, *tracker.exclude):
        assert 2 <= len(sample.split()) <= 16, sample


@TRACKERS
def test_no_sample_is_copied_from_a_sample_call(tracker: Tracker) -> None:
    for call in sample_calls():
        for turn in call.turns:
            for mark in turn.expect:
                assert normalise(mark.quote) not in {normalise(sample) for sample in tracker.vocabulary}

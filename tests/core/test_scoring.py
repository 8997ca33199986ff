import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtrack.core.ports import Vectors
from streamtrack.core.scoring import (
    AGREEMENT_EXPECTED,
    PART_COST,
    AlarmCurve,
    Background,
    Rows,
    agreement,
    best_scores,
    cones,
    planes,
    queries,
)
from streamtrack.types import BALANCED, Sensitivity

DIM = 8
CURVE = AlarmCurve(scores=(0.1, 0.3, 0.5), per_hour=(10.0, 1.0, 0.01))
PLAIN = Background(mean=np.zeros(DIM, np.float32), whitening=np.eye(DIM, dtype=np.float32), curve=CURVE)


def directions(seed: int, count: int) -> Vectors:
    return PLAIN.directions(np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32))


def rows_at(threshold: float, samples: Vectors) -> Rows:
    return Rows.of(samples, Sensitivity(threshold=threshold), PLAIN)


def test_a_lone_sample_scores_1_against_itself_and_less_against_all_else() -> None:
    sample = directions(1, 1)
    rows = [rows_at(0.5, sample)]
    own = best_scores(queries(sample, np.zeros(1, np.float32)), rows)
    others = best_scores(queries(directions(2, 50), np.zeros(50, np.float32)), rows)
    assert own[0, 0] == pytest.approx(1.0, abs=1e-5)
    assert others.max() < 1.0


def test_a_part_of_a_text_scores_less_than_the_whole() -> None:
    rows = [rows_at(0.4, directions(1, 3))]
    twice = directions(2, 1)[[0, 0]]
    whole, part = best_scores(queries(twice, np.array([0, 1], np.float32)), rows)[:, 0]
    assert whole - part == pytest.approx(PART_COST, abs=1e-6)


@pytest.mark.parametrize("threshold", [-1.0, -0.2, 0.0, 0.4])
def test_a_row_fires_where_the_score_reaches_the_threshold_zero_included(threshold: float) -> None:
    asked = queries(directions(3, 200), np.resize(np.array([0, 1], np.float32), 200))
    rows = [rows_at(threshold, directions(seed, 4)) for seed in range(5)]
    margins = asked @ planes(rows).T
    fired = margins.reshape(200, 5, 4).max(axis=2) >= 0
    scores = best_scores(asked, rows)
    clear = abs(scores - threshold) > 1e-5
    assert np.array_equal(fired[clear], (scores >= threshold)[clear])


def test_thresholds_do_not_change_scores() -> None:
    asked = queries(directions(3, 20), np.zeros(20, np.float32))
    loose, tight = ([rows_at(one, directions(1, 4))] for one in (-0.5, 0.9))
    np.testing.assert_allclose(best_scores(asked, loose), best_scores(asked, tight), atol=1e-6)


@given(st.integers(0, 10_000), st.integers(1, 6), st.floats(-1, 1), st.floats(0.01, 3))
def test_no_query_that_fires_a_row_is_outside_the_cone(
    seed: int, samples: int, threshold: float, spread: float
) -> None:
    drawn = np.random.default_rng(seed)
    centre = drawn.standard_normal(DIM)
    around = PLAIN.directions((centre + spread * drawn.standard_normal((samples, DIM))).astype(np.float32))
    rows = [rows_at(threshold, around)]
    near = PLAIN.directions((centre + drawn.standard_normal((200, DIM))).astype(np.float32))
    asked = queries(near, np.resize(np.array([0, 1], np.float32), 200))
    fired = (asked @ planes(rows).T).max(axis=1) >= 0
    inside = (asked @ cones(rows).T)[:, 0] >= 0
    assert inside[fired].all()


def test_a_cone_leaves_something_out() -> None:
    asked = queries(directions(5, 500), np.ones(500, np.float32))
    assert ((asked @ cones([rows_at(0.6, directions(1, 1))]).T) < 0).any()


def test_samples_that_agree_must_be_met_more_closely() -> None:
    tight = PLAIN.directions(directions(1, 1) + 0.05 * directions(2, 4))
    loose = directions(2, 4)
    assert agreement(tight) > agreement(loose)
    assert rows_at(0.4, tight).bound > rows_at(0.4, loose).bound


def test_a_lone_sample_has_the_agreement_that_is_expected() -> None:
    assert agreement(directions(1, 1)) == AGREEMENT_EXPECTED
    assert rows_at(0.4, directions(1, 1)).offset == 0


def test_directions_are_seen_from_ordinary_talk() -> None:
    mean = np.full(DIM, 0.2, np.float32)
    background = Background(mean=mean, whitening=np.eye(DIM, dtype=np.float32), curve=CURVE)
    vectors = 3 * directions(1, 5)
    expected = directions(1, 5) - mean
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(background.directions(vectors), expected, atol=1e-6)


def test_a_null_vector_keeps_out_of_the_way() -> None:
    assert np.isfinite(PLAIN.directions(np.zeros((1, DIM), np.float32))).all()
    assert np.isfinite(planes([rows_at(0.4, np.zeros((2, DIM), np.float32))])).all()
    assert np.isfinite(cones([rows_at(0.4, np.zeros((2, DIM), np.float32))])).all()


def test_the_curve_goes_through_its_knots_and_on_beyond_them() -> None:
    assert [CURVE.rate(score) for score in CURVE.scores] == pytest.approx(CURVE.per_hour)
    assert CURVE.rate(0.4) == pytest.approx(0.1)
    assert CURVE.rate(0.6) == pytest.approx(0.001)
    assert CURVE.rate(0.0) == pytest.approx(10**1.5)


@given(st.floats(0.001, 100))
def test_rate_and_score_are_each_others_inverse(per_hour: float) -> None:
    assert CURVE.rate(CURVE.score(per_hour)) == pytest.approx(per_hour, rel=1e-4)


def test_an_explicit_threshold_is_taken_as_it_is_and_a_rate_through_the_curve() -> None:
    assert CURVE.threshold(Sensitivity(threshold=0.0)) == 0.0
    assert CURVE.threshold(BALANCED) == pytest.approx(0.4)
    assert CURVE.threshold(Sensitivity.named("strict")) > CURVE.threshold(Sensitivity.named("broad"))

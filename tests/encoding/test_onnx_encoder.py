from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtrack.core.ports import Encoder
from streamtrack.encoding import open_encoder
from streamtrack.encoding.golden import TEXTS as GOLDEN_TEXTS
from streamtrack.encoding.golden import sentence_vectors
from streamtrack.encoding.onnx_encoder import (
    LEAST_PLACES,
    MOST_PLACES,
    OnnxEncoder,
    overflows,
    places_a_run,
    runs,
)
from streamtrack.errors import EncodingFailed
from tests.encoding.tiny import TEXTS, random_weights, reference_vectors, write_tiny


@given(st.lists(st.integers(1, 128), max_size=80))
def test_runs_hold_every_segment_once_and_keep_to_their_size(lengths: list[int]) -> None:
    cut = list(runs(lengths, places=200))
    assert sorted(item for run in cut for item in run) == list(range(len(lengths)))
    assert all(len(run) == 1 or len(run) * max(lengths[item] for item in run) <= 200 for run in cut)


def test_the_longest_run_comes_first() -> None:
    assert runs([2, 9, 3], places=10) == [[1], [2, 0]]


def test_a_batch_is_cut_so_that_every_thread_has_work_worth_handing_over() -> None:
    assert places_a_run(10, 2) == LEAST_PLACES
    assert places_a_run(301, 2) == 151
    assert places_a_run(10_000, 2) == MOST_PLACES


@pytest.mark.parametrize(
    ("flags", "overflowing"),
    [
        ("fpu sse2 avx2 fma", True),
        ("fpu sse2 avx2 avx_vnni", False),
        ("fpu sse2 avx2 avx512f avx512_vnni", False),
        ("fp asimd asimddp", False),
    ],
)
def test_only_a_cpu_with_avx2_and_without_vnni_needs_the_slow_exact_products(flags: str, overflowing: bool) -> None:
    assert overflows(f"processor : 0\nflags : {flags}\n") is overflowing


def test_one_thread_and_many_give_the_same_vectors(encoder: OnnxEncoder) -> None:
    with open_encoder(threads=1, progress=False) as single:
        cosines = (sentence_vectors(encoder, GOLDEN_TEXTS) * sentence_vectors(single, GOLDEN_TEXTS)).sum(axis=1)
    assert cosines.min() > 0.9999


def test_answers_come_in_the_order_of_the_batch(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    with open_encoder(tmp_path) as encoder:
        segments = [segment for text in encoder.tokenize(TEXTS) for segment in text]
        encoded = encoder.encode(segments)
    assert [one.tokens for one in encoded] == segments
    for one in encoded:
        np.testing.assert_allclose(one.vectors, reference_vectors(random_weights(), one.tokens.ids), atol=2e-5)


def test_an_empty_batch_has_an_empty_answer(encoder: OnnxEncoder) -> None:
    assert encoder.tokenize([]) == []
    assert encoder.encode([]) == []


def test_the_model_is_named_with_its_hash(encoder: OnnxEncoder) -> None:
    name, _, digest = encoder.model.partition("@")
    assert name == "all-MiniLM-L6-v2"
    assert len(digest) == 12


def test_it_is_an_encoder_to_the_rest_of_the_program(encoder: OnnxEncoder) -> None:
    seen: Encoder = encoder
    assert (seen.dim, seen.pools_tokens) == (384, True)


def test_a_model_pooled_by_its_first_token_says_so(tmp_path: Path) -> None:
    write_tiny(tmp_path, pooling="cls")
    with open_encoder(tmp_path) as encoder:
        assert not encoder.pools_tokens
        [[tokens]] = encoder.tokenize(["yes"])
        first = reference_vectors(random_weights(), tokens.ids)[0]
        np.testing.assert_allclose(sentence_vectors(encoder, ["yes"])[0], first / np.linalg.norm(first), atol=2e-5)


def test_a_prefix_changes_the_meaning_but_not_the_place_of_a_word(tmp_path: Path) -> None:
    write_tiny(tmp_path / "plain")
    write_tiny(tmp_path / "prefixed", prefix="query: ")
    with open_encoder(tmp_path / "plain") as plain, open_encoder(tmp_path / "prefixed") as prefixed:
        [[bare]], [[told]] = plain.tokenize(["my plan"]), prefixed.tokenize(["my plan"])
        assert bare.offsets[slice(*bare.inner)].tolist() == told.offsets[slice(*told.inner)].tolist()
        assert not np.allclose(sentence_vectors(plain, ["my plan"]), sentence_vectors(prefixed, ["my plan"]))


def test_a_closed_encoder_refuses_work_and_may_be_closed_again(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    encoder = open_encoder(tmp_path)
    encoder.warm_up()
    encoder.close()
    encoder.close()
    for many in (1, 100):
        with pytest.raises(EncodingFailed, match="closed"):
            encoder.encode([segments[0] for segments in encoder.tokenize(["yes"] * many)])


def test_a_token_beyond_the_vocabulary_fails_its_batch_only(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    with open_encoder(tmp_path) as encoder:
        [[tokens]] = encoder.tokenize(["yes"])
        tokens.ids[1] = 10_000
        with pytest.raises(EncodingFailed, match="a run of 1 segments"):
            encoder.encode([tokens])
        assert len(encoder.encode([encoder.tokenize(["no"])[0][0]])) == 1


@pytest.mark.slow
def test_a_score_is_the_same_alone_in_200_random_batches_and_under_any_padding(encoder: OnnxEncoder) -> None:
    dice = np.random.default_rng(2)
    segments = [text[0] for text in encoder.tokenize(GOLDEN_TEXTS)]
    alone = [encoder.encode([segment])[0].vectors.mean(axis=0) for segment in segments]
    unit = np.stack([row / np.linalg.norm(row) for row in alone])
    scores = unit @ unit.T
    furthest = 0.0
    for _ in range(200):
        chosen = dice.choice(len(segments), dice.integers(1, 24), replace=True)
        for item, one in zip(chosen, encoder.encode([segments[item] for item in chosen]), strict=True):
            row = one.vectors.mean(axis=0)
            furthest = max(furthest, float(np.abs(unit @ (row / np.linalg.norm(row)) - scores[item]).max()))
    assert furthest <= 1e-4

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streamtrack.encoding.graph import float_linear, sites, write_graph
from streamtrack.encoding.onnx_encoder import open_session, pack
from streamtrack.encoding.quantise import fold_attention, quantise_weight
from tests.encoding.tiny import ARCHITECTURE, random_weights


@given(st.integers(0, 2**32 - 1))
def test_a_weight_lies_within_half_a_step_of_its_code(seed: int) -> None:
    weight = np.random.default_rng(seed).standard_normal((6, 3)).astype(np.float32)
    codes, scales = quantise_weight(weight)
    assert np.abs(codes * scales - weight).max() <= 0.501 * scales.max()
    assert np.abs(codes).max(axis=0).tolist() == [127, 127, 127]


def test_a_column_of_zeros_stays_zero() -> None:
    codes, scales = quantise_weight(np.zeros((4, 2), np.float32))
    assert not codes.any()
    assert np.isfinite(scales).all()


def test_factors_folded_into_the_values_change_no_answer() -> None:
    weights, dice = random_weights(), np.random.default_rng(3)
    factors = {site: dice.uniform(0.2, 5, ARCHITECTURE.hidden).astype(np.float32) for site in sites(ARCHITECTURE)}
    folded = fold_attention(weights, ARCHITECTURE.layers, factors)
    inputs = pack([np.arange(9), np.arange(4)], ARCHITECTURE.heads)
    plain, moved = (
        open_session(write_graph(ARCHITECTURE, tensors, float_linear)).run(["vectors"], inputs)[0]
        for tensors in (weights, folded)
    )
    assert not np.array_equal(
        weights["encoder.layer.0.attention.self.value.weight"], folded["encoder.layer.0.attention.self.value.weight"]
    )
    np.testing.assert_allclose(moved, plain, atol=1e-5)

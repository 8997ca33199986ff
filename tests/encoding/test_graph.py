from pathlib import Path

import numpy as np
import pytest

from streamtrack.encoding.graph import float_linear, plain_names, sites, write_graph
from streamtrack.encoding.onnx_encoder import open_session, pack
from streamtrack.errors import ModelError
from tests.encoding.tiny import ARCHITECTURE, random_weights, reference_vectors


def test_the_fp32_graph_answers_as_bert_written_out_in_numpy() -> None:
    weights, dice = random_weights(), np.random.default_rng(1)
    batch = [dice.integers(0, ARCHITECTURE.vocabulary, length) for length in (2, 9, 1, 20)]
    session = open_session(write_graph(ARCHITECTURE, weights, float_linear))
    vectors = session.run(["vectors"], pack(batch, ARCHITECTURE.heads))[0]
    expected = np.concatenate([reference_vectors(weights, ids) for ids in batch])
    np.testing.assert_allclose(vectors, expected, atol=2e-5)


def test_the_same_weights_give_the_same_bytes() -> None:
    assert write_graph(ARCHITECTURE, random_weights(), float_linear) == write_graph(
        ARCHITECTURE, dict(reversed(random_weights().items())), float_linear
    )


def test_an_outer_name_in_the_weights_makes_no_difference() -> None:
    weights = random_weights()
    inside = plain_names({f"bert.{name}": tensor for name, tensor in weights.items()})
    assert write_graph(ARCHITECTURE, inside, float_linear) == write_graph(ARCHITECTURE, weights, float_linear)


def test_half_precision_weights_are_widened_and_whole_numbers_left_out() -> None:
    found = plain_names({"a": np.ones(2, np.float16), "embeddings.position_ids": np.arange(3)})
    assert found["a"].dtype == np.float32
    assert set(found) == {"a"}


def test_a_missing_tensor_is_named() -> None:
    weights = random_weights()
    del weights["encoder.layer.1.output.dense.bias"]
    with pytest.raises(ModelError, match=r"no tensor encoder.layer.1.output.dense.bias"):
        write_graph(ARCHITECTURE, weights, float_linear)


def test_missing_token_types_are_named() -> None:
    weights = random_weights()
    del weights["embeddings.token_type_embeddings.weight"]
    with pytest.raises(ModelError, match=r"no tensor embeddings.token_type_embeddings.weight"):
        write_graph(ARCHITECTURE, weights, float_linear)


def test_a_tensor_of_another_shape_is_named_with_both_shapes() -> None:
    weights = random_weights()
    weights["embeddings.LayerNorm.weight"] = np.ones(15, np.float32)
    with pytest.raises(ModelError, match=r"embeddings.LayerNorm.weight has shape \(15,\), .* wants \(16,\)"):
        write_graph(ARCHITECTURE, weights, float_linear)


def test_there_are_four_linear_layers_in_each_layer() -> None:
    assert len(sites(ARCHITECTURE)) == 4 * ARCHITECTURE.layers


def test_onnxruntime_refusing_a_file_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"broken")
    with pytest.raises(ModelError, match="onnxruntime refuses the model"):
        open_session(tmp_path / "broken.onnx")

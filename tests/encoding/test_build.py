from pathlib import Path

import numpy as np
import pytest

from streamtrack.encoding.build import build_graph, load_weights
from streamtrack.encoding.models import DEFAULT_MODEL, build, find_model
from streamtrack.errors import ModelError
from tests.encoding.tiny import digest, write_tiny


def test_a_model_without_figures_cannot_be_built_in_int8(tmp_path: Path) -> None:
    manifest = write_tiny(tmp_path)
    with pytest.raises(ModelError, match="calibrate it first, or run it in fp32"):
        build_graph(manifest, tmp_path, tmp_path / "cache", "int8")


def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="cannot be read as weights"):
        load_weights(tmp_path / "model.safetensors")


def test_weights_are_widened_to_single_precision(tmp_path: Path) -> None:
    write_tiny(tmp_path, tensors={"a": np.ones(3, np.float16)})
    assert load_weights(tmp_path / "cache" / "model.safetensors")["a"].dtype == np.float32


@pytest.mark.slow
def test_the_shipped_model_builds_to_the_pinned_bytes() -> None:
    model = find_model(DEFAULT_MODEL)
    build(model, progress=False)
    graph = build_graph(model.manifest, model.folder, model.cache, "int8")
    assert digest(graph) == model.manifest.graphs["int8"]

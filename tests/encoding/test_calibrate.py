from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from streamtrack.encoding import open_encoder
from streamtrack.encoding.build import build_graph, load_quantisation
from streamtrack.encoding.calibrate import Range, activation, calibrate, draw, main, smoothing
from streamtrack.encoding.golden import sentence_vectors, verify
from streamtrack.encoding.graph import sites
from streamtrack.encoding.manifest import Activation, load_manifest
from streamtrack.encoding.models import find_model
from streamtrack.errors import ModelError
from tests.encoding.tiny import ARCHITECTURE, TEXTS, digest, write_tiny


def values(*numbers: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(numbers, np.float32)


def test_the_same_texts_are_drawn_in_whatever_order_they_come() -> None:
    texts = [f"text {number}" for number in range(50)]
    assert draw(texts, 10) == draw([*reversed(texts), "text 3"], 10)
    assert len(draw(texts, 10)) == 10


def test_a_large_channel_has_a_large_factor_and_the_geometric_mean_is_one() -> None:
    factor = smoothing(Range(values(-1, -30, 0), values(1, 2, 1)), np.ones((3, 2), np.float32))
    assert factor[1] > 5 * factor[0]
    assert np.log(factor).mean() == pytest.approx(0, abs=1e-6)


def test_a_silent_channel_has_a_factor_that_can_be_divided_by() -> None:
    factor = smoothing(Range(values(0, -1), values(0, 1)), np.zeros((2, 2), np.float32))
    assert (factor > 0).all()
    assert np.isfinite(1 / factor).all()


@pytest.mark.parametrize(("low", "high", "zero_point"), [(-1, 1, 128), (0.5, 2, 0), (-2, -0.5, 255)])
def test_zero_is_always_a_value_of_the_code(low: float, high: float, zero_point: int) -> None:
    found = activation(Range(values(low), values(high)), values(1))
    assert found.zero_point == pytest.approx(zero_point, abs=1)
    assert (255 - found.zero_point) * found.scale >= high - found.scale
    assert -found.zero_point * found.scale <= low + found.scale


def test_a_calibrated_model_verifies_and_stays_near_fp32(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    manifest = calibrate(find_model(tmp_path), TEXTS)
    assert manifest == load_manifest(tmp_path)
    with open_encoder(tmp_path) as int8, open_encoder(tmp_path, precision="fp32") as fp32:
        cosines = (sentence_vectors(int8, TEXTS) * sentence_vectors(fp32, TEXTS)).sum(axis=1)
    assert cosines.min() > 0.99
    assert cosines.max() < 1
    checks = verify(find_model(tmp_path))
    assert all(check.passed for check in checks if check.what != "answers against fp32")


def test_the_command_reads_the_texts_of_json_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tiny(tmp_path)
    lines = tmp_path / "texts.jsonl"
    lines.write_bytes(b"\n".join(orjson.dumps({"text": text}) for text in TEXTS))
    main(str(tmp_path), str(lines))
    assert "tiny: calibrated on 5 utterances" in capsys.readouterr().out
    assert load_manifest(tmp_path).precision == "int8"


def test_building_again_from_the_same_figures_gives_the_pinned_bytes(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    manifest = calibrate(find_model(tmp_path), TEXTS)
    graph = build_graph(manifest, tmp_path, tmp_path / "cache", "int8")
    assert digest(graph) == manifest.graphs["int8"]


def test_a_build_that_differs_from_the_pinned_one_is_refused(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    manifest = replace(calibrate(find_model(tmp_path), TEXTS), graphs={"int8": "0" * 64})
    with pytest.raises(ModelError, match="the manifest pins 000"):
        build_graph(manifest, tmp_path, tmp_path / "cache", "int8")


def test_factors_with_a_wrong_hash_are_not_used(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    manifest = calibrate(find_model(tmp_path), TEXTS)
    (tmp_path / "smoothing.safetensors").write_bytes(b"broken")
    with pytest.raises(ModelError, match=r"smoothing.safetensors is missing or does not have the SHA-256"):
        load_quantisation(manifest, tmp_path)


def test_a_site_without_figures_is_named(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    manifest = calibrate(find_model(tmp_path), TEXTS)
    assert manifest.quantisation is not None
    first, *rest = sites(ARCHITECTURE)
    figures = {site: Activation(scale=1, zero_point=0) for site in rest}
    manifest = replace(manifest, quantisation=replace(manifest.quantisation, activations=figures))
    with pytest.raises(ModelError, match=f"no figures for {first}"):
        load_quantisation(manifest, tmp_path)

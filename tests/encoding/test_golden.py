import shutil
from pathlib import Path

import numpy as np
import orjson
import pytest

from streamtrack.encoding.golden import TEXTS, sentence_vectors, verify
from streamtrack.encoding.models import DEFAULT_MODEL, build, find_model
from streamtrack.encoding.onnx_encoder import OnnxEncoder
from tests.encoding.tiny import write_tiny

PAIRS = Path(__file__).parents[3] / "shared" / "evaldata" / "pairs" / "sts.jsonl"


def ranks(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Ranks with ties at their mean, as the Spearman correlation wants them."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    return (ends - (sizes - 1) / 2)[group]


def test_the_shipped_model_answers_as_when_it_was_calibrated() -> None:
    model = find_model(DEFAULT_MODEL)
    build(model, progress=False)
    checks = verify(model)
    assert [check for check in checks if not check.passed] == []
    assert {"int8.onnx", "answers against int8", "answers against fp32"} <= {check.what for check in checks}


def test_a_missing_and_a_corrupt_file_fail_their_checks(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    (tmp_path / "cache" / "model.safetensors").unlink()
    (tmp_path / "cache" / "tokenizer.json").write_text("{}")
    found = {check.what: (check.passed, check.found) for check in verify(find_model(tmp_path))}
    assert found["model.safetensors"] == (False, "missing")
    assert found["tokenizer.json"] == (False, "another SHA-256 than pinned")


def test_a_model_that_answers_otherwise_fails_its_golden_check(tmp_path: Path) -> None:
    """The shipped graph under a manifest whose positions of the golden answers were shuffled."""
    shipped = find_model(DEFAULT_MODEL)
    build(shipped, progress=False)
    shutil.copytree(shipped.folder, tmp_path / "model", symlinks=True, ignore=shutil.ignore_patterns("fp32.onnx"))
    manifest = orjson.loads((tmp_path / "model" / "manifest.json").read_bytes())
    manifest["pooling"] = "cls"
    (tmp_path / "model" / "manifest.json").write_bytes(orjson.dumps(manifest))
    failed = {check.what for check in verify(find_model(tmp_path / "model")) if not check.passed}
    assert failed == {"answers against int8", "answers against fp32"}


@pytest.mark.slow
@pytest.mark.skipif(not PAIRS.is_file(), reason="the evaluation data is not beside the checkout")
@pytest.mark.timeout(180)
def test_int8_keeps_the_quality_of_fp32_on_sentence_pairs(encoder: OnnxEncoder, fp32_encoder: OnnxEncoder) -> None:
    pairs = [orjson.loads(line) for line in PAIRS.read_bytes().splitlines()]
    texts = sorted({pair[side] for pair in pairs for side in ("text_a", "text_b")})
    place = {text: number for number, text in enumerate(texts)}
    left = np.array([place[pair["text_a"]] for pair in pairs])
    right = np.array([place[pair["text_b"]] for pair in pairs])
    truth = ranks(np.array([pair["score"] for pair in pairs], np.float64))
    int8, fp32 = sentence_vectors(encoder, texts), sentence_vectors(fp32_encoder, texts)
    found = [
        float(np.corrcoef(ranks((rows[left] * rows[right]).sum(axis=1).astype(np.float64)), truth)[0, 1])
        for rows in (int8, fp32)
    ]
    assert found[1] == pytest.approx(0.839, abs=0.001)
    assert found[0] == pytest.approx(found[1], abs=0.002)
    assert (int8 * fp32).sum(axis=1).mean() >= 0.997


def test_golden_texts_are_a_few_dozen_and_different() -> None:
    assert len(set(TEXTS)) == len(TEXTS) >= 24

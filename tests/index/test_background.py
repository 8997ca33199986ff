from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from streamtrack.encoding.models import DEFAULT_MODEL, find_model
from streamtrack.errors import ModelError
from streamtrack.index.background import FILE, no_background, read_background
from streamtrack.types import BALANCED, Sensitivity

Fields = dict[str, NDArray[np.float64]]
FIELDS: Fields = {
    "mean": np.zeros(4),
    "whitening": np.eye(4),
    "scores": np.array([0.1, 0.5]),
    "per_hour": np.array([10.0, 0.1]),
}


def write(folder: Path, fields: Fields) -> None:
    np.savez(folder / FILE, allow_pickle=False, **fields)


def test_the_shipped_statistics_are_small_and_order_the_sensitivities() -> None:
    folder = find_model(DEFAULT_MODEL).folder
    assert (folder / FILE).stat().st_size < 2_000_000
    curve = read_background(folder, 384).curve
    strict, broad = (curve.threshold(Sensitivity.named(name)) for name in ("strict", "broad"))
    assert 0 < broad < curve.threshold(BALANCED) < strict < 1


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write(tmp_path, FIELDS)
    background = read_background(tmp_path, 4)
    assert background.mean.dtype == background.whitening.dtype == np.float32
    assert background.curve.rate(0.5) == pytest.approx(0.1)


def test_a_model_without_statistics_has_plain_ones(tmp_path: Path) -> None:
    background = read_background(tmp_path, 4)
    np.testing.assert_array_equal(background.whitening, no_background(4).whitening)
    np.testing.assert_array_equal(background.mean, np.zeros(4))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"mean": np.zeros(5)}, "5 dimensions, the model has 4"),
        ({"whitening": np.eye(3)}, "the model has 4"),
        ({"scores": np.array([0.5, 0.1])}, "scores must rise"),
        ({"per_hour": np.array([1.0, 0.0])}, "per_hour fall"),
        ({"scores": np.array([0.5]), "per_hour": np.array([1.0])}, "two of each"),
    ],
)
def test_faulty_statistics_are_refused_with_file_and_rule(tmp_path: Path, changed: Fields, reason: str) -> None:
    write(tmp_path, FIELDS | changed)
    with pytest.raises(ModelError, match=reason) as refused:
        read_background(tmp_path, 4)
    assert FILE in str(refused.value)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not an archive")
    with pytest.raises(ModelError, match="not a file of background statistics"):
        read_background(tmp_path, 4)
    np.savez(tmp_path / FILE, mean=np.zeros(4))
    with pytest.raises(ModelError, match="whitening"):
        read_background(tmp_path, 4)

import numpy as np
import pytest

from streamtrack.core.ports import Vectors
from streamtrack.core.scoring import Rows, planes, queries
from streamtrack.index import planes as module
from streamtrack.index.background import no_background
from streamtrack.index.planes import Planes
from streamtrack.types import Sensitivity

DIM = 32
PLAIN = no_background(DIM)


def some_rows(count: int, threshold: float, spread: float = 0.8) -> list[Rows]:
    dice = np.random.default_rng(1)
    found = []
    for number in range(count):
        centre = dice.standard_normal(DIM)
        around = centre + spread * dice.standard_normal((1 + number % 4, DIM))
        directions = PLAIN.directions(around.astype(np.float32))
        found.append(Rows.of(directions, Sensitivity(threshold=threshold + 0.01 * (number % 5)), PLAIN))
    return found


def near(rows: list[Rows], noise: float = 0.15) -> Vectors:
    dice = np.random.default_rng(2)
    centres = np.stack([one.matrix[0] for one in rows])
    windows = centres + noise * dice.standard_normal(centres.shape)
    parts = np.resize(np.array([0, 1], np.float32), len(rows))
    return queries(PLAIN.directions(windows.astype(np.float32)), parts)


@pytest.mark.parametrize("threshold", [-1.0, 0.0, 0.3, 0.6])
def test_exactly_the_rows_that_reach_0_fire(threshold: float) -> None:
    rows = some_rows(60, threshold)
    asked = near(rows)
    fired = Planes(rows).search(asked)
    margins = asked @ planes(rows).T
    wanted = {(int(query), int(row)) for query, row in np.argwhere(margins >= 0)}
    assert set(zip(fired.query.tolist(), fired.row.tolist(), strict=True)) == wanted
    assert wanted
    np.testing.assert_allclose(fired.margin, margins[fired.query, fired.row], atol=1e-5)


def test_many_trackers_are_searched_by_cells_at_high_recall(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = some_rows(3000, 0.6, spread=0.2)
    asked = near(rows, noise=0.06)
    exact = Planes(rows).search(asked)
    monkeypatch.setattr(module, "FLAT_TRACKERS", 1000)
    celled = Planes(rows).search(asked)
    found = set(zip(celled.query.tolist(), celled.row.tolist(), strict=True))
    wanted = set(zip(exact.query.tolist(), exact.row.tolist(), strict=True))
    assert found <= wanted
    assert len(found) >= 0.98 * len(wanted) > 2000


def test_nothing_fires_without_rows_or_without_queries() -> None:
    rows = some_rows(2, 0.0)
    assert len(Planes([]).search(near(rows)).query) == 0
    assert len(Planes(rows).search(near(rows)[:0]).query) == 0

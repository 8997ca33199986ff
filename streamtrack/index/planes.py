"""Rows in FAISS, in two steps: trackers that may fire, then their rows, which decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import faiss
import numpy as np

from streamtrack.core.ports import Vectors
from streamtrack.core.scoring import Rows, cones, planes
from streamtrack.core.spans import Numbers

FLAT_TRACKERS = 4096
"""Up to so many trackers every cone is looked at; beyond, those in the nearest cells, at a recall below 1."""

CELLS_PER_ROOT = 4
SAMPLE_PER_CELL = 40
CELLS_PROBED = 16
PAIRS_AT_ONCE = 4096
"""Rows put to windows in one step of the exact part; their product stays inside the CPU's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Fired:
    """Which rows fire at which queries, and how far above the threshold; three arrays of one length."""

    query: Numbers
    row: Numbers
    margin: Vectors


class Planes:
    """The rows of some trackers. Exact up to ``FLAT_TRACKERS`` trackers."""

    def __init__(self, rows: Sequence[Rows]) -> None:
        counts = np.array([len(one.matrix) for one in rows], np.int64)
        self._counts, self._ends = counts, np.cumsum(counts)
        self._rows = planes(rows) if rows else np.empty((0, 0), np.float32)
        self._cones = _indexed(cones(rows)) if rows else None

    def search(self, asked: Vectors) -> Fired:
        """The rows whose inner product with a query is 0 or more."""
        if self._cones is None or not len(asked):
            return Fired(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
        faiss.omp_set_num_threads(1)  # it counts for the calling thread alone, and more only wait for each other
        limits, _, tracker = self._cones.range_search(asked, 0.0)
        query = np.repeat(np.arange(len(asked)), np.diff(limits.astype(np.int64)))
        counts = self._counts[tracker]
        query = np.repeat(query, counts)
        first = np.cumsum(counts) - counts
        row = np.arange(len(query)) + np.repeat(self._ends[tracker] - counts - first, counts)
        margin = np.empty(len(query), np.float32)
        for start in range(0, len(query), PAIRS_AT_ONCE):
            some = slice(start, start + PAIRS_AT_ONCE)
            np.einsum("nd,nd->n", asked[query[some]], self._rows[row[some]], out=margin[some])
        fired = margin >= 0
        return Fired(query[fired], row[fired], margin[fired])


def _indexed(rows: Vectors) -> faiss.Index:
    """A FAISS index over the rows, flat while they are few."""
    count, dim = rows.shape
    flat = faiss.IndexFlatIP(dim)
    if count <= FLAT_TRACKERS:
        flat.add(rows)
        return flat
    cells = CELLS_PER_ROOT * int(count**0.5)
    index = faiss.IndexIVFFlat(flat, dim, cells, faiss.METRIC_INNER_PRODUCT)
    index.cp.max_points_per_centroid = SAMPLE_PER_CELL
    index.train(rows)
    index.add(rows)
    index.nprobe = CELLS_PROBED
    return index

"""The rows of trackers in FAISS: which of them a query sets off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import faiss
import numpy as np

from streamtrack.core.ports import Vectors
from streamtrack.core.scoring import ROUNDING, Rows, cones, planes
from streamtrack.core.spans import Numbers

FLAT_LINES = 4096
"""Up to so many lines every one is looked at; beyond, those in the nearest cells, at a recall just below 1."""

CELLS_PER_ROOT = 4
CELLS_PROBED = 16
"""Four cells for each unit of the root of the number of lines, sixteen of them looked at: recall above 0.99."""

TRAINED_ON = 40
ROUNDS = 8
"""Lines for each cell, and rounds of k-means, that the cells are learned with."""

PAIRS_AT_ONCE = 4096
"""Rows put to windows in one step of the exact part; their product stays inside the CPU's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Fired:
    """Which rows fire at which queries, and how far above the threshold; three arrays of one length."""

    query: Numbers
    row: Numbers
    margin: Vectors


class Planes:
    """The rows of some trackers. Exact up to ``FLAT_LINES`` lines."""

    def __init__(self, rows: Sequence[Rows]) -> None:
        self._rows = planes(rows) if rows else np.empty((0, 0), np.float32)
        self._lines: Lines | None = lines(rows) if rows else None
        many = self._lines is not None and len(self._lines.matrix) > FLAT_LINES
        self._cells = _celled(self._lines.matrix) if self._lines is not None and many else None

    def search(self, asked: Vectors) -> Fired:
        """The rows whose inner product with a query is 0 or more."""
        if self._lines is None or not len(asked):
            return Fired(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
        query, line = self._candidates(asked, self._lines.matrix)
        counts = self._lines.count[line]
        query = np.repeat(query, counts)
        row = np.arange(len(query)) + np.repeat(self._lines.first[line] - (np.cumsum(counts) - counts), counts)
        margin = np.empty(len(query), np.float32)
        for start in range(0, len(query), PAIRS_AT_ONCE):
            some = slice(start, start + PAIRS_AT_ONCE)
            np.einsum("nd,nd->n", asked[query[some]], self._rows[row[some]], out=margin[some])
        fired = margin >= 0
        return Fired(query[fired], row[fired], margin[fired])

    def _candidates(self, asked: Vectors, matrix: Vectors) -> tuple[Numbers, Numbers]:
        """The queries that a line lets through, with that line."""
        if self._cells is None:
            # numpy's own product is several times as fast as a flat index, whose BLAS knows the newer CPUs not
            query, line = np.divmod(np.flatnonzero(asked @ matrix.T >= 0), len(matrix))
            return query, line
        faiss.omp_set_num_threads(1)  # it counts for the calling thread alone, and more only wait for each other
        limits, _, found = self._cells.range_search(asked, 0.0)
        return np.repeat(np.arange(len(asked)), np.diff(limits.astype(np.int64))), found


def _celled(lines: Vectors) -> faiss.Index:
    """A FAISS index that looks at the nearest cells only."""
    count, dim = lines.shape
    index = faiss.IndexIVFFlat(
        faiss.IndexFlatIP(dim), dim, CELLS_PER_ROOT * int(count**0.5), faiss.METRIC_INNER_PRODUCT
    )
    index.cp.min_points_per_centroid, index.cp.max_points_per_centroid = 1, TRAINED_ON
    index.cp.niter = ROUNDS
    index.train(lines)
    index.add(lines)
    index.nprobe = CELLS_PROBED
    return index

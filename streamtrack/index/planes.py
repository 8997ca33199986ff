"""The rows of trackers in FAISS: which of them a query sets off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import faiss
import numpy as np

from streamtrack.core.ports import Vectors
from streamtrack.core.scoring import ROUNDING, Rows, cones, planes
from streamtrack.core.spans import Numbers

FLAT_TRACKERS = 2048
"""Up to so many trackers every row is looked at; beyond, those in the nearest cells, at a recall just below 1."""

CELLS_PER_ROOT = 4
CELLS_PROBED = 16
"""Four cells for each unit of the root of the number of trackers, sixteen of them looked at: recall above 0.99."""

TRAINED_ON = 40
ROUNDS = 8
"""Trackers for each cell, and rounds of k-means, that the cells are learned with."""

PAIRS_AT_ONCE = 4096
"""Rows put to windows in one step of the exact part; their product stays inside the CPU's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Fired:
    """Which rows fire at which queries, and how far above the threshold; three arrays of one length."""

    query: Numbers
    row: Numbers
    margin: Vectors


class Planes:
    """The rows of some trackers. Exact up to ``FLAT_TRACKERS`` trackers.

    With the thresholds folded into the rows, one range search returns the decisions. Beyond ``FLAT_TRACKERS`` the
    range search is over one cone for each tracker, and the rows of the cones that a query lies in decide.
    """

    def __init__(self, rows: Sequence[Rows]) -> None:
        self._counts = np.array([len(one.matrix) for one in rows], np.int64)
        self._starts = np.cumsum(self._counts) - self._counts
        self._rows = planes(rows) if rows else np.empty((0, 0), np.float32)
        self._is_flat = len(rows) <= FLAT_TRACKERS
        self._index = None if not rows else _flat(self._rows) if self._is_flat else _celled(cones(rows))

    def search(self, asked: Vectors) -> Fired:
        """The rows whose inner product with a query is 0 or more."""
        if self._index is None or not len(asked):
            return Fired(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
        # The count holds for the calling thread alone; more threads only wait for each other.
        faiss.omp_set_num_threads(1)
        # FAISS returns what lies above the radius, and a threshold is inclusive.
        limits, margin, found = self._index.range_search(asked, -ROUNDING)
        query = np.repeat(np.arange(len(asked)), np.diff(limits.astype(np.int64)))
        if not self._is_flat:
            query, found, margin = self._decided(asked, query, found)
        fired = margin >= 0
        return Fired(query[fired], found[fired], margin[fired])

    def _decided(self, asked: Vectors, query: Numbers, tracker: Numbers) -> tuple[Numbers, Numbers, Vectors]:
        """Every row of the trackers found, with its margin."""
        counts = self._counts[tracker]
        query = np.repeat(query, counts)
        row = np.arange(len(query)) + np.repeat(self._starts[tracker] - (np.cumsum(counts) - counts), counts)
        margin = np.empty(len(query), np.float32)
        for start in range(0, len(query), PAIRS_AT_ONCE):
            some = slice(start, start + PAIRS_AT_ONCE)
            np.einsum("nd,nd->n", asked[query[some]], self._rows[row[some]], out=margin[some])
        return query, row, margin


def _flat(rows: Vectors) -> faiss.Index:
    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)
    return index


def _celled(cones: Vectors) -> faiss.Index:
    """A FAISS index that looks at the nearest cells only."""
    count, dim = cones.shape
    index = faiss.IndexIVFFlat(
        faiss.IndexFlatIP(dim), dim, CELLS_PER_ROOT * int(count**0.5), faiss.METRIC_INNER_PRODUCT
    )
    index.cp.min_points_per_centroid, index.cp.max_points_per_centroid = 1, TRAINED_ON
    index.cp.niter = ROUNDS
    index.train(cones)
    index.add(cones)
    index.nprobe = CELLS_PROBED
    return index

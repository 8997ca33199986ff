"""From samples to rows: hyperplanes on which a window's inner product is its margin above the threshold.

A window's vector, and a sample's, is the direction in which it differs from ordinary talk: unit vector, minus the
mean of ordinary talk, unit again. Rows are whitened on their side only, ``(C + 30 t I)^-1`` with C the covariance of
ordinary talk and t its mean variance (Fisher's linear discriminant, shrunk), which costs a query nothing.

    score = w · prototype + (1 − w) · best sample − 0.05 for a part of the text − 0.3 · (agreement − 0.5)

The prototype is the mean of a tracker's samples, and w its share: 0.6, less where there are many of them. Agreement is
how well each sample fits the prototype of the others: a tracker whose samples lie close together must be met more
closely. All of it is linear in the window, so each sample has one row, and the best row names the nearest sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from streamtrack.core.ports import Vectors
from streamtrack.types import Sensitivity

PROTOTYPE_SHARE = 0.6
PROTOTYPE_SAMPLES = 8
"""The mean of many samples blurs while the nearest one gets nearer, so the share is at most 8 to their number."""

PART_COST = 0.05
"""What a window inside a text scores less than the whole of it: there are many of them, so one is near by chance."""

AGREEMENT_SHARE = 0.3
AGREEMENT_EXPECTED = 0.5
"""Agreement of a tracker with one sample, which has nothing to agree with."""

ROUNDING = 1e-4
"""What single precision may be off by in a first look; the rows themselves decide."""

EXTRA = 2
"""Coordinates that a query and a row have after those of the model: for the threshold and for a part of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCurve:
    """How often ordinary talk reaches a score on a tracker: log-linear between knots and beyond them.

    ``scores`` rise, ``per_hour`` falls; both have two values or more.
    """

    scores: tuple[float, ...]
    per_hour: tuple[float, ...]

    def rate(self, score: float) -> float:
        """False alarms per hour of ordinary talk at this score."""
        return float(np.exp(_line(score, self.scores, np.log(self.per_hour).tolist())))

    def score(self, per_hour: float) -> float:
        """The score that ordinary talk reaches so often."""
        rising = np.log(self.per_hour)[::-1].tolist()
        return _line(float(np.log(per_hour)), rising, self.scores[::-1])

    def threshold(self, sensitivity: Sensitivity) -> float:
        """The least score that counts; inclusive."""
        if sensitivity.threshold is not None:
            return sensitivity.threshold
        assert sensitivity.false_alarms_per_hour is not None  # one of the two is set
        return self.score(sensitivity.false_alarms_per_hour)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Background:
    """Ordinary talk as a model sees it: ``mean`` (dim,), ``whitening`` (dim, dim), and what it scores by chance."""

    mean: Vectors
    whitening: Vectors
    curve: AlarmCurve

    def directions(self, vectors: Vectors) -> Vectors:
        """Where each vector lies as seen from ordinary talk, at unit length; a null vector stays null."""
        return _unit(_unit(vectors) - self.mean)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Rows:
    """One tracker's rows, one for each sample: ``matrix`` has shape (samples, dim).

    The score of a window is its inner product with the best row, less ``offset``, less what a part costs.
    """

    matrix: Vectors
    offset: float
    threshold: float

    @classmethod
    def of(cls, samples: Vectors, sensitivity: Sensitivity, background: Background) -> Self:
        """The rows of some samples, one or more, given as directions."""
        whitened = _unit(samples @ background.whitening)
        prototype = _unit(samples.mean(axis=0, keepdims=True) @ background.whitening)
        share = min(PROTOTYPE_SHARE, PROTOTYPE_SAMPLES / len(samples))
        return cls(
            matrix=(share * prototype + (1 - share) * whitened).astype(np.float32),
            offset=AGREEMENT_SHARE * (agreement(samples) - AGREEMENT_EXPECTED),
            threshold=background.curve.threshold(sensitivity),
        )

    @property
    def bound(self) -> float:
        """The least inner product that counts, for the whole of a text."""
        return self.threshold + self.offset


def agreement(samples: Vectors) -> float:
    """How well each sample fits the prototype of the others, as a mean cosine."""
    if len(samples) < 2:
        return AGREEMENT_EXPECTED
    others = _unit(samples.sum(axis=0) - samples)
    return float(np.einsum("nd,nd->n", samples, others).mean())


def queries(directions: Vectors, part: Vectors) -> Vectors:
    """Windows as they are put to rows: (windows, dim + 2), with 1 and ``part`` after the direction."""
    count, dim = directions.shape
    extended = np.empty((count, dim + EXTRA), np.float32)
    extended[:, :dim], extended[:, dim], extended[:, dim + 1] = directions, 1.0, part
    return extended


def best_scores(asked: Vectors, rows: Sequence[Rows]) -> Vectors:
    """The score of each query on each tracker, (windows, trackers), however low: what ``planes`` decides about."""
    starts = np.cumsum([0, *(len(one.matrix) for one in rows[:-1])])
    thresholds = np.array([one.threshold for one in rows], np.float32)
    return np.asarray(np.maximum.reduceat(asked @ planes(rows).T, starts, axis=1) + thresholds, np.float32)


def planes(rows: Sequence[Rows]) -> Vectors:
    """All rows with their thresholds folded in: a query fires where its inner product is 0 or more."""
    return np.concatenate([_extended(one.matrix, one.bound, one.bound + PART_COST) for one in rows])


def cones(rows: Sequence[Rows]) -> Vectors:
    """One row for each tracker that no query fires past: where its inner product is below 0, none of its rows fires.

    Every row that fires lies within an angle of the query, and within another of the tracker's centre; the angle
    between query and centre is at most the sum of the two.
    """
    centres = _unit(np.stack([one.matrix.mean(axis=0) for one in rows]))
    bounds = [
        [_least_cosine(one.matrix, centre, one.bound + cost) for cost in (0.0, PART_COST)]
        for one, centre in zip(rows, centres, strict=True)
    ]
    table = np.array(bounds, np.float32)
    return _extended(centres, table[:, 0], table[:, 1])


def _least_cosine(matrix: Vectors, centre: Vectors, bound: float) -> float:
    lengths = np.maximum(np.linalg.norm(matrix, axis=1), np.float32(1e-12))
    to_centre = np.arccos(np.clip(matrix @ centre / lengths, -1, 1))
    reach = np.arccos(np.clip(bound / lengths, -1, 1))
    return float(np.cos(np.minimum(np.pi, to_centre + reach)).min()) - ROUNDING


def _extended(matrix: Vectors, bound: float | Vectors, part_bound: float | Vectors) -> Vectors:
    count, dim = matrix.shape
    extended = np.empty((count, dim + EXTRA), np.float32)
    extended[:, :dim], extended[:, dim] = matrix, -np.asarray(bound)
    extended[:, dim + 1] = np.asarray(bound) - part_bound
    return extended


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))[:, None]
    return np.asarray(vectors / np.maximum(lengths, np.float32(1e-12)), np.float32)


def _line(at: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """Piecewise linear through the knots, the outer pieces going on for ever."""
    knot = min(max(int(np.searchsorted(xs, at)), 1), len(xs) - 1)
    slope = (ys[knot] - ys[knot - 1]) / (xs[knot] - xs[knot - 1])
    return float(ys[knot - 1] + (at - xs[knot - 1]) * slope)

"""How well are trackers told apart, and how often does ordinary talk set them off?

    python -m benchmarks.accuracy [--seeds 2] [--rows 3000] [--development]

For each labelled set, every utterance is one decision for each of its trackers (k samples each). mAP: average precision
per tracker, mean over trackers. F1: at the threshold of the sensitivity ``balanced``; F1*: at the best single
threshold. R@1FA/100: true pairs found at one false alarm in a hundred utterances. Alarms an hour: what the trackers of
a set raise in recorded consultations, per tracker; some of it is true ("thank you").
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaldata import DEVELOPMENT, SETS, Labelled, consultations, samples, scored_rows
from benchmarks.matrices import rows_of, score_matrix
from benchmarks.report import publish
from streamtrack.core.scoring import Background
from streamtrack.encoding import open_encoder
from streamtrack.encoding.models import find_model
from streamtrack.encoding.onnx_encoder import OnnxEncoder
from streamtrack.index import read_background
from streamtrack.types import BALANCED

MODEL = "all-MiniLM-L6-v2"
BACKGROUND_SETS = ("banking77", "clinc150", "hwu64")

Scores = NDArray[np.float32]
Truth = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """What a set of trackers does on a set of utterances; see above."""

    mean_average_precision: float
    f1: float
    best_f1: float
    best_threshold: float
    recall_at_1_per_100: float


def main() -> None:
    """Measure, print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2, help="how many draws of samples, up to 5")
    parser.add_argument("--samples", type=int, default=5, help="samples of each tracker, up to 10")
    parser.add_argument("--rows", type=int, default=3000, help="most utterances scored of a set")
    parser.add_argument("--development", action="store_true", help="the development rows instead of the test rows")
    chosen = parser.parse_args()
    folder = find_model(MODEL).folder
    with open_encoder(MODEL) as encoder:
        background = read_background(folder, encoder.dim)
        threshold = background.curve.threshold(BALANCED)
        table = []
        for name, split in (DEVELOPMENT if chosen.development else SETS).items():
            rows = scored_rows(name, split, chosen.rows)
            drawn = [samples(name, seed, chosen.samples) for seed in range(chosen.seeds)]
            table.append(_line(name, _measure(encoder, background, rows, drawn, threshold)))
        table.append(_mean(table))
        alarms = _alarms(encoder, background, chosen.samples, threshold)
    publish(
        "accuracy",
        f"Accuracy, k = {chosen.samples}, mean of {chosen.seeds} draws, at most {chosen.rows:,} utterances a set",
        table,
        balanced_threshold=round(threshold, 3),
        promised_alarms_per_hour=BALANCED.false_alarms_per_hour or 0.0,
        **{f"{name}_alarms_per_hour_of_consultation": round(rate, 3) for name, rate in alarms.items()},
    )


def _measure(
    encoder: OnnxEncoder,
    background: Background,
    rows: list[Labelled],
    drawn: list[dict[str, list[str]]],
    threshold: float,
) -> list[Accuracy]:
    trackers = {str(seed): rows_of(encoder, background, one) for seed, one in enumerate(drawn)}
    matrices = score_matrix(encoder, background, [row.text for row in rows], trackers)
    truths = [np.array([[label in row.labels for label in one] for row in rows]) for one in drawn]
    return [accuracy(matrices[str(seed)], truth, threshold) for seed, truth in enumerate(truths)]


def _alarms(encoder: OnnxEncoder, background: Background, k: int, threshold: float) -> dict[str, float]:
    texts, hours = consultations()
    trackers = {name: rows_of(encoder, background, samples(name, 0, k)) for name in BACKGROUND_SETS}
    found = score_matrix(encoder, background, texts, trackers)
    return {name: float((scores >= threshold).sum() / hours / scores.shape[1]) for name, scores in found.items()}


def accuracy(scores: Scores, truth: Truth, threshold: float) -> Accuracy:
    """The figures of (utterances, trackers) scores against the same of labels."""
    present = np.flatnonzero(truth.any(axis=0))
    falling = np.argsort(-scores, axis=None, kind="stable")
    hits = truth.ravel()[falling]
    true, number = np.cumsum(hits), np.arange(1, hits.size + 1)
    f1 = 2 * true / (number + truth.sum())
    best = int(f1.argmax())
    allowed = int(np.searchsorted(number - true, len(scores) / 100, side="right")) - 1
    fired = scores >= threshold
    return Accuracy(
        mean_average_precision=fmean(_average_precision(scores[:, one], truth[:, one]) for one in present),
        f1=float(2 * (fired & truth).sum() / (fired.sum() + truth.sum())),
        best_f1=float(f1[best]),
        best_threshold=float(scores.ravel()[falling[best]]),
        recall_at_1_per_100=float(true[allowed] / truth.sum()),
    )


def _average_precision(scores: Scores, truth: Truth) -> float:
    hits = truth[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(hits)[hits] / (np.flatnonzero(hits) + 1)).mean())


def _line(name: str, seeds: list[Accuracy]) -> dict[str, str | float | int]:
    return {
        "set": name,
        "mAP": fmean(one.mean_average_precision for one in seeds),
        "F1": fmean(one.f1 for one in seeds),
        "F1*": fmean(one.best_f1 for one in seeds),
        "best at": fmean(one.best_threshold for one in seeds),
        "R@1FA/100": fmean(one.recall_at_1_per_100 for one in seeds),
    }


def _mean(table: list[dict[str, str | float | int]]) -> dict[str, str | float | int]:
    columns = [name for name in table[0] if name != "set"]
    return {"set": "mean", **{name: fmean(float(line[name]) for line in table) for name in columns}}


if __name__ == "__main__":
    main()

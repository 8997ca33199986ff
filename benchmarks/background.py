"""Makes the statistics of ordinary talk that ship with a model.

    python -m benchmarks.background --model all-MiniLM-L6-v2

Mean and covariance of windows come from the training parts of written customer dialogues (sgd, multidogo) and of
comments of all kinds (goemotions). How often talk reaches a score is counted on the comments, where nothing that the
trackers of banking77, clinc150 and hwu64 listen for is asked: an hour of talk is UTTERANCES_PER_HOUR of them. Only
numbers about all of it are kept: mean, whitening, and a curve of a few knots.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.evaldata import read_rows, samples
from benchmarks.matrices import rows_of, score_matrix
from streamtrack.core.ports import Encoder, Vectors
from streamtrack.core.scoring import AlarmCurve, Background
from streamtrack.core.spans import find_windows
from streamtrack.encoding import open_encoder
from streamtrack.encoding.models import find_model
from streamtrack.index.background import FILE, no_background
from streamtrack.runtime.matching import encode_texts

UTTERANCES_PER_HOUR = 781
"""Of both speakers together, counted in 8.59 hours of recorded consultations."""

SHRINKAGE = 30.0
"""Mean variances added to the covariance before it is inverted."""

TALK = {"sgd_user": 8000, "multidogo_finance": 3000, "goemotions": 6000}
"""Sets whose training part is ordinary talk, and the most utterances taken of each."""

FOREIGN = "goemotions"
LISTENING = ("banking77", "clinc150", "hwu64")
KNOTS = (100.0, 20.0, 4.0, 1.0, 0.25, 0.05)
"""False alarms per hour and tracker at which the curve has its knots."""

BATCH = 256


def main() -> None:
    """Write the statistics of a model into its folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="all-MiniLM-L6-v2", help="name or folder of a model that is built")
    chosen = parser.parse_args()
    folder = find_model(chosen.model).folder
    with open_encoder(chosen.model) as encoder:
        background = statistics(encoder, [text for name in TALK for text in training_texts(name)])
        curve = alarm_curve(encoder, background)
    write(folder / FILE, background, curve)
    print(f"{folder / FILE}: scores {curve.scores} at {curve.per_hour} false alarms an hour")


def training_texts(name: str) -> list[str]:
    """The utterances of a set's training part, at most so many as ``TALK`` says."""
    return [row.text for row in read_rows(name) if row.split == "train"][: TALK[name]]


def statistics(encoder: Encoder, texts: Sequence[str]) -> Background:
    """Mean and whitening of the windows of some talk, by batches of texts."""
    count, total = 0, np.zeros(encoder.dim)
    squares = np.zeros((encoder.dim, encoder.dim))
    nothing = no_background(encoder.dim)
    for vectors in _window_vectors(encoder, texts):
        units = nothing.directions(vectors)
        count, total, squares = count + len(units), total + units.sum(axis=0), squares + units.T @ units
    mean = total / count
    variance, axes = np.linalg.eigh(squares / count - np.outer(mean, mean))
    whitening = (axes / (variance / variance.mean() + SHRINKAGE)) @ axes.T * SHRINKAGE
    return Background(
        mean=mean.astype(np.float32),
        whitening=whitening.astype(np.float16).astype(np.float32),
        curve=nothing.curve,
    )


def alarm_curve(encoder: Encoder, background: Background) -> AlarmCurve:
    """The scores that foreign talk reaches so often on a tracker, every set of trackers counting the same."""
    texts = training_texts(FOREIGN)
    hours = len(texts) / UTTERANCES_PER_HOUR
    trackers = {name: rows_of(encoder, background, samples(name, 0, 5)) for name in LISTENING}
    found = score_matrix(encoder, background, texts, trackers)
    scores = np.concatenate([matrix.ravel() for matrix in found.values()])
    weights = np.concatenate([np.full(one.size, 1 / (one.shape[1] * hours * len(found))) for one in found.values()])
    falling = np.argsort(-scores)
    per_hour = np.cumsum(weights[falling])
    knots = [float(scores[falling[np.searchsorted(per_hour, knot)]]) for knot in KNOTS]
    return AlarmCurve(scores=tuple(round(knot, 4) for knot in knots), per_hour=KNOTS)


def write(path: Path, background: Background, curve: AlarmCurve) -> None:
    """The file that ``streamtrack.index.read_background`` reads."""
    np.savez(
        path,
        mean=background.mean,
        whitening=background.whitening.astype(np.float16),
        scores=np.array(curve.scores),
        per_hour=np.array(curve.per_hour),
    )


def _window_vectors(encoder: Encoder, texts: Sequence[str]) -> Iterator[Vectors]:
    for start in range(0, len(texts), BATCH):
        encoded = encode_texts(encoder, texts[start : start + BATCH])
        yield find_windows([one for text in encoded for one in text], encoder.pools_tokens).vectors


if __name__ == "__main__":
    main()

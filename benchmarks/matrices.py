"""The score of every text on every tracker, however low: what accuracy and calibration are measured from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from streamtrack.core.ports import Encoder, Vectors
from streamtrack.core.scoring import Background, Rows, best_scores, queries
from streamtrack.core.spans import find_windows
from streamtrack.runtime.matching import encode_texts
from streamtrack.types import BALANCED

BATCH = 256


def rows_of(encoder: Encoder, background: Background, trackers: Mapping[str, Sequence[str]]) -> list[Rows]:
    """The rows of each tracker, in order."""
    rows = []
    for samples in trackers.values():
        windows = find_windows([text[0] for text in encode_texts(encoder, samples)], encoder.pools_tokens)
        whole = background.directions(windows.vectors[windows.part == 0])
        rows.append(Rows.of(whole, BALANCED, background))
    return rows


def score_matrix(
    encoder: Encoder, background: Background, texts: Sequence[str], trackers: Mapping[str, Sequence[Rows]]
) -> dict[str, NDArray[np.float32]]:
    """For each set of trackers, the best score in each text on each of them: (texts, trackers)."""
    found: dict[str, list[Vectors]] = {name: [] for name in trackers}
    for start in range(0, len(texts), BATCH):
        encoded = encode_texts(encoder, texts[start : start + BATCH])
        text_of = np.repeat(np.arange(len(encoded)), [len(segments) for segments in encoded])
        windows = find_windows([one for segments in encoded for one in segments], encoder.pools_tokens)
        asked = queries(background.directions(windows.vectors), windows.part)
        present, starts = np.unique(text_of[windows.segment], return_index=True)
        for name, rows in trackers.items():
            best = np.full((len(encoded), len(rows)), -1.0, np.float32)
            best[present] = np.maximum.reduceat(best_scores(asked, rows), starts, axis=0)
            found[name].append(best)
    return {name: np.concatenate(matrices) for name, matrices in found.items()}

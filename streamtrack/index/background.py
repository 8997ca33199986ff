"""The statistics of ordinary talk that ship with a model."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from streamtrack.core.scoring import AlarmCurve, Background
from streamtrack.errors import ModelError

FILE = "background.npz"
FIELDS = ("mean", "whitening", "scores", "per_hour")

GENERIC_CURVE = AlarmCurve(scores=(0.3, 0.4, 0.5), per_hour=(1.0, 0.1, 0.01))
"""For a model without statistics: an order of magnitude only, so an explicit threshold is the better choice there."""


def no_background(dim: int) -> Background:
    """What is assumed of a model without statistics: talk without a mean, alike in all directions."""
    return Background(mean=np.zeros(dim, np.float32), whitening=np.eye(dim, dtype=np.float32), curve=GENERIC_CURVE)


def read_background(folder: Path, dim: int) -> Background:
    """The statistics in a model's folder, or ``no_background`` where it has none; ModelError for a faulty file."""
    path = folder / FILE
    if not path.exists():
        return no_background(dim)
    try:
        with np.load(path) as file:
            mean, whitening, scores, per_hour = (np.asarray(file[field], np.float32) for field in FIELDS)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ModelError(f"{path}: not a file of background statistics ({error}); fetch the file again") from error
    if mean.shape != (dim,) or whitening.shape != (dim, dim):
        raise ModelError(
            f"{path}: statistics of {mean.shape[-1]} dimensions, the model has {dim}; make them for this model"
        )
    rising = np.all(np.diff(scores) > 0) and np.all(np.diff(per_hour) < 0) and np.all(per_hour > 0)
    if len(scores) < 2 or scores.shape != per_hour.shape or not rising:
        raise ModelError(f"{path}: scores must rise and per_hour fall, two of each or more; fetch the file again")
    curve = AlarmCurve(scores=tuple(scores.tolist()), per_hour=tuple(per_hour.tolist()))
    return Background(mean=mean, whitening=whitening, curve=curve)

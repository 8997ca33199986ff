from __future__ import annotations

import numpy as np
import pytest

from streamtrack.core.ports import Encoded, Tokens
from streamtrack.core.scoring import AlarmCurve, Background, Rows, planes, queries
from streamtrack.core.sieve import Sieve
from streamtrack.core.spans import find_windows, ranges_of
from streamtrack.types import Sensitivity

DIM = 24


def background(dice: np.random.Generator) -> Background:
    mean = 0.2 * dice.standard_normal(DIM) / DIM**0.5
    return Background(
        mean=mean.astype(np.float32),
        whitening=np.eye(DIM, dtype=np.float32),
        curve=AlarmCurve(scores=(0.3, 0.5), per_hour=(1.0, 0.01)),
    )


def segment(dice: np.random.Generator, words: int) -> Encoded:
    """A text of one-letter words, a token each, between two special tokens."""
    text = " ".join("x" * words)
    offsets = np.array([(0, 0), *((2 * place, 2 * place + 1) for place in range(words)), (0, 0)], np.int64)
    tokens = Tokens(text, np.arange(words + 2), offsets, (1, words + 1))
    return Encoded(tokens, dice.standard_normal((words + 2, DIM)).astype(np.float32))


def rows(dice: np.random.Generator, count: int, threshold: float, seen: Background) -> list[Rows]:
    samples = dice.standard_normal((count, 3, DIM)).astype(np.float32)
    return [Rows.of(seen.directions(one), Sensitivity(threshold=threshold), seen) for one in samples]


@pytest.mark.parametrize("threshold", [-1.0, 0.0, 0.2, 0.4])
@pytest.mark.parametrize("seed", range(5))
def test_exactly_the_windows_that_fire_pass(threshold: float, seed: int) -> None:
    dice = np.random.default_rng(seed)
    seen = background(dice)
    learned = rows(dice, 8, threshold, seen)
    segments = [segment(dice, words) for words in (1, 2, 3, 9, 40, 0, 17)]
    passed = Sieve(learned, seen).passing(segments, [ranges_of(one.tokens) for one in segments])
    windows = find_windows(segments)
    margins = queries(seen.directions(windows.vectors), windows.part) @ planes(learned).T
    for place in range(len(segments)):
        own = windows.segment == place
        bounds = np.stack([windows.first, windows.last], axis=1)[own]
        most = margins[own].max(axis=1, initial=-9)
        got = {tuple(one) for one in passed[place].tolist()}
        assert got >= {tuple(one) for one in bounds[most >= 0].tolist()}
        assert got <= {tuple(one) for one in bounds[most >= -1e-3].tolist()}


def test_a_text_without_a_token_passes_nothing() -> None:
    dice = np.random.default_rng(0)
    seen = background(dice)
    empty = segment(dice, 0)
    (passed,) = Sieve(rows(dice, 1, -1.0, seen), seen).passing([empty], [ranges_of(empty.tokens)])
    assert len(passed) == 0

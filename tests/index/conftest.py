"""Trackers to build, over words that mean nothing and over the model that ships."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from streamtrack.core.ports import Encoder
from streamtrack.encoding import open_encoder
from streamtrack.encoding.models import DEFAULT_MODEL, find_model
from streamtrack.index import SnapshotFactory, read_background
from streamtrack.runtime.matching import encode_texts
from streamtrack.types import BALANCED, Hit, Sensitivity, Tracker

Matching = Callable[[Sequence[Tracker], Sequence[str]], list[list[Hit]]]


def tracker(name: str, *samples: str, exclude: tuple[str, ...] = (), sensitivity: Sensitivity = BALANCED) -> Tracker:
    """A tracker of some samples."""
    return Tracker(id=name, name=name, vocabulary=samples, exclude=exclude, sensitivity=sensitivity)


@pytest.fixture(scope="session")
def encoder() -> Iterator[Encoder]:
    """The model that ships, built if need be."""
    with open_encoder(progress=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def factory(encoder: Encoder) -> SnapshotFactory:
    """Snapshots over the model that ships, with its background."""
    return SnapshotFactory(encoder, read_background(find_model(DEFAULT_MODEL).folder, encoder.dim))


@pytest.fixture(scope="session")
def matching(encoder: Encoder, factory: SnapshotFactory) -> Matching:
    """The hits of some trackers in some texts."""
    return lambda trackers, texts: factory(trackers, 1).search(encode_texts(encoder, texts))

"""The few Protocols through which the runtime reaches the encoder and the index.

Both are blocking and are called from the one encoder thread; neither is called from the event loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from streamtrack.types import Hit, Tracker

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """A segment of a text cut into the encoder's tokens, special tokens and prefix included.

    Most texts are one segment; a long one is several, each overlapping the one before by at
    least the widest window.

    ``ids`` has shape (tokens,), ``offsets`` (tokens, 2): the half-open character range of each token in the text,
    (0, 0) for a special token or one of the encoder's prefix. ``inner`` is the half-open range of the tokens
    that stand for the text itself.
    """

    text: str
    ids: NDArray[np.int64]
    offsets: NDArray[np.int64]
    inner: tuple[int, int]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A segment's tokens with one contextual vector each.

    ``vectors`` has shape (tokens, dim) and is not normalised.
    """

    tokens: Tokens
    vectors: Vectors


class Encoder(Protocol):
    """A sentence encoder that shows its work token by token.

    The same text gets the same vectors, to 1e-4 in every score, alone, in any batch and under any padding.
    """

    @property
    def model(self) -> str:
        """Name and hash of the model, for manifests and events."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    @property
    def pools_tokens(self) -> bool:
        """Whether the mean of any run of token vectors is a vector of that run's meaning."""

    def tokenize(self, texts: Sequence[str]) -> list[tuple[Tokens, ...]]:
        """Cut each text into one or more segments that cover it; an empty text has one, with no inner token."""

    def encode(self, batch: Sequence[Tokens]) -> list[Encoded]:
        """Run the model over a batch of segments; one answer for each, in order."""


class Snapshot(Protocol):
    """An immutable index over one version of the catalog."""

    @property
    def catalog_version(self) -> int: ...

    @property
    def trackers(self) -> tuple[Tracker, ...]: ...

    def search(self, texts: Sequence[Sequence[Encoded]]) -> list[list[Hit]]:
        """For each text, given as its segments, the trackers that fire, best margin first.

        Each comes once, with its best span and nearest sample.
        """


class SnapshotBuilder(Protocol):
    """Turns trackers into a snapshot; the only place where samples are encoded."""

    def __call__(self, trackers: Sequence[Tracker], catalog_version: int) -> Snapshot: ...

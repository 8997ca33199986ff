"""Which waiting texts go to the encoder next.

Batch while busy: there is no timer here or anywhere. An idle encoder takes what is there, a busy one finds a batch
waiting (the method of Hugging Face's text-embeddings-inference). Order is by class, then by arrival. A newer interim
replaces the waiting one of its utterance in its place in the queue; a final replaces it too, in its own class.
A batch that holds finals holds nothing else, so that finals never wait for interims that could have waited.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

from streamtrack.errors import Overloaded


class Urgency(IntEnum):
    """Classes of work, most urgent first."""

    FINAL = 0
    STABLE = 1
    INTERIM = 2
    BACKFILL = 3


J = TypeVar("J")


@dataclass(frozen=True, slots=True)
class Waiting(Generic[J]):
    """One text in the backlog; ``tokens`` is what it is expected to cost the encoder."""

    key: Hashable
    urgency: Urgency
    tokens: int
    job: J


def expected_tokens(text: str) -> int:
    """What a text will cost, before it is cut into tokens: English runs at some four characters a token."""
    return len(text) // 4 + 3


class Backlog(Generic[J]):
    """Texts accepted but not yet encoded, one for each key, at most ``limit`` besides the finals.

    Finals are always taken: the socket that brings them waits for ``has_room`` instead. Everything else is refused
    with Overloaded when the backlog is full, the same way for one text and for many.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._classes: tuple[OrderedDict[Hashable, Waiting[J]], ...] = tuple(OrderedDict() for _ in Urgency)

    def __len__(self) -> int:
        return sum(map(len, self._classes))

    @property
    def has_room(self) -> bool:
        """Whether fewer texts than the limit are waiting."""
        return len(self) < self._limit

    def depth(self, urgency: Urgency) -> int:
        """How many texts of one class are waiting."""
        return len(self._classes[urgency])

    def put(self, waiting: Waiting[J]) -> J | None:
        """Queue a text; return the job it replaces, if any. Raises Overloaded, and then nothing has changed."""
        replaced = self._find(waiting.key)
        if replaced is None and waiting.urgency is not Urgency.FINAL and not self.has_room:
            raise Overloaded(f"{len(self)} texts waiting, limit {self._limit}; retry later")
        if replaced is None:
            self._classes[waiting.urgency][waiting.key] = waiting
            return None
        if replaced.urgency is not waiting.urgency:
            del self._classes[replaced.urgency][waiting.key]
        self._classes[waiting.urgency][waiting.key] = waiting
        return replaced.job

    def take(self, budget: int) -> list[J]:
        """Remove and return the next batch: at least one text if any waits, then as many as ``budget`` tokens hold."""
        batch: list[J] = []
        for urgency in Urgency:
            queue = self._classes[urgency]
            while queue:
                waiting = next(iter(queue.values()))
                if batch and waiting.tokens > budget:
                    return batch
                del queue[waiting.key]
                batch.append(waiting.job)
                budget -= waiting.tokens
            if batch and urgency is Urgency.FINAL:
                return batch
        return batch

    def discard(self, key: Hashable) -> J | None:
        """Remove the waiting text of a key, if there is one."""
        found = self._find(key)
        return None if found is None else self._classes[found.urgency].pop(key).job

    def _find(self, key: Hashable) -> Waiting[J] | None:
        return next((queue[key] for queue in self._classes if key in queue), None)

"""The one encoder thread and the backlog it works off."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Protocol, TypeVar

from streamtrack.core.batching import Backlog, Urgency, Waiting, expected_tokens
from streamtrack.core.ports import Encoder
from streamtrack.errors import EncodingFailed, ShuttingDown, StreamtrackError
from streamtrack.runtime.matching import Answer, Question, answer
from streamtrack.runtime.metrics import Metrics
from streamtrack.types import Timings

R = TypeVar("R")

EVERYTHING = 2**62
"""A budget that no backlog exceeds."""


class Asker(Protocol):
    """Whoever asks about a text hears of it exactly once, on the event loop, in the order of asking."""

    def answered(self, found: Answer, timings: Timings) -> None: ...

    def superseded(self) -> None:
        """A newer text of the same key took this one's place."""

    def failed(self, error: StreamtrackError) -> None: ...


@dataclass(frozen=True, slots=True)
class _Job:
    question: Question
    urgency: Urgency
    asker: Asker
    arrived: float


class Batcher:
    """Answers questions in batches, on a thread of its own that owns the encoder and every index.

    Bounded by ``backlog_texts``: beyond it everything but finals is refused with Overloaded; who brings finals calls
    ``wait_room`` before it takes more from its socket. A batch that fails is tried again text by text, so that a bad
    text costs only its own asker.
    """

    def __init__(self, encoder: Encoder, metrics: Metrics, *, batch_tokens: int, backlog_texts: int) -> None:
        self._encoder = encoder
        self._metrics = metrics
        self._budget = batch_tokens
        self._backlog: Backlog[_Job] = Backlog(backlog_texts)
        self._errands: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._room = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._room.set()
        self._unanswered = 0
        for urgency in Urgency:
            depth = partial(self._backlog.depth, urgency)
            metrics.backlog.labels(urgency.name.lower()).set_function(depth)
        self._queue_ms = [metrics.queue_ms.labels(urgency.name.lower()) for urgency in Urgency]
        self._total_ms = [metrics.total_ms.labels(urgency.name.lower()) for urgency in Urgency]

    @contextmanager
    def running(self) -> Iterator[Batcher]:
        """Run the encoder thread; on leaving, fail what still waits with ShuttingDown and join the thread."""
        self._loop = asyncio.get_running_loop()
        thread = threading.Thread(target=self._work, name="encoder", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            with self._changed:
                self._stopping = True
                left: list[_Job] = []
                while waiting := self._backlog.take(EVERYTHING):
                    left += waiting
                self._changed.notify()
            for job in left:
                job.asker.failed(ShuttingDown("the server stopped before this text had its turn; send it again"))
            thread.join()

    def ask(self, key: Hashable, question: Question, urgency: Urgency, asker: Asker) -> None:
        """Queue a text; it replaces the waiting one of its key. Raises Overloaded when there is no room."""
        job = _Job(question, urgency, asker, perf_counter())
        with self._changed:
            if self._stopping:
                raise ShuttingDown("the server is stopping; send this again to the next one")
            replaced = self._backlog.put(Waiting(key, urgency, expected_tokens(question.text), job))
            self._changed.notify()
        self._note_room()
        if replaced is None:
            self._unanswered += 1
            self._idle.clear()
        else:
            replaced.asker.superseded()

    def forget(self, key: Hashable) -> None:
        """Take back the text that waits under a key, if one does; its asker hears that it was superseded."""
        with self._changed:
            job = self._backlog.discard(key)
        if job is not None:
            self._count_answered(1)
            job.asker.superseded()

    async def run(self, errand: Callable[[], R]) -> R:
        """Run something blocking that needs the encoder, such as building a snapshot, between two batches."""
        done: asyncio.Future[R] = self._loop.create_future()

        def work() -> None:
            try:
                result = errand()
            except Exception as error:
                self._loop.call_soon_threadsafe(_fail, done, error)
            else:
                self._loop.call_soon_threadsafe(_settle, done, result)

        with self._changed:
            self._errands.append(work)
            self._changed.notify()
        return await done

    async def wait_room(self) -> None:
        """Wait until the backlog has room for one more text."""
        await self._room.wait()

    async def wait_idle(self) -> None:
        """Wait until every question has been answered."""
        await self._idle.wait()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (self._stopping or self._errands or len(self._backlog)):
                    self._changed.wait()
                if self._stopping and not self._errands:
                    return
                errand = self._errands.popleft() if self._errands else None
                batch = self._backlog.take(self._budget)
            if errand is not None:
                errand()
            if batch:
                self._answer(batch)

    def _answer(self, batch: Sequence[_Job]) -> None:
        began = perf_counter()
        try:
            answers: list[Answer | StreamtrackError] = list(answer(self._encoder, [job.question for job in batch]))
        except Exception:
            answers = [self._answer_alone(job) for job in batch]
        self._loop.call_soon_threadsafe(self._deliver, batch, answers, began)

    def _answer_alone(self, job: _Job) -> Answer | StreamtrackError:
        try:
            return answer(self._encoder, [job.question])[0]
        except Exception as error:
            return EncodingFailed(f"the encoder refused this text ({type(error).__name__}: {error})")

    def _deliver(self, batch: Sequence[_Job], answers: Sequence[Answer | StreamtrackError], began: float) -> None:
        ended = perf_counter()
        self._measure(batch, answers)
        for job, found in zip(batch, answers, strict=True):
            queue_ms, total_ms = (began - job.arrived) * 1e3, (ended - job.arrived) * 1e3
            self._queue_ms[job.urgency].observe(queue_ms)
            self._total_ms[job.urgency].observe(total_ms)
            if isinstance(found, StreamtrackError):
                job.asker.failed(found)
            else:
                job.asker.answered(
                    found,
                    Timings(
                        queue=round(queue_ms, 3),
                        encode=round(found.encode_ms, 3),
                        search=round(found.search_ms, 3),
                        total=round(total_ms, 3),
                    ),
                )
        self._count_answered(len(batch))

    def _count_answered(self, texts: int) -> None:
        self._unanswered -= texts
        if not self._unanswered:
            self._idle.set()
        self._note_room()

    def _measure(self, batch: Sequence[_Job], answers: Sequence[Answer | StreamtrackError]) -> None:
        self._metrics.batch_texts.observe(len(batch))
        good = next((found for found in answers if isinstance(found, Answer)), None)
        if good is not None:
            self._metrics.encode_ms.observe(good.encode_ms)
            self._metrics.search_ms.observe(good.search_ms)
        self._metrics.failures.inc(sum(isinstance(found, StreamtrackError) for found in answers))

    def _note_room(self) -> None:
        if self._backlog.has_room:
            self._room.set()
        else:
            self._room.clear()


def _settle(future: asyncio.Future[R], result: R) -> None:
    if not future.cancelled():
        future.set_result(result)


def _fail(future: asyncio.Future[R], error: Exception) -> None:
    if not future.cancelled():
        future.set_exception(error)

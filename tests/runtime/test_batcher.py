from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from streamtrack.core.batching import Urgency
from streamtrack.core.ports import Encoded, Tokens
from streamtrack.errors import EncodingFailed, Overloaded, ShuttingDown, StreamtrackError
from streamtrack.runtime.batcher import Batcher
from streamtrack.runtime.matching import Answer, Question
from streamtrack.runtime.metrics import Metrics
from streamtrack.testing import PhraseSnapshot, WordEncoder
from streamtrack.types import Timings, Tracker

SNAPSHOT = PhraseSnapshot((Tracker(id="t", name="Cancel", vocabulary=("cancel",)),), 1)


class Asking:
    """Writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[str | StreamtrackError] = []
        self.done = asyncio.Event()

    def answered(self, found: Answer, timings: Timings) -> None:
        assert timings.total >= timings.queue >= 0
        self._hear(",".join(hit.tracker.name for hit in found.hits) or "nothing")

    def superseded(self) -> None:
        self._hear("superseded")

    def failed(self, error: StreamtrackError) -> None:
        self._hear(error)

    def _hear(self, what: str | StreamtrackError) -> None:
        self.heard.append(what)
        self.done.set()


class GatedEncoder(WordEncoder):
    """Encodes when it is let, so that a test decides what waits behind a running batch."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Semaphore(0)
        self.entered = threading.Event()

    def encode(self, batch: Sequence[Tokens]) -> list[Encoded]:
        self.entered.set()
        assert self.gate.acquire(timeout=10)
        return super().encode(batch)


def question(text: str) -> Question:
    return Question(text, (SNAPSHOT,))


def batcher(encoder: WordEncoder, *, backlog_texts: int = 100) -> Batcher:
    return Batcher(encoder, Metrics(), batch_tokens=1000, backlog_texts=backlog_texts)


async def occupied(running: Batcher, encoder: GatedEncoder) -> Asking:
    """The encoder is busy with a first text until the gate is opened once."""
    first = Asking()
    running.ask("first", question("hello"), Urgency.INTERIM, first)
    await asyncio.to_thread(encoder.entered.wait, 10)
    return first


@pytest.mark.asyncio
async def test_a_text_is_answered_with_its_hits() -> None:
    with batcher(WordEncoder()).running() as running:
        asking = Asking()
        running.ask("u", question("please cancel it"), Urgency.FINAL, asking)
        await asking.done.wait()
        assert asking.heard == ["Cancel"]


@pytest.mark.asyncio
async def test_what_waits_while_the_encoder_is_busy_becomes_one_batch_finals_first() -> None:
    encoder = GatedEncoder()
    with batcher(encoder).running() as running:
        await occupied(running, encoder)
        for name in ("a", "b"):
            running.ask(name, question(f"interim {name}"), Urgency.INTERIM, Asking())
        running.ask("c", question("final c"), Urgency.FINAL, Asking())
        for _ in range(3):
            encoder.gate.release()
        await running.wait_idle()
    assert encoder.batches == [("hello",), ("final c",), ("interim a", "interim b")]


@pytest.mark.asyncio
async def test_a_newer_text_of_the_same_utterance_supersedes_the_waiting_one() -> None:
    encoder = GatedEncoder()
    with batcher(encoder).running() as running:
        await occupied(running, encoder)
        older, newer = Asking(), Asking()
        running.ask("u", question("please can"), Urgency.INTERIM, older)
        running.ask("u", question("please cancel"), Urgency.INTERIM, newer)
        for _ in range(2):
            encoder.gate.release()
        await running.wait_idle()
    assert (older.heard, newer.heard) == (["superseded"], ["Cancel"])
    assert encoder.batches[1:] == [("please cancel",)]


@pytest.mark.asyncio
async def test_a_forgotten_text_is_never_encoded() -> None:
    encoder = GatedEncoder()
    with batcher(encoder).running() as running:
        await occupied(running, encoder)
        asking = Asking()
        running.ask("u", question("please can"), Urgency.INTERIM, asking)
        running.forget("u")
        running.forget("nobody")
        encoder.gate.release()
        await running.wait_idle()
    assert asking.heard == ["superseded"]
    assert encoder.batches == [("hello",)]


@pytest.mark.asyncio
async def test_a_bad_text_fails_alone_and_the_batcher_lives_on() -> None:
    with batcher(WordEncoder(poison="poison")).running() as running:
        asked = [Asking() for _ in range(3)]
        for asking, text in zip(asked, ["cancel", "poison", "so cancel"], strict=True):
            running.ask(asking, question(text), Urgency.FINAL, asking)
        await running.wait_idle()
        assert asked[0].heard == asked[2].heard == ["Cancel"]
        (error,) = asked[1].heard
        assert isinstance(error, EncodingFailed)
        assert "poisoned" in str(error)
        later = Asking()
        running.ask("later", question("cancel"), Urgency.INTERIM, later)
        await later.done.wait()
        assert later.heard == ["Cancel"]


@pytest.mark.asyncio
async def test_a_full_backlog_refuses_interims_takes_finals_and_says_when_there_is_room() -> None:
    encoder = GatedEncoder()
    with batcher(encoder, backlog_texts=1).running() as running:
        await occupied(running, encoder)
        running.ask("a", question("one"), Urgency.INTERIM, Asking())
        with pytest.raises(Overloaded, match="limit 1"):
            running.ask("b", question("two"), Urgency.INTERIM, Asking())
        final = Asking()
        running.ask("c", question("cancel"), Urgency.FINAL, final)
        room = asyncio.create_task(running.wait_room())
        await asyncio.sleep(0)
        assert not room.done()
        for _ in range(3):
            encoder.gate.release()
        await room
        await running.wait_idle()
        assert final.heard == ["Cancel"]


@pytest.mark.asyncio
async def test_an_errand_runs_on_the_encoder_thread_and_its_error_reaches_the_one_who_sent_it() -> None:
    def fail() -> None:
        raise LookupError("no such thing")

    with batcher(WordEncoder()).running() as running:
        assert await running.run(lambda: threading.current_thread().name) == "encoder"
        with pytest.raises(LookupError, match="no such thing"):
            await running.run(fail)
        assert await running.run(lambda: 42) == 42


@pytest.mark.asyncio
async def test_what_waits_when_the_batcher_stops_is_failed_and_nothing_more_is_taken() -> None:
    encoder = GatedEncoder()
    stopped = batcher(encoder)
    waiting = Asking()
    with stopped.running() as running:
        await occupied(running, encoder)
        running.ask("u", question("late"), Urgency.FINAL, waiting)
        encoder.gate.release()
        encoder.gate.release()
    (error,) = waiting.heard
    assert isinstance(error, ShuttingDown)
    with pytest.raises(ShuttingDown):
        stopped.ask("u", question("later"), Urgency.FINAL, Asking())

"""One source of fragments in a conversation: what it says becomes questions, and the answers become events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from streamtrack.core.batching import Urgency
from streamtrack.core.lifecycle import NO_TIME, Lifecycle
from streamtrack.core.messages import HistoryEvent, Summary, UtteranceEnded
from streamtrack.core.transcript import Transcript, Utterance
from streamtrack.errors import Overloaded, StreamtrackError
from streamtrack.runtime.batcher import Batcher
from streamtrack.runtime.matching import Answer, Question
from streamtrack.runtime.metrics import Metrics
from streamtrack.types import Fragment, Hit, Matching, Speaker, State, Timings

Settled = Callable[[StreamtrackError | None], None]
"""Hears once of a fragment: None when everything that follows from it is published, else why it was not taken."""

NOTHING = Answer((), 0.0, 0.0)


class Place(Protocol):
    """The conversation as a producer sees it."""

    @property
    def conversation_id(self) -> str: ...
    @property
    def epoch(self) -> str: ...
    @property
    def catalog_version(self) -> int: ...
    def meet(self, speaker: Speaker) -> None: ...
    def question(self, text: str) -> Question: ...
    def counted(self, hits: Iterable[Hit], speaker: Speaker | None) -> list[Hit]: ...
    def publish(self, event: HistoryEvent) -> None: ...


class Producer:
    """One source of fragments. It outlives its connections for as long as its conversation does."""

    def __init__(self, place: Place, name: str, batcher: Batcher, metrics: Metrics) -> None:
        self._place = place
        self._name = name
        self._batcher = batcher
        self._metrics = metrics
        self._transcript = Transcript()
        self._lifecycle = Lifecycle(place.conversation_id, place.epoch, name)
        self._speaker: Speaker | None = None
        self._finals: dict[str, Look] = {}
        self._looking = 0
        self._settled = asyncio.Event()
        self._settled.set()
        self._interims = self._final_count = self._superseded = self._refused = 0

    @property
    def summary(self) -> Summary:
        """What came in and what came of it, so far."""
        return Summary(
            fragments=self._interims + self._final_count,
            finals=self._final_count,
            interims=self._interims,
            interims_superseded=self._superseded,
            refused=self._refused,
            confirmed=self._lifecycle.decided[State.CONFIRMED],
            retracted=self._lifecycle.decided[State.RETRACTED],
        )

    def begin(self, matching: Matching, speaker: Speaker | None) -> None:
        """Take the policy and the speaker of a new connection; open utterances stay open."""
        self._transcript.matching = matching
        self._speaker = speaker or self._speaker

    def receive(self, fragment: Fragment, settled: Settled) -> None:
        """Take one fragment; ``settled`` is called when it is done with, at the latest when the server stops.

        Raises what ``Transcript.receive`` raises, Overloaded for an interim when too many texts are waiting, and
        ShuttingDown; then the fragment is not taken and ``settled`` is never called.
        """
        fragment = self._attributed(fragment)
        try:
            changes = self._transcript.receive(fragment)
        except StreamtrackError:
            self._refused += 1
            raise
        self._count(fragment)
        for change in changes:
            self._look(change, settled if change.utterance_id == fragment.utterance_id else _unheeded)
        if not changes:
            self._repeat(fragment, settled)

    def finalize(self, utterance_id: str | None = None) -> list[str]:
        """Make one open utterance final as it stands, or all of them; return their ids."""
        changes = self._transcript.finalize(utterance_id)
        for change in changes:
            self._look(change, _unheeded)
        return [change.utterance_id for change in changes]

    async def wait_settled(self) -> None:
        """Wait until everything that follows from the fragments taken so far is published."""
        await self._settled.wait()

    def _attributed(self, fragment: Fragment) -> Fragment:
        if fragment.speaker is None:
            return replace(fragment, speaker=self._speaker)
        self._place.meet(fragment.speaker)
        return fragment

    def _count(self, fragment: Fragment) -> None:
        self._metrics.fragments.labels("final" if fragment.final else "interim").inc()
        self._final_count += fragment.final
        self._interims += not fragment.final

    def _repeat(self, fragment: Fragment, settled: Settled) -> None:
        """A no-op is settled at once, but a repeated final not before the final that it repeats."""
        look = self._finals.get(fragment.utterance_id) if fragment.final else None
        if look is None:
            settled(None)
        else:
            look.settled.append(settled)

    def _look(self, utterance: Utterance, settled: Settled) -> None:
        if utterance.heard is None:
            settled(None)
            return
        look = Look(self, utterance, settled)
        if utterance.final:
            look.settled += self._taken_over(utterance.utterance_id)
            self._finals[utterance.utterance_id] = look
        self._looking += 1
        self._settled.clear()
        if utterance.heard.strip():
            self._ask(look)
        else:
            self._batcher.forget(self._key(utterance))
            look.answered(NOTHING, NO_TIME)

    def _ask(self, look: Look) -> None:
        utterance = look.utterance
        question = self._place.question(utterance.heard or "")
        try:
            self._batcher.ask(self._key(utterance), question, self._urgency(utterance), look)
        except StreamtrackError as error:
            self._metrics.shed.inc(isinstance(error, Overloaded))
            self._refused += 1
            self._done(look)
            if utterance.final:
                self._transcript.reopen(utterance.utterance_id)
            raise

    def _taken_over(self, utterance_id: str) -> list[Settled]:
        """Those who wait for a final that is still waiting itself: the final that replaces it answers them too."""
        waiting = self._finals.get(utterance_id)
        if waiting is None:
            return []
        heirs, waiting.settled = waiting.settled, []
        return heirs

    def _key(self, utterance: Utterance) -> tuple[str, str, str]:
        return self._place.conversation_id, self._name, utterance.utterance_id

    def _urgency(self, utterance: Utterance) -> Urgency:
        if utterance.final:
            return Urgency.FINAL
        return Urgency.STABLE if self._transcript.matching == "stable" else Urgency.INTERIM

    def answer(self, look: Look, found: Answer, timings: Timings) -> None:
        """Publish what was found in an utterance."""
        utterance = look.utterance
        hits = self._place.counted(found.hits, utterance.speaker)
        if utterance.final:
            self._place.publish(self._ended(utterance))
        for match in self._lifecycle.update(utterance, hits, self._place.catalog_version, timings):
            self._place.publish(match)
        self._done(look)
        look.settle(None)

    def supersede(self, look: Look) -> None:
        """Newer text of the utterance took the place of this look."""
        if not look.utterance.final:
            self._superseded += 1
            self._metrics.superseded.inc()
        self._done(look)
        look.settle(None)

    def fail(self, look: Look, error: StreamtrackError) -> None:
        """The look came to nothing; a final may be sent again."""
        self._refused += 1
        if look.utterance.final and self._finals.get(look.utterance.utterance_id) is look:
            self._transcript.reopen(look.utterance.utterance_id)
        self._done(look)
        look.settle(error)

    def _ended(self, utterance: Utterance) -> UtteranceEnded:
        return UtteranceEnded(
            conversation_id=self._place.conversation_id,
            utterance_id=utterance.utterance_id,
            speaker=utterance.speaker,
            text=utterance.text,
            start_s=utterance.start_s,
            end_s=utterance.end_s,
            revision=utterance.revision,
        )

    def _done(self, look: Look) -> None:
        if self._finals.get(look.utterance.utterance_id) is look:
            del self._finals[look.utterance.utterance_id]
        self._looking -= 1
        if not self._looking:
            self._settled.set()


class Look:
    """One look at an utterance as it stood at a moment; the batcher answers it exactly once."""

    __slots__ = ("_producer", "settled", "utterance")

    def __init__(self, producer: Producer, utterance: Utterance, settled: Settled) -> None:
        self._producer = producer
        self.utterance = utterance
        self.settled = [settled]

    def answered(self, found: Answer, timings: Timings) -> None:
        """The text was searched."""
        self._producer.answer(self, found, timings)

    def superseded(self) -> None:
        """A newer text of the utterance took its place."""
        self._producer.supersede(self)

    def failed(self, error: StreamtrackError) -> None:
        """The text could not be searched."""
        self._producer.fail(self, error)

    def settle(self, error: StreamtrackError | None) -> None:
        """Tell everyone who waits for this look."""
        for settled in self.settled:
            settled(error)
        self.settled = []


def _unheeded(_: StreamtrackError | None) -> None:
    """For utterances that nobody sent in this moment: the server made them final."""

"""One conversation while it is being transcribed: who takes part, which trackers listen, who is told."""

from __future__ import annotations

from collections.abc import Iterable

from streamtrack.core.messages import ConversationEnded, ConversationStarted, EndReason, HistoryEvent
from streamtrack.runtime.batcher import Batcher
from streamtrack.runtime.catalog import Listening
from streamtrack.runtime.matching import Question
from streamtrack.runtime.metrics import Metrics
from streamtrack.runtime.producer import Producer
from streamtrack.runtime.topics import Topic
from streamtrack.types import Hit, Match, Matching, Speaker

SPEAKERS_LIMIT = 256
"""Speakers remembered by id in one conversation; a later one keeps its id but not its name and role."""


class Conversation:
    """What is shared by everyone in one conversation: its history, its speakers, the trackers that listen."""

    def __init__(self, conversation_id: str, topic: Topic, everyone: Topic, batcher: Batcher, metrics: Metrics) -> None:
        self.conversation_id = conversation_id
        self.topic = topic
        self._everyone = everyone
        self._batcher = batcher
        self._metrics = metrics
        self._speakers: dict[str, Speaker] = {}
        self._listening: dict[str, Listening] = {}
        self._producers: dict[str, Producer] = {}
        self._away: set[str] = set()

    @property
    def epoch(self) -> str:
        """The epoch of this conversation's history."""
        return self.topic.top.epoch

    def open(self) -> None:
        """Tell the dashboards that it has begun."""
        self._everyone.publish(ConversationStarted(conversation_id=self.conversation_id))

    def end(self, reason: EndReason) -> None:
        """Tell the dashboards that it is over."""
        self._everyone.publish(ConversationEnded(conversation_id=self.conversation_id, reason=reason))

    def join(self, name: str, listening: Listening, matching: Matching, speaker: Speaker | None) -> Producer:
        """A producer comes, or comes back; its trackers count for the whole conversation from now on."""
        self._away.discard(name)
        self._listening[name] = listening
        if speaker is not None:
            self.meet(speaker)
        producer = self._producers.get(name)
        if producer is None:
            producer = self._producers[name] = Producer(self, name, self._batcher, self._metrics)
        producer.begin(matching, speaker)
        return producer

    def part(self, name: str, *, stopped: bool) -> None:
        """A producer's connection is gone; unless it stopped, it is awaited."""
        if not stopped:
            self._away.add(name)

    @property
    def awaits_someone(self) -> bool:
        """Whether a producer went away without a stop."""
        return bool(self._away)

    async def finalize(self) -> None:
        """Make every open utterance final and wait until what follows is published."""
        for producer in self._producers.values():
            producer.finalize()
        for producer in self._producers.values():
            await producer.wait_settled()

    def meet(self, speaker: Speaker) -> None:
        """Remember a speaker's name and role for fragments that give only the id."""
        if speaker.id in self._speakers or len(self._speakers) < SPEAKERS_LIMIT:
            self._speakers[speaker.id] = speaker

    def speaker(self, speaker_id: str) -> Speaker:
        """The speaker of this id, as far as it is known."""
        return self._speakers.get(speaker_id) or Speaker(id=speaker_id)

    def question(self, text: str) -> Question:
        """What to ask about a text: every index that any producer brought, each once."""
        snapshots = {id(one): one for listening in self._listening.values() for one in listening.snapshots}
        return Question(text, tuple(snapshots.values()))

    def counted(self, hits: Iterable[Hit], speaker: Speaker | None) -> list[Hit]:
        """The hits of trackers that someone here asked for and that listen to this speaker; the best of each."""
        role = None if speaker is None else speaker.role
        best: dict[str, Hit] = {}
        for hit in hits:
            heard = hit.tracker.listens_to(role) and any(one.hears(hit.tracker) for one in self._listening.values())
            if heard:
                best.setdefault(hit.tracker.id, hit)
        return list(best.values())

    @property
    def catalog_version(self) -> int:
        """The newest catalog version that listens here."""
        return max((one.catalog.catalog_version for one in self._listening.values()), default=0)

    def publish(self, event: HistoryEvent) -> None:
        """Tell the producers of matches, and the dashboards of everything."""
        if isinstance(event, Match):
            self._metrics.matches.labels(event.state.value).inc()
            self.topic.publish(event)
        self._everyone.publish(event)

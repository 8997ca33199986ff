"""Every conversation in memory: opened by its first producer, kept for those who come back, ended once."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter

from streamtrack.core.messages import EndReason
from streamtrack.runtime.batcher import Batcher
from streamtrack.runtime.conversation import Conversation
from streamtrack.runtime.metrics import Metrics
from streamtrack.runtime.topics import Topic


def new_epoch() -> str:
    """A name for a history that no other history has."""
    return secrets.token_hex(8)


class Conversations:
    """The open conversations, and the topic on which dashboards hear of all of them."""

    def __init__(
        self,
        batcher: Batcher,
        metrics: Metrics,
        tasks: asyncio.TaskGroup,
        *,
        history_events: int,
        conversation_events: int,
        resume_seconds: float,
    ) -> None:
        self.everyone = Topic(new_epoch(), history_events)
        self._batcher = batcher
        self._metrics = metrics
        self._kept_events = conversation_events
        self._resume_seconds = resume_seconds
        self._open: dict[str, Conversation] = {}
        self._connected: Counter[str] = Counter()
        self._tasks = tasks
        self._waits: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, conversation_id: str) -> Conversation:
        """A producer's connection comes: the conversation is opened, or its wait for a producer is over."""
        wait = self._waits.pop(conversation_id, None)
        if wait is not None:
            wait.cancel()
        self._connected[conversation_id] += 1
        conversation = self._open.get(conversation_id)
        if conversation is None:
            topic = Topic(new_epoch(), self._kept_events)
            conversation = Conversation(conversation_id, topic, self.everyone, self._batcher, self._metrics)
            self._open[conversation_id] = conversation
            self._metrics.conversations.set(len(self._open))
            conversation.open()
        return conversation

    def leave(self, conversation: Conversation) -> None:
        """A producer's connection goes; with the last of them the conversation ends, or waits for those who left
        without a stop."""
        conversation_id = conversation.conversation_id
        self._connected[conversation_id] -= 1
        if self._connected[conversation_id] or conversation_id not in self._open:
            return
        if not conversation.awaits_someone:
            self._end(conversation_id, "stopped")
            return
        self._waits[conversation_id] = self._tasks.create_task(
            self._expire(conversation), name=f"wait for {conversation_id}"
        )

    async def close(self) -> None:
        """End every conversation: open utterances become final, and dashboards are told."""
        for wait in self._waits.values():
            wait.cancel()
        self._waits.clear()
        for conversation in list(self._open.values()):
            await conversation.finalize()
        for conversation_id in list(self._open):
            self._end(conversation_id, "shutdown")

    async def _expire(self, conversation: Conversation) -> None:
        await asyncio.sleep(self._resume_seconds)
        await conversation.finalize()
        del self._waits[conversation.conversation_id]
        self._end(conversation.conversation_id, "abandoned")

    def _end(self, conversation_id: str, reason: EndReason) -> None:
        conversation = self._open.pop(conversation_id)
        self._connected.pop(conversation_id, None)
        self._metrics.conversations.set(len(self._open))
        conversation.end(reason)

"""Hits of an utterance in, the life of its matches out.

A match is tentative while its utterance is spoken, and confirmed or retracted by the final, exactly once. An interim
never retracts: recognisers revise, and a match that flickers is worse than one that waits for its final. Only the
producer can reopen a decision, by revising its own final: then the match is updated under the same id, never
doubled, or retracted.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from streamtrack.core.times import times_of
from streamtrack.core.transcript import CLOSED_LIMIT, OPEN_LIMIT, Utterance
from streamtrack.types import Hit, Match, State, Timings, TrackerRef

NOT_IN_FINAL = "not_in_final"
"""The final does not say what the interims seemed to say."""

EMPTY_FINAL = "empty_final"
"""The final has no text: there was nothing said."""

NO_TIME = Timings(queue=0.0, encode=0.0, search=0.0, total=0.0)


class Lifecycle:
    """The matches of one producer's utterances in one conversation."""

    def __init__(self, conversation_id: str, epoch: str, producer: str = "") -> None:
        self._conversation_id = conversation_id
        self._salt = f"{conversation_id}\0{epoch}\0{producer}\0"
        self._matches: OrderedDict[str, OrderedDict[str, Match]] = OrderedDict()
        self.decided: Counter[State] = Counter()
        """How many matches stand confirmed and how many retracted."""

    def update(
        self, utterance: Utterance, hits: Sequence[Hit], catalog_version: int, timings: Timings = NO_TIME
    ) -> list[Match]:
        """What became of the utterance's matches, given the hits in the text that was heard of it.

        Events come in the order of the hits, retractions last. An unchanged tentative match makes no event.
        """
        known = self._of(utterance.utterance_id)
        events = []
        for hit in hits:
            match = self._matched(utterance, hit, known.get(hit.tracker.id), catalog_version, timings)
            if match is not None:
                self._count(known.get(hit.tracker.id), match)
                known[hit.tracker.id] = match
                events.append(match)
        if utterance.final:
            events += self._retract(utterance, {hit.tracker.id for hit in hits}, known, timings)
        return events

    def _of(self, utterance_id: str) -> OrderedDict[str, Match]:
        if utterance_id not in self._matches:
            self._matches[utterance_id] = OrderedDict()
            if len(self._matches) > OPEN_LIMIT + CLOSED_LIMIT:
                self._matches.popitem(last=False)
        self._matches.move_to_end(utterance_id)
        return self._matches[utterance_id]

    def _matched(
        self, utterance: Utterance, hit: Hit, before: Match | None, catalog_version: int, timings: Timings
    ) -> Match | None:
        text = utterance.heard or ""
        quote = text[hit.span.start : hit.span.end]
        state = State.CONFIRMED if utterance.final else State.TENTATIVE
        told = before is not None and (before.state, before.quote, before.sample) == (
            state,
            quote,
            hit.sample,
        )
        if told and (not utterance.final or (before is not None and before.text == text)):
            return None
        start_s, end_s = times_of(utterance, hit.span)
        return Match(
            match_id=self._match_id(utterance.utterance_id, hit.tracker.id),
            state=state,
            revision=1 if before is None else before.revision + 1,
            conversation_id=self._conversation_id,
            utterance_id=utterance.utterance_id,
            speaker=utterance.speaker,
            tracker=TrackerRef(id=hit.tracker.id, name=hit.tracker.name, version=hit.tracker.version),
            sample=hit.sample,
            kind=hit.kind,
            text=text,
            span=hit.span,
            quote=quote,
            start_s=start_s,
            end_s=end_s,
            score=hit.score,
            threshold=hit.threshold,
            false_alarms_per_hour=hit.false_alarms_per_hour,
            catalog_version=catalog_version,
            timings_ms=timings,
        )

    def _retract(
        self, utterance: Utterance, found: set[str], known: OrderedDict[str, Match], timings: Timings
    ) -> list[Match]:
        reason = NOT_IN_FINAL if utterance.text.strip() else EMPTY_FINAL
        events = []
        for tracker_id, match in known.items():
            if tracker_id in found or match.state is State.RETRACTED:
                continue
            retracted = replace(
                match,
                state=State.RETRACTED,
                revision=match.revision + 1,
                speaker=utterance.speaker,
                reason=reason,
                timings_ms=timings,
            )
            self._count(match, retracted)
            known[tracker_id] = retracted
            events.append(retracted)
        return events

    def _count(self, before: Match | None, now: Match) -> None:
        if before is not None:
            self.decided[before.state] -= 1
        self.decided[now.state] += 1

    def _match_id(self, utterance_id: str, tracker_id: str) -> str:
        return blake2b(f"{self._salt}{utterance_id}\0{tracker_id}".encode(), digest_size=12).hexdigest()

"""Fragments of one producer in, changed utterances out.

The rules, in the order in which they are tried (``docs/protocol.md``, "Utterances", says them to clients):

1. A fragment with a ``seq`` below the newest one seen of its utterance is stale and refused.
2. An interim for an utterance that has its final is refused.
3. A final that repeats the final is a no-op; a final with other text revises it.
4. An interim that repeats the interim is a no-op.
5. A final with no text closes the utterance as empty.
6. More open utterances than the limit: the oldest becomes final as it stands.

Nothing here can raise but the refusals above, and a refusal changes nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from streamtrack.errors import AlreadyFinal, StaleFragment
from streamtrack.types import Fragment, Matching, Speaker, Word

OPEN_LIMIT = 64
"""Open utterances of one producer; the oldest is promoted to final when another one opens."""

CLOSED_LIMIT = 1024
"""Closed utterances remembered for duplicates and revisions; an older one counts as new when it comes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One stretch of speech as it stands after a change.

    ``heard`` is the part of ``text``, always a prefix of it, that is to be looked at now; None when there is nothing
    new to look at under the producer's matching policy. ``revision`` counts the changes from 1.
    """

    utterance_id: str
    revision: int
    text: str
    heard: str | None
    final: bool
    speaker: Speaker | None = None
    start_s: float | None = None
    end_s: float | None = None
    words: tuple[Word, ...] = ()
    seq: int | None = None
    promoted: bool = False
    """Whether the server, not the producer, made it final."""


def settled_prefix(before: str, now: str) -> str:
    """The whole words on which two interims agree from the start: the text that a recogniser has settled on."""
    words_before, words_now = before.split(), now.split()
    agreed = 0
    for one, other in zip(words_before, words_now, strict=False):
        if one != other:
            break
        agreed += 1
    end = 0
    for word in words_now[:agreed]:
        end = now.index(word, end) + len(word)
    return now[:end]


class Transcript:
    """The utterances of one producer. Pure: it neither waits nor knows the time."""

    def __init__(self, matching: Matching = "earliest") -> None:
        self.matching = matching
        self._open: OrderedDict[str, Utterance] = OrderedDict()
        self._closed: OrderedDict[str, Utterance] = OrderedDict()

    @property
    def open_utterances(self) -> tuple[Utterance, ...]:
        """The utterances that still wait for their final, oldest first."""
        return tuple(self._open.values())

    def receive(self, fragment: Fragment) -> list[Utterance]:
        """Take one fragment; return the utterances it changed, in order, none for a no-op.

        Raises StaleFragment or AlreadyFinal, and then nothing has changed.
        """
        closed = self._closed.get(fragment.utterance_id)
        known = closed or self._open.get(fragment.utterance_id)
        _refuse_stale(fragment, known)
        if closed is not None:
            return self._receive_after_final(fragment, closed)
        if fragment.final:
            return [self._close(_grown(fragment, known))]
        return self._receive_interim(fragment, known)

    def finalize(self, utterance_id: str | None = None) -> list[Utterance]:
        """Make one open utterance final as it stands, or all of them; an unknown one is no error."""
        chosen = list(self._open) if utterance_id is None else [utterance_id] if utterance_id in self._open else []
        return [self._promote(self._open[name]) for name in chosen]

    def reopen(self, utterance_id: str) -> None:
        """Forget a final that could not be looked at, so that it counts as new when it is sent again."""
        closed = self._closed.pop(utterance_id, None)
        if closed is not None:
            self._open[utterance_id] = replace(closed, final=False, text="", heard="", seq=None)

    def _receive_after_final(self, fragment: Fragment, closed: Utterance) -> list[Utterance]:
        if not fragment.final:
            raise AlreadyFinal(
                f"utterance_id: {fragment.utterance_id!r} already has its final; "
                "start a new utterance, or send the revised text as a final"
            )
        if fragment.text == closed.text:
            return []
        return [self._close(_grown(fragment, closed))]

    def _receive_interim(self, fragment: Fragment, known: Utterance | None) -> list[Utterance]:
        grown = _grown(fragment, known)
        heard = self._heard(fragment.text, known)
        unseen = known is None or heard != known.heard
        if known is not None and fragment.text == known.text and not unseen:
            return []
        promoted = []
        if known is None and len(self._open) >= OPEN_LIMIT:
            promoted.append(self._promote(next(iter(self._open.values()))))
        changed = replace(grown, heard=heard if unseen and heard else None)
        self._open[fragment.utterance_id] = replace(grown, heard=heard)
        return [*promoted, changed]

    def _heard(self, text: str, known: Utterance | None) -> str:
        if self.matching == "earliest":
            return text
        if self.matching == "final" or known is None:
            return ""
        return settled_prefix(known.text, text)

    def _promote(self, utterance: Utterance) -> Utterance:
        return self._close(
            replace(utterance, revision=utterance.revision + 1, heard=utterance.text, final=True, promoted=True)
        )

    def _close(self, utterance: Utterance) -> Utterance:
        self._open.pop(utterance.utterance_id, None)
        self._closed[utterance.utterance_id] = utterance
        self._closed.move_to_end(utterance.utterance_id)
        if len(self._closed) > CLOSED_LIMIT:
            self._closed.popitem(last=False)
        return utterance


def _refuse_stale(fragment: Fragment, known: Utterance | None) -> None:
    if known is None or known.seq is None or fragment.seq is None or fragment.seq >= known.seq:
        return
    raise StaleFragment(
        f"seq: {fragment.seq} of utterance {fragment.utterance_id!r} is older than {known.seq}, already taken"
    )


def _grown(fragment: Fragment, known: Utterance | None) -> Utterance:
    """The utterance after this fragment; what the fragment does not say is kept from before."""
    return Utterance(
        utterance_id=fragment.utterance_id,
        revision=1 if known is None else known.revision + 1,
        text=fragment.text,
        heard=fragment.text,
        final=fragment.final,
        speaker=fragment.speaker or (known.speaker if known else None),
        start_s=fragment.start_s if fragment.start_s is not None else (known.start_s if known else None),
        end_s=fragment.end_s if fragment.end_s is not None else (known.end_s if known else None),
        words=fragment.words,
        seq=fragment.seq if fragment.seq is not None else (known.seq if known else None),
    )

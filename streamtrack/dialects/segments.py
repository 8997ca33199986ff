"""A vendor's segment as fragments: one for each speaker in it, each with its words and their times."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from streamtrack.core.messages import FragmentMessage, SpeakerGiven, WordGiven

SEGMENTS_LIMIT = 1024
"""Segments whose number of pieces is remembered, as many as the server remembers utterances."""
SOURCES_LIMIT = 256
"""Channels or speakers whose open utterance is remembered; the oldest one's next result opens another."""
WORDS_LIMIT = 2_000
WORD_CHARACTERS = 200
TIME_LIMIT_S = 1e7

Voice = str | SpeakerGiven | None
"""Who speaks, as a fragment says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """A word as the vendor gave it; times in seconds, speaker where the vendor tells speakers apart by word."""

    text: str
    start_s: float | None = None
    end_s: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One of the vendor's results: the whole text of a segment so far."""

    segment_id: str
    text: str
    final: bool
    speaker: Voice = None
    start_s: float | None = None
    end_s: float | None = None
    words: Sequence[SpokenWord] = ()


class Segments:
    """The segments of one connection, each with the number of pieces it was cut into.

    A segment in which several people speak becomes one utterance for each run of words by one of them: the first
    has the segment's id, the others have ``/2``, ``/3`` and so on added, so no fragment crosses speakers. A piece that
    a later result no longer has is emptied. A result without text says nothing unless it empties what was said.
    """

    def __init__(self) -> None:
        self._pieces: OrderedDict[str, int] = OrderedDict()

    def fragments(self, segment: Segment) -> list[FragmentMessage]:
        """The fragments of one result, in the order of speech."""
        before = self._pieces.get(segment.segment_id, 0)
        pieces = _pieces(segment)
        if not before and not any(piece.text for piece in pieces):
            return []
        self._remember(segment.segment_id, max(before, len(pieces)))
        emptied = [Segment(segment_id="", text="", final=segment.final)] * (before - len(pieces))
        return [_fragment(segment, number, piece) for number, piece in enumerate([*pieces, *emptied], start=1)]

    def _remember(self, segment_id: str, pieces: int) -> None:
        self._pieces[segment_id] = pieces
        self._pieces.move_to_end(segment_id)
        if len(self._pieces) > SEGMENTS_LIMIT:
            self._pieces.popitem(last=False)


def _pieces(segment: Segment) -> list[Segment]:
    runs = _runs(segment.words) if segment.text else []
    if not runs:
        return [segment]
    if len(runs) == 1:
        return [replace(segment, speaker=runs[0][0].speaker or segment.speaker, words=runs[0])]
    return [
        replace(segment, text=text, speaker=run[0].speaker, start_s=None, end_s=None, words=run)
        for text, run in zip(_cut(segment.text, runs), runs, strict=True)
    ]


def _runs(words: Sequence[SpokenWord]) -> list[list[SpokenWord]]:
    """The words by speaker; one without a speaker, such as a comma, belongs to the word before it."""
    speaker = next((word.speaker for word in words if word.speaker is not None), None)
    spoken = []
    for word in words:
        speaker = speaker if word.speaker is None else word.speaker
        spoken.append(replace(word, speaker=speaker))
    return [list(run) for _, run in groupby(spoken, key=lambda word: word.speaker)]


def _cut(text: str, runs: Sequence[Sequence[SpokenWord]]) -> list[str]:
    """The text of each run: cut from the vendor's text where all its words stand in it, else its words joined."""
    at, starts = 0, []
    for run in runs:
        for number, word in enumerate(run):
            found = re.compile(re.escape(word.text), re.IGNORECASE).search(text, at)
            if found is None:
                return [" ".join(word.text for word in run) for run in runs]
            starts += [found.start()] if number == 0 else []
            at = found.end()
    ends = [*starts[1:], len(text)]
    return [text[start:end].strip() for start, end in zip([0, *starts[1:]], ends, strict=True)]


def _fragment(segment: Segment, number: int, piece: Segment) -> FragmentMessage:
    words = _words(piece.words)
    start_s, end_s = _times(piece, words)
    return FragmentMessage(
        utterance_id=segment.segment_id if number == 1 else f"{segment.segment_id}/{number}",
        text=piece.text,
        final=segment.final,
        speaker=piece.speaker,
        start_s=start_s,
        end_s=end_s,
        words=words,
    )


def _words(words: Iterable[SpokenWord]) -> tuple[WordGiven, ...]:
    """The words whose times can be right; the others are in the text all the same."""
    timed = (
        WordGiven(text=word.text[:WORD_CHARACTERS], start_s=word.start_s, end_s=word.end_s)
        for word in words
        if word.text and word.start_s is not None and word.end_s is not None
        if 0 <= word.start_s <= word.end_s <= TIME_LIMIT_S
    )
    return tuple(timed)[:WORDS_LIMIT]


def _times(piece: Segment, words: Sequence[WordGiven]) -> tuple[float | None, float | None]:
    start_s = piece.start_s if piece.start_s is not None or not words else words[0].start_s
    end_s = piece.end_s if piece.end_s is not None or not words else words[-1].end_s
    if start_s is not None and not 0 <= start_s <= TIME_LIMIT_S:
        start_s = None
    if end_s is not None and not (start_s or 0) <= end_s <= TIME_LIMIT_S:
        end_s = None
    return start_s, end_s


class Opened(NamedTuple):
    """An open utterance: its id, and when its first result came, where that is known."""

    utterance_id: str
    at_s: float | None


class Numbered:
    """Ids for utterances to which the vendor gives none: the results of one source up to a final are one utterance.

    ``stream`` names the connection, so that a later connection of the same producer counts afresh.
    """

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._count = 0
        self._open: OrderedDict[str, Opened] = OrderedDict()

    def opened(self, source: str = "", at_s: float | None = None) -> Opened:
        """The utterance that is open on this source; the next one is opened, at this moment, where none is."""
        if source not in self._open:
            self._count += 1
            self._open[source] = Opened(f"{self._stream}-{self._count}", at_s)
            if len(self._open) > SOURCES_LIMIT:
                self._open.popitem(last=False)
        return self._open[source]

    def current(self, source: str = "") -> str:
        """The id of the utterance that is open on this source."""
        return self.opened(source).utterance_id

    def finish(self, source: str = "") -> None:
        """The open utterance has its final; what follows on this source is the next one."""
        self._open.pop(source, None)

    def finish_all(self) -> None:
        """The vendor's stream has ended, and with it every open utterance."""
        self._open.clear()

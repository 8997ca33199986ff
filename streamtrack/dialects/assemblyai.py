"""AssemblyAI, streaming v3.

Shapes: assemblyai.com/docs, "Message Sequence", "Universal-3 Pro Streaming: Message Sequence" and "Turn Detection".
"""

from __future__ import annotations

from streamtrack.core.messages import ClientMessage, Finalize
from streamtrack.dialects.dialect import Count, Given, Id, Label, Types, checked
from streamtrack.dialects.segments import Segment, Segments, SpokenWord

VENDOR = "AssemblyAI"
KNOWN = frozenset({"Begin", "Turn", "Termination", "SpeechStarted", "Error"})
NOBODY = frozenset({"", "UNKNOWN"})
"""Labels that a turn has before its speaker is known."""


class _Begin(Given):
    id: Id


class _Word(Given):
    text: str
    start: float
    end: float
    word_is_final: bool = True
    speaker: Label = ""


class _Turn(Given):
    turn_order: Count
    transcript: str
    end_of_turn: bool
    words: tuple[_Word, ...] = ()
    speaker_label: Label = ""


class AssemblyAI:
    """A turn, by its ``turn_order``, is an utterance; ``end_of_turn`` marks its final.

    The formatted text of a turn may come as a second final; it revises the first. Before the end the newest words
    stand in ``words`` and not yet in ``transcript``, so an interim takes its text from the words.
    """

    def __init__(self, stream: str) -> None:
        self._session = stream
        self._types = Types(VENDOR, KNOWN)
        self._segments = Segments()

    def read(self, frame: object) -> list[ClientMessage]:
        """Read one message, as ``Dialect`` promises."""
        match self._types.of(frame):
            case "Begin":
                self._session = checked(_Begin, frame, VENDOR).id
            case "Turn":
                turn = checked(_Turn, frame, VENDOR)
                return [*self._segments.fragments(self._segment(turn))]
            case "Termination":
                return [Finalize()]
        return []

    def _segment(self, turn: _Turn) -> Segment:
        return Segment(
            segment_id=f"{self._session}-{turn.turn_order}",
            text=_text(turn).strip(),
            final=turn.end_of_turn,
            speaker=_name(turn.speaker_label),
            words=[
                SpokenWord(
                    text=word.text,
                    start_s=round(word.start / 1000, 3),
                    end_s=round(word.end / 1000, 3),
                    speaker=_name(word.speaker),
                )
                for word in turn.words
            ],
        )


def _text(turn: _Turn) -> str:
    if turn.end_of_turn or all(word.word_is_final for word in turn.words):
        return turn.transcript
    return " ".join(word.text for word in turn.words)


def _name(label: str) -> str | None:
    return None if label in NOBODY else label

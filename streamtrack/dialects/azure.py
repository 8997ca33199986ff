"""Azure Speech: the JSON of ``speech.hypothesis`` and ``speech.phrase``, from the WebSocket or an SDK's result.

Shapes: the Speech SDK for JavaScript, ``ServiceMessages`` (``SpeechHypothesis``, ``SimpleSpeechPhrase``,
``DetailedSpeechPhrase``), and learn.microsoft.com, "Get speech recognition results".
"""

from __future__ import annotations

from streamtrack.core.messages import ClientMessage, Finalize
from streamtrack.dialects.dialect import Count, Given, Label, checked
from streamtrack.dialects.segments import Numbered, Segment, Segments, SpokenWord
from streamtrack.errors import InvalidMessage

VENDOR = "Azure Speech"
TICKS_PER_S = 1e7
"""Azure counts time in units of 100 ns."""
SUCCESS: tuple[str | int, ...] = ("Success", 0)
END: tuple[str | int, ...] = ("EndOfDictation", 5)
NOBODY = frozenset({"", "Unknown", "Unidentified"})
SILENT = frozenset({"context", "serviceTag", "Offset", "Duration", "Status"})
"""Fields of the messages that carry no talk, such as ``turn.start`` and ``speech.endDetected``."""


class _Word(Given):
    Word: str = ""
    DisplayText: str = ""
    Offset: float
    Duration: float


class _Best(Given):
    Display: str = ""
    Lexical: str = ""
    Words: tuple[_Word, ...] = ()
    DisplayWords: tuple[_Word, ...] = ()


class _Timed(Given):
    Offset: float | None = None
    Duration: float | None = None
    Channel: Count = 0
    SpeakerId: Label = ""


class _Hypothesis(_Timed):
    Text: str


class _Phrase(_Timed):
    RecognitionStatus: str | int
    DisplayText: str = ""
    NBest: tuple[_Best, ...] = ()


class Azure:
    """The hypotheses of a channel up to the next phrase are one utterance; every message has an id of its own.

    A phrase is the final; one without success (no match, silence, babble) empties what its hypotheses said. Speakers
    are often known only in the phrase.
    """

    def __init__(self, stream: str) -> None:
        self._segments = Segments()
        self._ids = Numbered(stream)

    def read(self, frame: object) -> list[ClientMessage]:
        """Read one message, as ``Dialect`` promises."""
        given = frame if isinstance(frame, dict) else {}
        if "RecognitionStatus" in given:
            return self._phrase(checked(_Phrase, frame, VENDOR))
        if "Text" in given:
            hypothesis = checked(_Hypothesis, frame, VENDOR)
            return [*self._segments.fragments(self._segment(hypothesis, hypothesis.Text, (), final=False))]
        checked(Given, frame, VENDOR)
        if given and SILENT.isdisjoint(given):
            raise InvalidMessage(f"{VENDOR}: holds neither Text (a hypothesis) nor RecognitionStatus (a phrase)")
        return []

    def _phrase(self, phrase: _Phrase) -> list[ClientMessage]:
        if phrase.RecognitionStatus in END:
            self._ids.finish_all()
            return [Finalize()]
        best = phrase.NBest[0] if phrase.NBest else _Best()
        succeeded = phrase.RecognitionStatus in SUCCESS
        text = (phrase.DisplayText or best.Display or best.Lexical) if succeeded else ""
        segment = self._segment(phrase, text, best.DisplayWords or best.Words, final=True)
        self._ids.finish(_channel(phrase))
        return [*self._segments.fragments(segment)]

    def _segment(self, result: _Timed, text: str, words: tuple[_Word, ...], *, final: bool) -> Segment:
        channel = _channel(result)
        known = "" if result.SpeakerId in NOBODY else result.SpeakerId
        start_s, end_s = _seconds(result.Offset, result.Duration)
        return Segment(
            segment_id=self._ids.current(channel),
            text=text.strip(),
            final=final,
            speaker=known or channel or None,
            start_s=start_s,
            end_s=end_s,
            words=[_spoken(word) for word in words],
        )


def _channel(result: _Timed) -> str:
    """The name of the channel; a recogniser of one channel numbers it 0 or not at all, and nobody is named by it."""
    return f"channel-{result.Channel}" if result.Channel else ""


def _spoken(word: _Word) -> SpokenWord:
    start_s, end_s = _seconds(word.Offset, word.Duration)
    return SpokenWord(text=word.DisplayText or word.Word, start_s=start_s, end_s=end_s)


def _seconds(offset: float | None, duration: float | None) -> tuple[float | None, float | None]:
    if offset is None:
        return None, None
    return round(offset / TICKS_PER_S, 3), None if duration is None else round((offset + duration) / TICKS_PER_S, 3)

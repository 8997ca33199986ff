"""Vosk (``vosk-server`` and the recogniser's own JSON), and kaldi-gstreamer-server.

Shapes: alphacep/vosk-api, results of ``KaldiRecognizer``; alphacep/vosk-server, ``websocket``;
alumae/kaldi-gstreamer-server, README, "Server usage".
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from streamtrack.core.messages import ClientMessage
from streamtrack.dialects.dialect import Given, checked
from streamtrack.dialects.segments import Numbered, Segment, Segments, SpokenWord
from streamtrack.errors import InvalidMessage

VENDOR = "Vosk"


class _Word(Given):
    word: str
    start: float
    end: float


class _Alternative(Given):
    text: str
    result: tuple[_Word, ...] = ()


class _Vosk(Given):
    partial: str | None = None
    partial_result: tuple[_Word, ...] = ()
    text: str | None = None
    result: tuple[_Word, ...] = ()
    alternatives: tuple[_Alternative, ...] = ()


class _Aligned(Given):
    word: str
    start: float
    length: float


class _Hypothesis(Given):
    transcript: str = ""
    aligned: tuple[_Aligned, ...] = Field(default=(), validation_alias="word-alignment")


class _Hypotheses(Given):
    hypotheses: tuple[_Hypothesis, ...] = ()
    final: bool = False


class _Kaldi(Given):
    status: int
    result: _Hypotheses | None = None
    start_s: float | None = Field(default=None, validation_alias="segment-start")
    length_s: float | None = Field(default=None, validation_alias="segment-length")


class Vosk:
    """Partials up to the next result are one utterance; there are no ids, channels or names of speakers."""

    def __init__(self, stream: str) -> None:
        self._segments = Segments()
        self._ids = Numbered(stream)

    def read(self, frame: object) -> list[ClientMessage]:
        """Read one message, as ``Dialect`` promises."""
        if isinstance(frame, dict) and "status" in frame:
            return self._kaldi(checked(_Kaldi, frame, VENDOR))
        heard = checked(_Vosk, frame, VENDOR)
        if heard.partial is not None:
            return self._say(heard.partial, _spoken(heard.partial_result), final=False)
        if heard.alternatives:
            best = heard.alternatives[0]
            return self._say(best.text, _spoken(best.result), final=True)
        if heard.text is not None:
            return self._say(heard.text, _spoken(heard.result), final=True)
        raise InvalidMessage(f"{VENDOR}: holds none of partial, text, alternatives and status")

    def _kaldi(self, heard: _Kaldi) -> list[ClientMessage]:
        if heard.result is None:
            return []
        best = heard.result.hypotheses[0] if heard.result.hypotheses else _Hypothesis()
        start_s = heard.start_s
        words = [
            SpokenWord(
                text=word.word,
                start_s=round(word.start + (start_s or 0), 3),
                end_s=round(word.start + word.length + (start_s or 0), 3),
            )
            for word in best.aligned
        ]
        end_s = None if start_s is None or heard.length_s is None else round(start_s + heard.length_s, 3)
        return self._say(best.transcript, words, final=heard.result.final, start_s=start_s, end_s=end_s)

    def _say(
        self,
        text: str,
        words: Sequence[SpokenWord],
        *,
        final: bool,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> list[ClientMessage]:
        segment = Segment(
            segment_id=self._ids.current(),
            text=text.strip(),
            final=final,
            start_s=start_s,
            end_s=end_s,
            words=words,
        )
        if final:
            self._ids.finish()
        return [*self._segments.fragments(segment)]


def _spoken(words: Sequence[_Word]) -> list[SpokenWord]:
    return [SpokenWord(text=word.word, start_s=word.start, end_s=word.end) for word in words]

"""Deepgram, live transcription (``/v1/listen``).

Shapes: developers.deepgram.com, "Live audio", "Interim Results", "Finalize", "Multichannel" and "Diarization".
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from streamtrack.core.messages import ClientMessage, Finalize, Seconds
from streamtrack.dialects.dialect import Count, Given, Label, Types, checked
from streamtrack.dialects.segments import Segment, Segments, SpokenWord

VENDOR = "Deepgram"
KNOWN = frozenset({"Results", "Metadata", "SpeechStarted", "UtteranceEnd", "Warning", "Error"})


class _Word(Given):
    word: str
    punctuated_word: str | None = None
    start: float | None = None
    end: float | None = None
    speaker: Count | None = None


class _Alternative(Given):
    transcript: str
    words: tuple[_Word, ...] = ()


class _Channel(Given):
    alternatives: Annotated[tuple[_Alternative, ...], Field(min_length=1)]


class _Metadata(Given):
    request_id: Label = ""


class _Results(Given):
    channel: _Channel
    start: Seconds
    duration: Seconds
    is_final: bool = False
    channel_index: tuple[Annotated[int, Field(ge=0, le=255)], ...] = ()
    metadata: _Metadata = _Metadata()


class Deepgram:
    """``is_final`` is the final of its part of the audio; the results of a channel up to it are one utterance.

    ``speech_final`` and ``UtteranceEnd`` tell of a pause and change no text, so they are passed over. ``Metadata``
    comes when the stream has ended. Where there are several channels, the channel is the speaker, and where speakers
    are told apart, the speaker of each word.
    """

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._types = Types(VENDOR, KNOWN)
        self._segments = Segments()
        self._open: dict[int, str] = {}

    def read(self, frame: object) -> list[ClientMessage]:
        """Read one message, as ``Dialect`` promises."""
        match self._types.of(frame):
            case "Results":
                return [*self._segments.fragments(self._segment(checked(_Results, frame, VENDOR)))]
            case "Metadata":
                self._open.clear()
                return [Finalize()]
        return []

    def _segment(self, results: _Results) -> Segment:
        alternative = results.channel.alternatives[0]
        index, channel = _channel(results)
        segment = Segment(
            segment_id=self._open.setdefault(index, self._name(results, index)),
            text=alternative.transcript.strip(),
            final=results.is_final,
            speaker=channel or None,
            start_s=results.start,
            end_s=round(results.start + results.duration, 3),
            words=[_spoken(word, channel) for word in alternative.words],
        )
        if results.is_final:
            del self._open[index]
        return segment

    def _name(self, results: _Results, index: int) -> str:
        """Where in which stream it began, so that a result that is sent again is known."""
        return f"{results.metadata.request_id or self._stream}-{index}-{results.start:.2f}"


def _channel(results: _Results) -> tuple[int, str]:
    """The number of the channel, and its name where there are several: ``[1, 2]`` is the second of two."""
    index = results.channel_index[0] if results.channel_index else 0
    several = len(results.channel_index) > 1 and results.channel_index[1] > 1
    return index, f"channel-{index}" if several else ""


def _spoken(word: _Word, channel: str) -> SpokenWord:
    speaker = "" if word.speaker is None else f"speaker-{word.speaker}"
    return SpokenWord(
        text=word.punctuated_word or word.word,
        start_s=word.start,
        end_s=word.end,
        speaker="-".join(filter(None, (channel, speaker))) if speaker else None,
    )

"""Whisper's segments: as a list, as ``verbose_json``, and as WhisperLive sends them.

Shapes: platform.openai.com API reference, "The transcription object (verbose JSON)"; SYSTRAN/faster-whisper and
m-bain/whisperX (speakers); collabora/WhisperLive, ``whisper_live/client.py`` and its server's segments.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import AliasChoices, Field

from streamtrack.core.messages import ClientMessage, Finalize
from streamtrack.dialects.dialect import Given, Label, checked
from streamtrack.dialects.segments import Numbered, Segment, Segments, SpokenWord
from streamtrack.errors import InvalidMessage

VENDOR = "Whisper"
SILENT = frozenset({"uid", "message", "status", "language"})
"""Fields of WhisperLive's messages that carry no talk."""


class _Word(Given):
    word: str = Field(validation_alias=AliasChoices("word", "text"))
    start: float | None = None
    end: float | None = None
    speaker: Label = ""


class _Segment(Given):
    text: str
    start: float | None = None
    end: float | None = None
    completed: bool | None = None
    speaker: Label = ""
    words: tuple[_Word, ...] = ()


class _Message(Given):
    segments: tuple[_Segment, ...] | None = None
    text: str | None = None
    uid: str | None = None
    message: object = None


class Whisper:
    """Segments of a finished transcript are finals. WhisperLive's last segment is the interim, unless ``completed``.

    WhisperLive sends its newest segments again in every message: completed ones that begin before the end of the last
    completed one were heard already. The first new one completes the open utterance. Times in a plain list count as
    they stand, since everyone cuts audio differently.
    """

    def __init__(self, stream: str) -> None:
        self._segments = Segments()
        self._ids = Numbered(stream)
        self._completed_s = 0.0

    def read(self, frame: object) -> list[ClientMessage]:
        """Read one message, as ``Dialect`` promises."""
        message = checked(_Message, {"segments": frame} if isinstance(frame, list) else frame, VENDOR)
        if message.message in ("SERVER_READY", "DISCONNECT"):
            self._ids.finish_all()
            self._completed_s = 0.0
            return [Finalize()] if message.message == "DISCONNECT" else []
        if message.segments is not None:
            live = message.uid is not None or any(one.completed is not None for one in message.segments)
            return self._live(message.segments) if live else self._finished(message.segments)
        if message.text is not None:
            return self._finished([_Segment(text=message.text)])
        if not isinstance(frame, dict) or SILENT.isdisjoint(frame):
            raise InvalidMessage(f"{VENDOR}: segments: required, but missing")
        return []

    def _finished(self, segments: Sequence[_Segment]) -> list[ClientMessage]:
        return [fragment for one in segments for fragment in self._say(one, final=True)]

    def _live(self, segments: Sequence[_Segment]) -> list[ClientMessage]:
        messages: list[ClientMessage] = []
        for number, one in enumerate(segments, start=1):
            completed = number < len(segments) if one.completed is None else one.completed
            if completed and one.start is not None and one.start < self._completed_s:
                continue
            messages += self._say(one, final=completed)
            if completed:
                self._completed_s = max(self._completed_s, one.end or 0.0)
        return messages

    def _say(self, heard: _Segment, *, final: bool) -> list[ClientMessage]:
        segment = Segment(
            segment_id=self._ids.current(),
            text=heard.text.strip(),
            final=final,
            speaker=heard.speaker or None,
            start_s=heard.start,
            end_s=heard.end,
            words=[
                SpokenWord(text=word.word.strip(), start_s=word.start, end_s=word.end, speaker=word.speaker or None)
                for word in heard.words
            ],
        )
        if final:
            self._ids.finish()
        return [*self._segments.fragments(segment)]

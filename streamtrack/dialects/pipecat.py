"""Pipecat: RTVI messages, and transcription frames as JSON.

Shapes: docs.pipecat.ai, "The RTVI Standard" and "Text Frames"; pipecat-ai/pipecat, ``frames.proto``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import AliasChoices, Field

from streamtrack.core.messages import ClientMessage
from streamtrack.dialects.dialect import Given, Label, checked
from streamtrack.dialects.elapsed import Elapsed, Stamp
from streamtrack.dialects.segments import Numbered, Segment, Segments
from streamtrack.errors import InvalidMessage

VENDOR = "Pipecat"
LABEL = "rtvi-ai"
BOT = "bot"
FRAMES: Mapping[str, bool] = {"InterimTranscriptionFrame": False, "TranscriptionFrame": True}
"""Frames that carry what a user said, and whether it is final."""
_FRAME = re.compile(r"(\w+Frame)(#\d+)?")
PROTO = frozenset({"text", "audio", "message"})
"""Members of the serialised ``Frame`` that carry no transcription."""


class _Text(Given):
    text: str
    user: Label = Field(default="", validation_alias=AliasChoices("user_id", "userId"))
    timestamp: Stamp = None


class _Transcript(_Text):
    final: bool


class _Message(Given):
    type: str


class _UserTranscription(Given):
    data: _Transcript


class _BotTranscription(Given):
    data: _Text


class _Proto(Given):
    transcription: _Text


class _Named(Given):
    name: str


class Pipecat:
    """The texts of a user up to the next final are one utterance; frames have ids, but utterances have none.

    The bot's talk comes as finished sentences. Times are those of the messages, counted from the first.
    """

    def __init__(self, stream: str) -> None:
        self._segments = Segments()
        self._ids = Numbered(stream)
        self._elapsed = Elapsed()

    def read(self, frame: object) -> list[ClientMessage]:
        """Read one message or frame, as ``Dialect`` promises."""
        given = frame if isinstance(frame, dict) else {}
        if given.get("label") == LABEL:
            return self._rtvi(frame)
        if "transcription" in given:
            return self._say(checked(_Proto, frame, VENDOR).transcription, final=True)
        if "name" in given:
            return self._frame(frame)
        checked(Given, frame, VENDOR)
        if PROTO.isdisjoint(given):
            raise InvalidMessage(f"{VENDOR}: needs label {LABEL!r} (RTVI), the name of a frame, or transcription")
        return []

    def _rtvi(self, frame: object) -> list[ClientMessage]:
        match checked(_Message, frame, VENDOR).type:
            case "user-transcription":
                heard = checked(_UserTranscription, frame, VENDOR).data
                return self._say(heard, final=heard.final)
            case "bot-transcription":
                said = checked(_BotTranscription, frame, VENDOR).data
                return self._say(_Text(text=said.text, userId=BOT), final=True)
        return []

    def _frame(self, frame: object) -> list[ClientMessage]:
        name = checked(_Named, frame, VENDOR).name
        named = _FRAME.fullmatch(name)
        if named is None:
            raise InvalidMessage(f"{VENDOR}: name: {name[:40]!r} is no name of a frame, such as TranscriptionFrame#1")
        if named[1] not in FRAMES:
            return []
        return self._say(checked(_Text, frame, VENDOR), final=FRAMES[named[1]])

    def _say(self, heard: _Text, *, final: bool) -> list[ClientMessage]:
        at_s = self._elapsed.seconds(heard.timestamp)
        opened = self._ids.opened(heard.user, at_s)
        if final:
            self._ids.finish(heard.user)
        segment = Segment(
            segment_id=opened.utterance_id,
            text=heard.text.strip(),
            final=final,
            speaker=heard.user or None,
            start_s=opened.at_s,
            end_s=at_s,
        )
        return [*self._segments.fragments(segment)]

"""Google Cloud Speech-to-Text: ``StreamingRecognizeResponse`` as JSON, v1 and v2.

Shapes: cloud.google.com/speech-to-text REST and RPC reference, ``StreamingRecognizeResponse``,
``StreamingRecognitionResult``, ``SpeechRecognitionAlternative``, ``WordInfo``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from streamtrack.core.messages import ClientMessage, Finalize, FragmentMessage
from streamtrack.dialects.dialect import Count, Given, Label, checked
from streamtrack.dialects.segments import Numbered, Segment, Segments, SpokenWord
from streamtrack.errors import InvalidMessage

VENDOR = "Google Speech"
FIELDS = frozenset(
    {"results", "error", "speecheventtype", "speecheventoffset", "speecheventtime", "totalbilledtime"}
    | {"metadata", "requestid", "speechadaptationinfo"}
)
"""What a response may hold, in small letters and without underscores: clients differ in how they write it."""


class _Parts(Given):
    seconds: float = 0.0
    nanos: float = 0.0


def _seconds(value: object) -> object:
    """A duration as JSON has it, ``"1.200s"``, or as some clients do, ``{"seconds": "1", "nanos": 200000000}``."""
    if isinstance(value, dict):
        parts = _Parts.model_validate(value)
        return parts.seconds + parts.nanos / 1e9
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}(\.\d{1,9})?s", value):
        return float(value[:-1])
    return value


Duration = Annotated[float, BeforeValidator(_seconds)]


def _also(*names: str) -> AliasChoices:
    return AliasChoices(*names)


class _Word(Given):
    word: str
    start: Duration | None = Field(
        default=None, validation_alias=_also("startTime", "startOffset", "start_time", "start_offset")
    )
    end: Duration | None = Field(default=None, validation_alias=_also("endTime", "endOffset", "end_time", "end_offset"))
    speaker_tag: Count = Field(default=0, validation_alias=_also("speakerTag", "speaker_tag"))
    speaker_label: Label = Field(default="", validation_alias=_also("speakerLabel", "speaker_label"))


class _Alternative(Given):
    transcript: str = ""
    words: tuple[_Word, ...] = ()


class _Result(Given):
    alternatives: tuple[_Alternative, ...] = ()
    final: bool = Field(default=False, validation_alias=_also("isFinal", "is_final"))
    end: Duration | None = Field(
        default=None,
        validation_alias=_also("resultEndTime", "resultEndOffset", "result_end_time", "result_end_offset"),
    )
    channel: int = Field(default=0, ge=0, le=255, validation_alias=_also("channelTag", "channel_tag"))

    @property
    def best(self) -> _Alternative:
        """The first hypothesis, which is the likeliest."""
        return self.alternatives[0] if self.alternatives else _Alternative()


class _Response(Given):
    results: tuple[_Result, ...] = ()
    error: Given | None = None


class Google:
    """The results of a channel up to ``isFinal`` are one utterance; Google gives no ids.

    Interim results of one response follow one another in the audio, the stable one before the others, and together are
    the interim. With diarisation a result lists the words of the whole audio again: those before the result are left
    out. An ``error`` ends the stream, as Google does after five minutes.
    """

    def __init__(self, stream: str) -> None:
        self._segments = Segments()
        self._ids = Numbered(stream)
        self._heard_s: dict[str, float] = {}

    def read(self, frame: object) -> list[ClientMessage]:
        """Read one response, as ``Dialect`` promises."""
        response = _response(frame)
        messages: list[ClientMessage] = []
        interims: dict[str, list[_Result]] = {}
        for result in response.results:
            channel = f"channel-{result.channel}" if result.channel else ""
            if result.final:
                interims.pop(channel, None)
                messages += self._say(channel, [result], final=True)
            else:
                interims.setdefault(channel, []).append(result)
        for channel, results in interims.items():
            messages += self._say(channel, results, final=False)
        if response.error is not None:
            self._ids.finish_all()
            messages.append(Finalize())
        return messages

    def _say(self, channel: str, results: Sequence[_Result], *, final: bool) -> list[FragmentMessage]:
        words = self._new_words(channel, results)
        segment = Segment(
            segment_id=self._ids.current(channel),
            text="".join(result.best.transcript for result in results).strip(),
            final=final,
            speaker=channel or None,
            end_s=results[-1].end,
            words=words,
        )
        if final:
            self._ids.finish(channel)
            ends = [word.end_s for word in words if word.end_s is not None]
            self._heard_s[channel] = max([self._heard_s[channel], *ends])
        return self._segments.fragments(segment)

    def _new_words(self, channel: str, results: Sequence[_Result]) -> list[SpokenWord]:
        """The words after the last final; a result that ends before it belongs to another stream, counted afresh."""
        heard_s = self._heard_s.setdefault(channel, 0.0)
        if (results[-1].end or heard_s) < heard_s:
            heard_s = self._heard_s[channel] = 0.0
        return [
            _spoken(word, channel)
            for result in results
            for word in result.best.words
            if word.end is None or word.end > heard_s
        ]


def _response(frame: object) -> _Response:
    response = checked(_Response, frame, VENDOR)
    names = {name.replace("_", "").lower() for name in frame} if isinstance(frame, dict) else set()
    if names and names.isdisjoint(FIELDS):
        raise InvalidMessage(f"{VENDOR}: results: missing, as is every other field of a StreamingRecognizeResponse")
    return response


def _spoken(word: _Word, channel: str) -> SpokenWord:
    label = word.speaker_label or (str(word.speaker_tag) if word.speaker_tag else "")
    name = f"speaker-{label}" if label.isdigit() else label
    return SpokenWord(
        text=word.word,
        start_s=word.start,
        end_s=word.end,
        speaker="-".join(filter(None, (channel, name))) if name else None,
    )

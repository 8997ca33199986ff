"""AWS Transcribe: streaming transcription and real-time Call Analytics.

Shapes: docs.aws.amazon.com/transcribe API reference (Transcribe Streaming), ``TranscriptEvent``, ``Result``, ``Item``,
``UtteranceEvent``, ``CallAnalyticsItem``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from streamtrack.core.messages import ClientMessage, SpeakerGiven
from streamtrack.dialects.dialect import Given, Id, Label, checked
from streamtrack.dialects.segments import Segment, Segments, SpokenWord
from streamtrack.errors import InvalidMessage

VENDOR = "AWS Transcribe"


class _Item(Given):
    Content: str
    Type: Literal["pronunciation", "punctuation"] = "pronunciation"
    StartTime: float | None = None
    EndTime: float | None = None
    Speaker: Label = ""


class _Alternative(Given):
    Transcript: str = ""
    Items: tuple[_Item, ...] = ()


class _Result(Given):
    ResultId: Id
    IsPartial: bool
    StartTime: float | None = None
    EndTime: float | None = None
    Alternatives: tuple[_Alternative, ...] = ()
    ChannelId: Label = ""


class _Transcript(Given):
    Results: tuple[_Result, ...] = ()


class _TranscriptEvent(Given):
    Transcript: _Transcript


class _CallItem(Given):
    Content: str
    Type: Literal["pronunciation", "punctuation"] = "pronunciation"
    BeginOffsetMillis: float | None = None
    EndOffsetMillis: float | None = None


class _UtteranceEvent(Given):
    UtteranceId: Id
    IsPartial: bool
    Transcript: str = ""
    ParticipantRole: Literal["AGENT", "CUSTOMER"] | None = None
    BeginOffsetMillis: float | None = None
    EndOffsetMillis: float | None = None
    Items: tuple[_CallItem, ...] = ()


class _Event(Given):
    """An event under its name, as the SDKs give it, or bare, as it stands in the event stream."""

    TranscriptEvent: _TranscriptEvent | None = None
    UtteranceEvent: _UtteranceEvent | None = None
    CategoryEvent: Given | None = None


class AwsTranscribe:
    """``ResultId`` or ``UtteranceId`` names the utterance; ``IsPartial: false`` marks its final.

    Partials carry no speakers, so a segment is split only in its final. ``Stable`` marks items that will not change;
    the policy ``stable`` finds that by itself and the mark is not used.
    """

    def __init__(self, stream: str) -> None:
        self._segments = Segments()

    def read(self, frame: object) -> list[ClientMessage]:
        """Read one event, as ``Dialect`` promises."""
        event = _named(frame)
        return [fragment for segment in _heard(event) for fragment in self._segments.fragments(segment)]


def _named(frame: object) -> _Event:
    bare = frame if isinstance(frame, dict) else {}
    if "UtteranceId" in bare:
        return _Event(UtteranceEvent=checked(_UtteranceEvent, frame, VENDOR))
    if "Transcript" in bare:
        return _Event(TranscriptEvent=checked(_TranscriptEvent, frame, VENDOR))
    if "MatchedCategories" in bare:
        return _Event()
    event = checked(_Event, frame, VENDOR)
    if not event.model_fields_set:
        raise InvalidMessage(f"{VENDOR}: holds none of TranscriptEvent, UtteranceEvent and CategoryEvent")
    return event


def _heard(event: _Event) -> Iterator[Segment]:
    if event.TranscriptEvent is not None:
        for result in event.TranscriptEvent.Transcript.Results:
            yield _result(result)
    if event.UtteranceEvent is not None:
        yield _utterance(event.UtteranceEvent)


def _result(result: _Result) -> Segment:
    best = result.Alternatives[0] if result.Alternatives else _Alternative()
    return Segment(
        segment_id=result.ResultId,
        text=best.Transcript.strip(),
        final=not result.IsPartial,
        speaker=result.ChannelId or None,
        start_s=result.StartTime,
        end_s=result.EndTime,
        words=[
            SpokenWord(
                text=item.Content,
                start_s=item.StartTime,
                end_s=item.EndTime,
                speaker=_speaker(item.Speaker, result.ChannelId),
            )
            for item in best.Items
            if item.Type == "pronunciation"
        ],
    )


def _speaker(label: str, channel: str) -> str | None:
    """A speaker's number as a name, within its channel where there are several: ``0`` is ``speaker-0``."""
    if not label:
        return None
    name = f"speaker-{label}" if label.isdigit() else label
    return f"{channel}-{name}" if channel else name


def _utterance(event: _UtteranceEvent) -> Segment:
    role = event.ParticipantRole.lower() if event.ParticipantRole else None
    return Segment(
        segment_id=event.UtteranceId,
        text=event.Transcript.strip(),
        final=not event.IsPartial,
        speaker=SpeakerGiven(id=role, role=role) if role else None,
        start_s=_seconds(event.BeginOffsetMillis),
        end_s=_seconds(event.EndOffsetMillis),
        words=[
            SpokenWord(
                text=item.Content,
                start_s=_seconds(item.BeginOffsetMillis),
                end_s=_seconds(item.EndOffsetMillis),
            )
            for item in event.Items
            if item.Type == "pronunciation"
        ],
    )


def _seconds(millis: float | None) -> float | None:
    return None if millis is None else round(millis / 1000, 3)

"""Twilio real-time transcription: the fields of its callbacks as a JSON object.

Shapes: twilio.com/docs, "TwiML Voice: <Transcription>", status callbacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, Json

from streamtrack.core.messages import ClientMessage, Finalize
from streamtrack.dialects.dialect import Count, Given, Label, checked
from streamtrack.dialects.elapsed import Elapsed, Stamp
from streamtrack.dialects.segments import Segment, Segments

VENDOR = "Twilio"


class _Event(Given):
    TranscriptionEvent: Literal[
        "transcription-started", "transcription-content", "transcription-stopped", "transcription-error"
    ]
    Timestamp: Stamp = None


class _Data(Given):
    transcript: str


class _Content(Given):
    SequenceId: Count
    Track: Literal["inbound_track", "outbound_track"]
    TranscriptionData: _Data | Annotated[Json[_Data], Field()]
    Final: bool = True
    TranscriptionSid: Label = ""


@dataclass(slots=True)
class _Track:
    """One side of the call: the utterance that is open on it, and how far its messages have come."""

    utterance: str = ""
    start_s: float | None = None
    newest: int = -1
    newest_final: int = -1


class Twilio:
    """The content of a track up to ``Final`` is one utterance; it is named by the ``SequenceId`` with which it began.

    Callbacks are web requests and may overtake or repeat each other: a partial older than the newest message of its
    track is passed over, and so is a final that was heard before. Another transcription counts afresh. Times are those
    of the callbacks' ``Timestamp``.
    """

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._segments = Segments()
        self._elapsed = Elapsed()
        self._transcription = ""
        self._tracks: dict[str, _Track] = {}

    def read(self, frame: object) -> list[ClientMessage]:
        """Read one callback, as ``Dialect`` promises."""
        event = checked(_Event, frame, VENDOR)
        if event.TranscriptionEvent == "transcription-content":
            content = checked(_Content, frame, VENDOR)
            return self._content(content, self._elapsed.seconds(event.Timestamp))
        self._elapsed.seconds(event.Timestamp)
        return [Finalize()] if event.TranscriptionEvent == "transcription-stopped" else []

    def _content(self, content: _Content, at_s: float | None) -> list[ClientMessage]:
        if content.TranscriptionSid != self._transcription:
            self._transcription, self._tracks = content.TranscriptionSid, {}
        track = self._tracks.setdefault(content.Track, _Track())
        if content.SequenceId <= (track.newest_final if content.Final else track.newest):
            return []
        side = content.Track.removesuffix("_track")
        if not track.utterance:
            name = content.TranscriptionSid or self._stream
            track.utterance, track.start_s = f"{name}-{side}-{content.SequenceId}", at_s
        segment = Segment(
            segment_id=track.utterance,
            text=content.TranscriptionData.transcript.strip(),
            final=content.Final,
            speaker=side,
            start_s=track.start_s,
            end_s=at_s,
        )
        track.newest = max(track.newest, content.SequenceId)
        if content.Final:
            track.utterance, track.newest_final = "", content.SequenceId
        return [*self._segments.fragments(segment)]

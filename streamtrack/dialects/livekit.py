"""LiveKit: transcription segments and text streams of a room, and the events of LiveKit Agents.

Shapes: docs.livekit.io, "Text and transcriptions" and "Events and error handling"; client SDKs,
``TranscriptionSegment``; livekit/agents, ``stt.SpeechEvent``.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import AliasChoices, AliasPath, Field

from streamtrack.core.messages import ClientMessage, Finalize
from streamtrack.dialects.dialect import Given, Id, Label, Types, checked
from streamtrack.dialects.elapsed import Elapsed, Stamp
from streamtrack.dialects.segments import Numbered, Segment, Segments, SpokenWord

VENDOR = "LiveKit"
SPEECH: Mapping[str, bool] = {"interim_transcript": False, "preflight_transcript": False, "final_transcript": True}
"""Speech events that carry text, and whether it is final: a preflight is stable, but the speaker may go on."""
KNOWN = frozenset(
    {"user_input_transcribed", "conversation_item_added", "close", "start_of_speech", "end_of_speech"}
    | {"recognition_usage", "user_state_changed", "agent_state_changed", "metrics_collected", "speech_created"}
    | {"function_tools_executed", "agent_false_interruption", "error"}
) | frozenset(SPEECH)


STREAM = frozenset({"attributes", "info", "streamInfo"})
"""Where a text stream has its attributes, in one SDK or another."""


def _either(snake: str, camel: str) -> AliasChoices:
    return AliasChoices(snake, camel)


class _Who(Given):
    identity: Label = ""


class _RoomSegment(Given):
    id: Id
    text: str
    final: bool = False
    start_ms: float = Field(default=0.0, validation_alias=_either("start_time", "startTime"))
    end_ms: float = Field(default=0.0, validation_alias=_either("end_time", "endTime"))


class _Spoken(Given):
    """What room messages have in common: by whom they are, however an SDK writes it."""

    identity: Label = Field(
        default="",
        validation_alias=AliasChoices(
            "participant_identity",
            "participantIdentity",
            "transcribed_participant_identity",
            "transcribedParticipantIdentity",
        ),
    )
    participant: _Who = Field(default=_Who(), validation_alias=AliasChoices("participant", "participantInfo"))

    @property
    def speaker(self) -> str | None:
        """The identity of the participant who spoke."""
        return self.identity or self.participant.identity or None


class _RoomSegments(_Spoken):
    segments: tuple[_RoomSegment, ...]


class _Attributes(Given):
    segment_id: Id = Field(validation_alias="lk.segment_id")
    final: bool = Field(default=False, validation_alias="lk.transcription_final")


class _TextStream(_Spoken):
    text: str
    attributes: _Attributes = Field(
        validation_alias=AliasChoices(
            "attributes", AliasPath("info", "attributes"), AliasPath("streamInfo", "attributes")
        )
    )


class _UserInput(Given):
    transcript: str
    final: bool = Field(validation_alias=_either("is_final", "isFinal"))
    speaker: Label = Field(default="", validation_alias=_either("speaker_id", "speakerId"))
    item: Label = Field(default="", validation_alias=_either("item_id", "itemId"))
    created: Stamp = Field(default=None, validation_alias=_either("created_at", "createdAt"))


class _Item(Given):
    id: Id
    role: str = ""
    content: tuple[object, ...] = ()


class _ItemAdded(Given):
    item: _Item


class _Word(Given):
    text: str = Field(validation_alias=AliasChoices("text", "word"))
    start: float | None = Field(default=None, validation_alias=_either("start_time", "startTime"))
    end: float | None = Field(default=None, validation_alias=_either("end_time", "endTime"))


class _Speech(Given):
    text: str = ""
    start: float = Field(default=0.0, validation_alias=_either("start_time", "startTime"))
    end: float = Field(default=0.0, validation_alias=_either("end_time", "endTime"))
    speaker: Label = Field(default="", validation_alias=_either("speaker_id", "speakerId"))
    words: tuple[_Word | str, ...] = ()


class _SpeechEvent(Given):
    alternatives: tuple[_Speech, ...] = ()


class LiveKit:
    """In a room a segment's id names the utterance and the participant speaks. An agent's events have no ids.

    There, the texts up to the next final are one utterance; what the agent says itself comes as finished items. Times
    of nought and nought mean that there are none.
    """

    def __init__(self, stream: str) -> None:
        self._segments = Segments()
        self._ids = Numbered(stream)
        self._types = Types(VENDOR, KNOWN)
        self._elapsed = Elapsed()

    def read(self, frame: object) -> list[ClientMessage]:
        """Read one message, as ``Dialect`` promises."""
        given = {"segments": frame} if isinstance(frame, list) else frame
        fields = given if isinstance(given, dict) else {}
        if "segments" in fields:
            return self._room(checked(_RoomSegments, given, VENDOR))
        if not STREAM.isdisjoint(fields):
            return self._text_stream(checked(_TextStream, given, VENDOR))
        kind = self._types.of(given)
        if kind in SPEECH:
            return self._speech(checked(_SpeechEvent, given, VENDOR), final=SPEECH[kind])
        match kind:
            case "user_input_transcribed":
                return self._user_input(checked(_UserInput, given, VENDOR))
            case "conversation_item_added":
                return self._item(checked(_ItemAdded, given, VENDOR).item)
            case "close":
                self._ids.finish_all()
                return [Finalize()]
        return []

    def _say(self, segment: Segment) -> list[ClientMessage]:
        return [*self._segments.fragments(segment)]

    def _room(self, heard: _RoomSegments) -> list[ClientMessage]:
        messages: list[ClientMessage] = []
        for one in heard.segments:
            start_s, end_s = _times(one.start_ms / 1000, one.end_ms / 1000)
            messages += self._say(
                Segment(
                    segment_id=one.id,
                    text=one.text.strip(),
                    final=one.final,
                    speaker=heard.speaker,
                    start_s=start_s,
                    end_s=end_s,
                )
            )
        return messages

    def _text_stream(self, heard: _TextStream) -> list[ClientMessage]:
        return self._say(
            Segment(
                segment_id=heard.attributes.segment_id,
                text=heard.text.strip(),
                final=heard.attributes.final,
                speaker=heard.speaker,
            )
        )

    def _user_input(self, heard: _UserInput) -> list[ClientMessage]:
        at_s = self._elapsed.seconds(heard.created)
        opened = self._ids.opened(at_s=at_s)
        if heard.final:
            self._ids.finish()
        return self._say(
            Segment(
                segment_id=heard.item or opened.utterance_id,
                text=heard.transcript.strip(),
                final=heard.final,
                speaker=heard.speaker or None,
                start_s=opened.at_s,
                end_s=at_s,
            )
        )

    def _item(self, item: _Item) -> list[ClientMessage]:
        """What the agent said; what the user said has been transcribed before it became an item."""
        if item.role != "assistant":
            return []
        text = " ".join(part.strip() for part in item.content if isinstance(part, str))
        return self._say(Segment(segment_id=item.id, text=text, final=True, speaker=item.role))

    def _speech(self, event: _SpeechEvent, *, final: bool) -> list[ClientMessage]:
        best = event.alternatives[0] if event.alternatives else _Speech()
        start_s, end_s = _times(best.start, best.end)
        segment = Segment(
            segment_id=self._ids.current(),
            text=best.text.strip(),
            final=final,
            speaker=best.speaker or None,
            start_s=start_s,
            end_s=end_s,
            words=[
                SpokenWord(text=word.text.strip(), start_s=word.start, end_s=word.end)
                for word in best.words
                if isinstance(word, _Word)
            ],
        )
        if final:
            self._ids.finish()
        return self._say(segment)


def _times(start_s: float, end_s: float) -> tuple[float | None, float | None]:
    return (None, None) if start_s == end_s == 0 else (round(start_s, 3), round(end_s, 3))

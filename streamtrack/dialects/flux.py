"""Deepgram Flux, turn-based transcription (``/v2/listen``).

Shapes: developers.deepgram.com, "Turn-based Audio (Flux)" and "Understanding the Flux State Machine".
"""

from __future__ import annotations

from typing import Literal

from streamtrack.core.messages import ClientMessage
from streamtrack.dialects.dialect import Count, Given, Label, Types, checked
from streamtrack.dialects.segments import Segment, Segments

VENDOR = "Deepgram Flux"
KNOWN = frozenset({"TurnInfo", "Connected", "ConfigureSuccess", "ConfigureFailure", "Error"})


class _TurnInfo(Given):
    event: Literal["Update", "StartOfTurn", "EagerEndOfTurn", "TurnResumed", "EndOfTurn"]
    turn_index: Count
    transcript: str
    audio_window_start: float | None = None
    audio_window_end: float | None = None
    request_id: Label = ""


class Flux:
    """A turn is an utterance, and only ``EndOfTurn`` is its final.

    ``EagerEndOfTurn`` is a guess that ``TurnResumed`` may take back, so it is an interim. Flux gives words no times:
    the utterance lasts from the first audio window of its turn to the newest. A stream that closes in mid-turn sends
    no ``EndOfTurn``; then our own ``stop`` or ``finalize`` makes the newest text final.
    """

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._types = Types(VENDOR, KNOWN)
        self._segments = Segments()
        self._turn = ""
        self._start_s: float | None = None

    def read(self, frame: object) -> list[ClientMessage]:
        """Read one message, as ``Dialect`` promises."""
        if self._types.of(frame) != "TurnInfo":
            return []
        info = checked(_TurnInfo, frame, VENDOR)
        turn = f"{info.request_id or self._stream}-{info.turn_index}"
        if turn != self._turn:
            self._turn, self._start_s = turn, info.audio_window_start
        segment = Segment(
            segment_id=turn,
            text=info.transcript.strip(),
            final=info.event == "EndOfTurn",
            start_s=self._start_s,
            end_s=info.audio_window_end,
        )
        return [*self._segments.fragments(segment)]

"""Dialects: the messages of speech recognisers, unchanged, as messages of the native protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from streamtrack.dialects.assemblyai import AssemblyAI
from streamtrack.dialects.aws import AwsTranscribe
from streamtrack.dialects.azure import Azure
from streamtrack.dialects.deepgram import Deepgram
from streamtrack.dialects.dialect import Dialect
from streamtrack.dialects.flux import Flux
from streamtrack.dialects.google import Google
from streamtrack.dialects.livekit import LiveKit
from streamtrack.dialects.pipecat import Pipecat
from streamtrack.dialects.twilio import Twilio
from streamtrack.dialects.vosk import Vosk
from streamtrack.dialects.whisper import Whisper
from streamtrack.errors import InvalidRequest

__all__ = ["DIALECTS", "Dialect", "open_dialect"]

DIALECTS: Mapping[str, Callable[[str], Dialect]] = {
    "assemblyai": AssemblyAI,
    "aws-transcribe": AwsTranscribe,
    "azure": Azure,
    "deepgram": Deepgram,
    "deepgram-flux": Flux,
    "google": Google,
    "livekit": LiveKit,
    "pipecat": Pipecat,
    "twilio": Twilio,
    "vosk": Vosk,
    "whisper": Whisper,
}
"""By name; each is given the name of its connection for the utterances to which the vendor gives no id."""


def open_dialect(name: str, stream: str) -> Dialect:
    """The dialect of this name for one connection. Raises InvalidRequest for a name that is not known."""
    if name not in DIALECTS:
        raise InvalidRequest(f"format: {name[:40]!r} is unknown; it is one of {', '.join(DIALECTS)}")
    return DIALECTS[name](stream)

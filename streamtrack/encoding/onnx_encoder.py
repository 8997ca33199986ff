"""The encoder on onnxruntime: texts in, one contextual vector for each token out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from streamtrack.core.ports import Encoded, Tokens, Vectors
from streamtrack.encoding.manifest import Manifest
from streamtrack.encoding.segments import Segmenter
from streamtrack.errors import EncodingFailed, ModelError

PLACES_A_RUN = 1024
"""Padded places in one run of the graph; measured best between 512 and 2,048. More only spills the caches."""

MASKED = np.float32(-1e9)
WARM_UP = ("yes", "I would like to talk about the budget for the coming year", "and so on " * 40)


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_session(model: bytes | Path, threads: int) -> onnxruntime.InferenceSession:
    """A session over an ONNX file; ModelError where onnxruntime refuses it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Patterns are kept for each set of shapes, and almost every batch has shapes of its own.
    options.enable_mem_pattern = False
    # Threads spin while a run lasts, which is the faster half; they stop with it, since the event loop needs the core.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # CPUs without VNNI add pairs of products in 16 bits, which overflows; this makes them take the exact way round.
    options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        return onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model),
            options,
            providers=["CPUExecutionProvider"],
            # The fused kernel is slower than the two it replaces.
            disabled_optimizers=["SkipLayerNormFusion"],
        )
    except Exception as error:  # onnxruntime's own errors share no other ancestor
        raise ModelError(f"onnxruntime refuses the model: {error}") from error


def pack(batch: Sequence[NDArray[np.int64]], heads: int) -> dict[str, NDArray[np.int64] | Vectors]:
    """The inputs of the graph for the token ids of a batch; see ``graph`` for their shapes."""
    lengths = np.array([len(ids) for ids in batch])
    starts = np.cumsum(lengths) - lengths
    longest = int(lengths.max())
    places = np.arange(longest)
    filled = places < lengths[:, None]
    positions = np.arange(int(lengths.sum())) - np.repeat(starts, lengths)
    first_rows = np.repeat(np.arange(len(batch)) * (heads * longest), lengths) + positions
    return {
        "ids": np.concatenate(batch),
        "positions": positions,
        "slots": np.where(filled, starts[:, None] + places, 0),
        "mask": np.where(filled, np.float32(0), MASKED)[:, None, None, :],
        "back": first_rows[:, None] + np.arange(heads) * longest,
    }


def runs(lengths: Sequence[int], places: int = PLACES_A_RUN) -> Iterator[list[int]]:
    """Cut a batch into runs of at most ``places`` padded places, a longer segment alone, by rising length."""
    run: list[int] = []
    for item in sorted(range(len(lengths)), key=lengths.__getitem__):
        if run and (len(run) + 1) * lengths[item] > places:
            yield run
            run = []
        run.append(item)
    if run:
        yield run


class OnnxEncoder:
    """A sentence encoder in this process. Not for more than one thread at a time; close it, or use ``with``."""

    def __init__(
        self, manifest: Manifest, *, graph: Path, tokenizer: Path, model: str, threads: int | None = None
    ) -> None:
        self._manifest, self._model = manifest, model
        self._segmenter = Segmenter(
            tokenizer, prefix=manifest.prefix, max_tokens=manifest.max_tokens, overlap=manifest.overlap
        )
        self._session: onnxruntime.InferenceSession | None = open_session(graph, threads or cores())

    @property
    def model(self) -> str:
        """Name of the model and the first twelve digits of its graph's SHA-256."""
        return self._model

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._manifest.dim

    @property
    def pools_tokens(self) -> bool:
        """Whether the mean of any run of token vectors is a vector of that run's meaning.

        Where it is not, the first vector of a segment is the vector of the segment.
        """
        return self._manifest.pooling == "mean"

    def tokenize(self, texts: Sequence[str]) -> list[tuple[Tokens, ...]]:
        """Cut each text into one or more segments that together cover it; an empty text has one, with no inner token.

        Raises EncodingFailed where a text is not valid Unicode.
        """
        return self._segmenter.segments(texts) if texts else []

    def encode(self, batch: Sequence[Tokens]) -> list[Encoded]:
        """Run the model over a batch of segments; one answer for each, in order.

        Vectors are rows of one array for each run, so keeping one keeps its run. Raises EncodingFailed.
        """
        answers: dict[int, Encoded] = {}
        for run in runs([len(tokens) for tokens in batch]):
            vectors = self._run([batch[item].ids for item in run])
            end = 0
            for item in run:
                start, end = end, end + len(batch[item])
                answers[item] = Encoded(tokens=batch[item], vectors=vectors[start:end])
        return [answers[item] for item in range(len(batch))]

    def _run(self, ids: Sequence[NDArray[np.int64]]) -> Vectors:
        if self._session is None:
            raise EncodingFailed("the encoder is closed")
        try:
            vectors: Vectors = self._session.run(["vectors"], pack(ids, self._manifest.architecture.heads))[0]
        except Exception as error:  # onnxruntime's own errors share no other ancestor
            raise EncodingFailed(f"onnxruntime failed on a batch of {len(ids)} segments: {error}") from error
        return vectors

    def warm_up(self) -> None:
        """Run once over a short, an ordinary and a long text, so that the first real one finds memory laid out."""
        for text in WARM_UP:
            self.encode([segment for segments in self.tokenize([text]) for segment in segments])

    def close(self) -> None:
        """Give the model's memory back; encoding afterwards fails. May be called twice."""
        self._session = None

    def __enter__(self) -> OnnxEncoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

"""The encoder on onnxruntime: texts in, one contextual vector for each token out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from streamtrack.core.ports import Encoded, Tokens, Vectors
from streamtrack.encoding.manifest import Manifest
from streamtrack.encoding.segments import Segmenter
from streamtrack.errors import EncodingFailed, ModelError

MOST_PLACES = 256
"""Padded places in one run of the graph, at most: more only spills the caches."""
LEAST_PLACES = 64
"""Padded places below which a batch is not cut for the sake of another thread."""

CPU_INFO = Path("/proc/cpuinfo")
MASKED = np.float32(-1e9)
WARM_UP = ("yes", "I would like to talk about the budget for the coming year", "and so on " * 40)


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def overflows(cpu_info: str) -> bool:
    """Whether the CPU that Linux describes so adds pairs of 8-bit products in 16 bits, which can overflow.

    Those are x86 CPUs with AVX2 and without VNNI. They can be told to take the exact way round, which others must
    be spared: it costs a third of the speed.
    """
    flags = set(cpu_info.split())
    return "avx2" in flags and flags.isdisjoint({"avx_vnni", "avx512_vnni"})


def open_session(model: bytes | Path) -> onnxruntime.InferenceSession:
    """A session over an ONNX file that runs on the thread that calls it; ModelError where onnxruntime refuses it."""
    options = onnxruntime.SessionOptions()
    # One thread a run, and several runs at a time: threads that share a run wait for each other at every node, and
    # on a machine with anything else to do they wait long.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Patterns are kept for each set of shapes, and almost every batch has shapes of its own.
    options.enable_mem_pattern = False
    if CPU_INFO.is_file() and overflows(CPU_INFO.read_text()):
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


def runs(lengths: Sequence[int], places: int = MOST_PLACES) -> list[list[int]]:
    """Cut a batch into runs of at most ``places`` padded places, a longer segment alone; the longest come first."""
    cut: list[list[int]] = []
    for item in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if not cut or (len(cut[-1]) + 1) * lengths[cut[-1][0]] > places:
            cut.append([])
        cut[-1].append(item)
    return cut


def places_a_run(tokens: int, threads: int) -> int:
    """How large the runs of a batch are, so that every thread has one and none is too small to be worth it."""
    return min(MOST_PLACES, max(LEAST_PLACES, -(-tokens // threads)))


class OnnxEncoder:
    """A sentence encoder in this process. Not for more than one thread at a time; close it, or use ``with``."""

    def __init__(
        self, manifest: Manifest, *, graph: Path, tokenizer: Path, model: str, threads: int | None = None
    ) -> None:
        self._manifest, self._model = manifest, model
        self._segmenter = Segmenter(
            tokenizer, prefix=manifest.prefix, max_tokens=manifest.max_tokens, overlap=manifest.overlap
        )
        self._session: onnxruntime.InferenceSession | None = open_session(graph)
        self._threads = threads or cores()
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="encoder")

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
        session = self._session
        if session is None:
            raise EncodingFailed("the encoder is closed")
        lengths = [len(tokens) for tokens in batch]
        cut = runs(lengths, places_a_run(sum(lengths), self._threads))
        work = [[batch[item].ids for item in run] for run in cut]
        run_one = partial(self._run, session)
        # A lone run stays on this thread, which saves it two hand-overs.
        done = map(run_one, work) if len(work) == 1 else self._pool.map(run_one, work)
        answers: dict[int, Encoded] = {}
        for run, vectors in zip(cut, done, strict=True):
            end = 0
            for item in run:
                start, end = end, end + lengths[item]
                answers[item] = Encoded(tokens=batch[item], vectors=vectors[start:end])
        return [answers[item] for item in range(len(batch))]

    def _run(self, session: onnxruntime.InferenceSession, ids: Sequence[NDArray[np.int64]]) -> Vectors:
        try:
            vectors: Vectors = session.run(["vectors"], pack(ids, self._manifest.architecture.heads))[0]
        except Exception as error:  # onnxruntime's own errors share no other ancestor
            raise EncodingFailed(f"onnxruntime failed on a run of {len(ids)} segments: {error}") from error
        return vectors

    def warm_up(self) -> None:
        """Run once over a short, an ordinary and a long text, so that the first real one finds memory laid out."""
        for text in WARM_UP:
            self.encode([segment for segments in self.tokenize([text]) for segment in segments])

    def close(self) -> None:
        """Give the model's memory back; encoding afterwards fails. May be called twice."""
        self._pool.shutdown()
        self._session = None

    def __enter__(self) -> OnnxEncoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

"""Golden vectors: what a model answered to a few dozen texts when it was calibrated, kept beside its manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from safetensors.numpy import load_file, save

from streamtrack.core.ports import Encoded, Vectors
from streamtrack.encoding.files import holds, write_whole
from streamtrack.encoding.manifest import TOKENIZER, WEIGHTS
from streamtrack.encoding.models import Model, open_encoder
from streamtrack.encoding.onnx_encoder import OnnxEncoder

GOLDEN = "golden.safetensors"

SAME_GRAPH = 0.995
"""Least cosine to the answers of the same graph. The integer products are exact everywhere, but other CPUs, and other
releases of onnxruntime, round the floating-point parts between them otherwise, and a value at the edge of two 8-bit
codes may fall to either side: four minor releases back the least of these texts had 0.9992."""
SAME_MODEL = 0.96
"""Least cosine of int8 to the fp32 reference of one text. The texts are chosen to be odd; ordinary ones are nearer."""

TEXTS = (
    "",
    "Yes.",
    "okay",
    "How much is it?",
    "I want to cancel my subscription.",
    "we ran out of budget for this quarter",
    "Can I speak to a manager, please?",
    "um, so, I was, I was charged twice for the, the same thing",
    "This call may be recorded for quality and training purposes.",
    "Your competitor offered me the same plan for ten pounds less a month.",
    "I am interested in the larger package.",
    "I am not interested in the larger package.",
    "The router keeps dropping the connection every evening around eight.",
    "Could you spell your surname for me?",
    "It's O'Hara: O, apostrophe, H, A, R, A.",
    "My policy number is 4 4 8 2 dash 0 9.",
    "send it to jo.smith+bills@example.com by 5 p.m. on 31/12",
    "Café déjà vu, naïve façade, Straße.",
    "请问 你们 几点 关门",
    "That is brilliant, thank you so much 🙂 🙏",
    "I'VE BEEN WAITING FOR FORTY MINUTES AND NOBODY PICKS UP",
    "well the thing is that my daughter moved out last month and she took the television with her so really there is "
    "no point in us paying for the sports channels any more is there",
    "Let me read the terms to you: the interest rate is variable, and missed payments may affect your credit score.",
    "If we can get sign-off from legal this week, we could start the pilot on Monday.",
    "no no no",
    "I lost my card on the train yesterday and someone has already used it.",
    "We are going with another supplier.",
    "What happens to my data when the contract ends?",
    "Is there a discount if we pay for the whole year up front?",
    "I can pay fifty now and the rest when my wages come in on Friday.",
    "a" * 60,
    " ".join(["and then we talked about the contract, the price and the date of delivery,"] * 15),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was verified, whether it held, and what was found."""

    what: str
    passed: bool
    found: str


def sentence_vectors(encoder: OnnxEncoder, texts: Sequence[str]) -> Vectors:
    """One unit vector for each text, (texts, dim), pooled as the model's authors do, special tokens included.

    Of a text of several segments only the first counts.
    """
    encoded = encoder.encode([segments[0] for segments in encoder.tokenize(texts)])
    rows = np.stack([_pooled(one, encoder.pools_tokens) for one in encoded])
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _pooled(one: Encoded, mean: bool) -> Vectors:
    row: Vectors = one.vectors.mean(axis=0) if mean else one.vectors[0]
    return row


def write_golden(model: Model) -> Mapping[str, str]:
    """Write the model's answers in both precisions beside its manifest; gives back the file's name and SHA-256."""
    rows: dict[str, Vectors] = {}
    for precision in _precisions(model):
        with open_encoder(model.folder, precision=precision) as encoder:
            rows[precision] = sentence_vectors(encoder, TEXTS)
    packed = save(rows)
    write_whole(model.folder / GOLDEN, packed)
    return {GOLDEN: hashlib.sha256(packed).hexdigest()}


def _precisions(model: Model) -> tuple[Literal["int8", "fp32"], ...]:
    return ("fp32",) if model.manifest.quantisation is None else ("int8", "fp32")


def verify(model: Model) -> tuple[Check, ...]:
    """Check the hash of every file of a model, and its answers to the golden texts where it has any.

    Nothing is fetched or built; a file that is missing fails its check. ModelError where the graph cannot be run.
    """
    manifest, precision = model.manifest, model.manifest.precision
    wanted = [(model.folder / name, digest) for name, digest in manifest.companions.items()]
    wanted += [
        (model.cache / TOKENIZER, manifest.tokenizer_sha256),
        (model.cache / WEIGHTS, manifest.weights_sha256),
    ]
    if precision in manifest.graphs:
        wanted.append((model.graph(), manifest.graphs[precision]))
    checks = [_file_check(path, digest) for path, digest in wanted]
    if GOLDEN in manifest.companions and model.built and holds(model.folder / GOLDEN, manifest.companions[GOLDEN]):
        checks += _golden_checks(model)
    return tuple(checks)


def _file_check(path: Path, digest: str) -> Check:
    if not path.is_file():
        return Check(what=path.name, passed=False, found="missing")
    passed = holds(path, digest)
    return Check(what=path.name, passed=passed, found="SHA-256 as pinned" if passed else "another SHA-256 than pinned")


def _golden_checks(model: Model) -> list[Check]:
    golden = load_file(model.folder / GOLDEN)
    with OnnxEncoder(
        model.manifest, graph=model.graph(), tokenizer=model.cache / TOKENIZER, model=model.manifest.name
    ) as encoder:
        rows = sentence_vectors(encoder, TEXTS)
    checks = []
    for precision, least in (model.manifest.precision, SAME_GRAPH), ("fp32", SAME_MODEL):
        cosines = (rows * golden[precision]).sum(axis=1)
        found = f"least cosine {cosines.min():.5f}, mean {cosines.mean():.5f}, limit {least}"
        checks.append(Check(what=f"answers against {precision}", passed=bool(cosines.min() >= least), found=found))
    return checks

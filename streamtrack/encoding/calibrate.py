"""Measures the figures of static int8 on real utterances, and writes them into a model's manifest.

For maintainers who add a model: ``python -m streamtrack.encoding.calibrate models/NAME FILE.jsonl ...``. The texts
are the ``text`` fields of the files' lines; nothing of them is kept but ranges.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import orjson
from safetensors.numpy import save

from streamtrack.encoding.build import build_graph, load_weights
from streamtrack.encoding.files import write_whole
from streamtrack.encoding.golden import write_golden
from streamtrack.encoding.graph import Floats, Graph, float_linear, probed_linear, sites, write_graph
from streamtrack.encoding.manifest import (
    MANIFEST,
    TOKENIZER,
    WEIGHTS,
    Activation,
    Manifest,
    Precision,
    Quantisation,
    dump_manifest,
)
from streamtrack.encoding.models import Model, find_model, pull
from streamtrack.encoding.onnx_encoder import open_session, pack, runs
from streamtrack.encoding.segments import Segmenter

UTTERANCES = 1500
MIGRATION = 0.9
"""How much of a channel's size goes from the activation to the weight: 0 none, 1 all."""
FACTORS = "smoothing.safetensors"


@dataclass(frozen=True, slots=True)
class Range:
    """Least and largest value of each channel."""

    low: Floats
    high: Floats


def draw(texts: Iterable[str], count: int = UTTERANCES) -> list[str]:
    """The ``count`` distinct texts first in the order of their SHA-256: a sample that no generator decides."""
    return sorted(set(texts), key=lambda text: hashlib.sha256(text.encode()).digest())[:count]


def measure(manifest: Manifest, cache: Path, texts: Sequence[str]) -> Mapping[str, Range]:
    """The range of every channel that enters a linear layer, over these texts in fp32."""
    segmenter = Segmenter(
        cache / TOKENIZER, prefix=manifest.prefix, max_tokens=manifest.max_tokens, overlap=manifest.overlap
    )
    batch = [segment.ids for segments in segmenter.segments(texts) for segment in segments]
    session = open_session(write_graph(manifest.architecture, load_weights(cache / WEIGHTS), probed_linear))
    found: dict[str, Range] = {}
    for run in runs([len(ids) for ids in batch]):
        seen = session.run(None, pack([batch[item] for item in run], manifest.architecture.heads))[1:]
        for site, values in zip(sites(manifest.architecture), seen, strict=True):
            low, high = values.min(axis=0), values.max(axis=0)
            if site in found:
                low, high = np.minimum(low, found[site].low), np.maximum(high, found[site].high)
            found[site] = Range(low, high)
    return found


def linear_weights(manifest: Manifest, cache: Path) -> Mapping[str, Floats]:
    """The weight of every linear layer as the graph has it, (inputs, outputs)."""
    found: dict[str, Floats] = {}

    def noted(graph: Graph, site: str, x: str, weight: Floats, bias: Floats) -> str:
        found[site] = weight
        return float_linear(graph, site, x, weight, bias)

    write_graph(manifest.architecture, load_weights(cache / WEIGHTS), noted)
    return found


def smoothing(seen: Range, weight: Floats, migration: float = MIGRATION) -> Floats:
    """The factor of each channel, a^m / w^(1 - m) with the largest activation a and weight w, of geometric mean 1."""
    floor = 1e-5
    activation = np.maximum(np.maximum(np.abs(seen.low), np.abs(seen.high)), floor).astype(np.float64)
    size = np.maximum(np.abs(weight).max(axis=1), floor).astype(np.float64)
    factor = activation**migration / size ** (1 - migration)
    normalised: Floats = (factor / np.exp(np.log(factor).mean())).astype(np.float32)
    return normalised


def activation(seen: Range, factor: Floats) -> Activation:
    """The 8-bit code that spans what was seen, divided by the factors; zero is always one of its values."""
    low = min(float((seen.low / factor).min()), 0.0)
    high = max(float((seen.high / factor).max()), 0.0)
    scale = float(np.float32(max(high - low, 1e-8) / 255))
    return Activation(scale=float(f"{scale:.8g}"), zero_point=round(-low / scale))


def calibrate(model: Model, texts: Sequence[str]) -> Manifest:
    """Measure, write factors, golden vectors and manifest into the model's folder; gives back the manifest."""
    pull(model)
    ranges, weights = measure(model.manifest, model.cache, texts), linear_weights(model.manifest, model.cache)
    factors = {site: smoothing(ranges[site], weights[site]) for site in ranges}
    packed = save(factors)
    write_whole(model.folder / FACTORS, packed)
    manifest = replace(
        model.manifest,
        quantisation=Quantisation(
            factors=FACTORS,
            activations={site: activation(ranges[site], factors[site]) for site in ranges},
        ),
        companions={FACTORS: hashlib.sha256(packed).hexdigest()},
        graphs={},
    )
    pins: dict[Precision, str] = {}
    for precision in ("int8", "fp32"):
        graph = build_graph(manifest, model.folder, model.cache, precision)
        write_whole(model.graph(precision), graph)
        pins[precision] = hashlib.sha256(graph).hexdigest()
    manifest = replace(manifest, graphs=pins)
    write_whole(model.folder / MANIFEST, dump_manifest(manifest))
    manifest = replace(manifest, companions={**manifest.companions, **write_golden(replace(model, manifest=manifest))})
    write_whole(model.folder / MANIFEST, dump_manifest(manifest))
    return manifest


def main(folder: str, *files: str) -> None:
    """Calibrate the model in ``folder`` on the texts of JSONL files."""
    lines = (line for file in files for line in Path(file).read_bytes().splitlines())
    texts = draw(orjson.loads(line)["text"] for line in lines)
    manifest = calibrate(find_model(folder), texts)
    print(f"{manifest.name}: calibrated on {len(texts)} utterances, int8 graph {manifest.graphs['int8']}")


if __name__ == "__main__":
    main(*sys.argv[1:])

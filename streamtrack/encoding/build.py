"""Builds the graph of a model from its weights: a pure function of the manifest, with a known result."""

from __future__ import annotations

import hashlib
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load_file

from streamtrack.encoding.files import holds
from streamtrack.encoding.graph import Linear, Weights, float_linear, plain_names, sites, write_graph
from streamtrack.encoding.manifest import WEIGHTS, Manifest, Precision, Quantisation
from streamtrack.encoding.quantise import Factors, Int8Linear, fold_attention
from streamtrack.errors import ModelError


def build_graph(manifest: Manifest, folder: Path, cache: Path, precision: Precision) -> bytes:
    """The ONNX file of the model whose manifest is in ``folder`` and whose weights are in ``cache``.

    Raises ModelError for files that do not fit the manifest, and where the result is not the one it pins.
    """
    weights = load_weights(cache / WEIGHTS)
    linear: Linear = float_linear
    if precision == "int8":
        quantisation, factors = load_quantisation(manifest, folder)
        weights = fold_attention(weights, manifest.architecture.layers, factors)
        linear = Int8Linear(quantisation, factors)
    graph = write_graph(manifest.architecture, weights, linear)
    got, pinned = hashlib.sha256(graph).hexdigest(), manifest.graphs.get(precision)
    if pinned is not None and got != pinned:
        raise ModelError(
            f"building {manifest.name} in {precision} gave SHA-256 {got}, the manifest pins {pinned}; "
            f"check the weights with `streamtrack models verify {manifest.name}`"
        )
    return graph


def load_weights(path: Path) -> Weights:
    """The tensors of a safetensors file as float32, under the names of a bare BERT encoder."""
    try:
        return plain_names(load_file(path))
    except (OSError, SafetensorError, TypeError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as weights: {error}") from error


def load_quantisation(manifest: Manifest, folder: Path) -> tuple[Quantisation, Factors]:
    """The int8 figures of a model; ModelError where it has none, or not for every linear layer."""
    quantisation = manifest.quantisation
    if quantisation is None:
        raise ModelError(f"model {manifest.name} has no quantisation; calibrate it first, or run it in fp32")
    path, digest = folder / quantisation.factors, manifest.companions.get(quantisation.factors)
    if digest is None or not holds(path, digest):
        raise ModelError(f"{path} is missing or does not have the SHA-256 under companions, {digest}")
    factors = load_file(path)
    for site in sites(manifest.architecture):
        if site not in quantisation.activations or site not in factors:
            raise ModelError(f"model {manifest.name}: quantisation has no figures for {site}")
    return quantisation, factors

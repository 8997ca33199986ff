"""Static int8: fixed scales for the activations, one scale for each column of the weights, smoothed channels.

Dynamic quantisation takes the scale of an activation from the batch at hand, so that other people's words move a
text's score. Here every scale is a figure of the manifest. A few channels are many times larger than the rest and
would cost all others their resolution; they are divided by a factor before they are quantised, and the weights that
meet them are multiplied by it (after Xiao et al., SmoothQuant, 2023).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamtrack.encoding.graph import MICROSOFT, Floats, Graph, Weights
from streamtrack.encoding.manifest import Activation, Quantisation

Factors = Mapping[str, Floats]


def quantise_weight(weight: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Codes in [-127, 127] and the scale of each column, so that ``codes * scales`` is near ``weight``."""
    scales = np.abs(weight).max(axis=0) / np.float32(127)
    scales[scales == 0] = 1
    return np.rint(weight / scales).astype(np.int8), scales


def fold_attention(weights: Weights, layers: int, factors: Factors) -> Weights:
    """The weights with the factors before the attention's output taken into the values, where they cost nothing.

    Attention only mixes values between tokens, channel by channel, so a channel divided there is divided after it.
    """
    folded = dict(weights)
    for layer in range(layers):
        name, factor = f"encoder.layer.{layer}.attention", factors[f"{layer}.attention_out"]
        folded[f"{name}.self.value.weight"] = weights[f"{name}.self.value.weight"] / factor[:, None]
        folded[f"{name}.self.value.bias"] = weights[f"{name}.self.value.bias"] / factor
        folded[f"{name}.output.dense.weight"] = weights[f"{name}.output.dense.weight"] * factor
    return folded


@dataclass(frozen=True, slots=True)
class Int8Linear:
    """Linear layers in static int8; weights are expected with the attention's factors folded in."""

    quantisation: Quantisation
    factors: Factors

    def __call__(self, graph: Graph, site: str, x: str, weight: Floats, bias: Floats) -> str:
        if not site.endswith("attention_out"):
            factor = self.factors[site]
            x = graph.node("Mul", x, graph.constant(f"{site}.smoothing", np.float32(1) / factor))
            weight = weight * factor[:, None]
        scale, zero_point = self._activation(graph, site, self.quantisation.activations[site])
        codes, scales = quantise_weight(weight)
        return graph.node(
            "MatMulIntegerToFloat",
            graph.node("QuantizeLinear", x, scale, zero_point),
            graph.constant(f"{site}.weight", codes),
            scale,
            graph.constant(f"{site}.weight_scales", scales),
            zero_point,
            "",
            graph.constant(f"{site}.bias", bias),
            domain=MICROSOFT,
        )

    def _activation(self, graph: Graph, site: str, activation: Activation) -> tuple[str, str]:
        return (
            graph.constant(f"{site}.scale", np.float32(activation.scale)),
            graph.constant(f"{site}.zero_point", np.uint8(activation.zero_point)),
        )

"""Writes a BERT encoder as an ONNX graph, from its weights and without a training framework.

The graph is *packed*: the tokens of all segments of a batch stand one after the other, (tokens, hidden), so that no
linear layer works on padding. Only inside attention are they laid out as (segments, heads, longest, head), by
one Gather that pads, splits the heads and transposes at once; a second Gather undoes it.

Inputs: ``ids`` and ``positions`` (tokens,); ``slots`` (segments, longest), the packed row of each place;
``mask`` (segments, 1, 1, longest), added to the attention scores; ``back`` (tokens, heads), the row of each
token's head in the padded layout. Output: ``vectors`` (tokens, hidden), float32.

The bytes are a pure function of the weights and figures: arithmetic on weights is elementwise in float32, where
IEEE 754 leaves no choice, and nodes are written in a fixed order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from streamtrack.encoding.manifest import Architecture
from streamtrack.errors import ModelError

OPSET = 20
IR_VERSION = 10
MICROSOFT = "com.microsoft"

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]

PARTS = ("attention_in", "attention_out", "feed_forward_in", "feed_forward_out")


def sites(architecture: Architecture) -> tuple[str, ...]:
    """The names of all linear layers, as ``<layer>.<part>``, in the order of computation."""
    return tuple(f"{layer}.{part}" for layer in range(architecture.layers) for part in PARTS)


class Graph:
    """Nodes and constants in the order in which they were added."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self.probes: list[tuple[str, int]] = []

    def constant(self, name: str, value: Any) -> str:
        """Add a constant; gives back its name."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name))
        return name

    def node(self, op: str, *inputs: str, domain: str = "", output: str = "", **attributes: Any) -> str:
        """Add a node with one output; gives back the name of the output."""
        name = output or f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(op, inputs, [name], name=f"node_{len(self.nodes)}", domain=domain, **attributes)
        )
        return name


class Linear(Protocol):
    """A way to compute ``x @ weight + bias``; ``weight`` has shape (inputs, outputs)."""

    def __call__(self, graph: Graph, site: str, x: str, weight: Floats, bias: Floats) -> str: ...


def float_linear(graph: Graph, site: str, x: str, weight: Floats, bias: Floats) -> str:
    """A linear layer in fp32."""
    product = graph.node("MatMul", x, graph.constant(f"{site}.weight", weight))
    return graph.node("Add", product, graph.constant(f"{site}.bias", bias))


def probed_linear(graph: Graph, site: str, x: str, weight: Floats, bias: Floats) -> str:
    """A linear layer in fp32 whose input is an output of the graph, for calibration."""
    graph.probes.append((x, len(weight)))
    return float_linear(graph, site, x, weight, bias)


def plain_names(tensors: Mapping[str, NDArray[Any]]) -> Weights:
    """The tensors as float32 under the names of a bare BERT encoder; an outer ``bert.`` in the names is dropped."""
    return {
        name.removeprefix("bert."): tensor.astype(np.float32)
        for name, tensor in tensors.items()
        if np.issubdtype(tensor.dtype, np.floating)
    }


class _Encoder:
    """One graph in the making."""

    def __init__(self, architecture: Architecture, weights: Weights, linear: Linear) -> None:
        self.sizes, self.weights, self.linear = architecture, weights, linear
        self.head = architecture.hidden // architecture.heads
        self.graph = Graph()

    def weight(self, name: str, *shape: int | None) -> Floats:
        """The tensor of this name and shape; None stands for any size."""
        try:
            found = self.weights[name]
        except KeyError:
            raise ModelError(f"the weights hold no tensor {name}; is it a BERT encoder?") from None
        if len(found.shape) != len(shape) or any(
            want not in (None, size) for want, size in zip(shape, found.shape, strict=True)
        ):
            raise ModelError(f"tensor {name} has shape {found.shape}, the manifest's architecture wants {shape}")
        return found

    def dense(self, name: str, inputs: int, outputs: int) -> tuple[Floats, Floats]:
        """Weight, as (inputs, outputs), and bias of a layer; files hold (outputs, inputs)."""
        return self.weight(f"{name}.weight", outputs, inputs).T, self.weight(f"{name}.bias", outputs)

    def norm(self, x: str, name: str) -> str:
        hidden = self.sizes.hidden
        scale = self.graph.constant(f"{name}.weight", self.weight(f"{name}.weight", hidden))
        shift = self.graph.constant(f"{name}.bias", self.weight(f"{name}.bias", hidden))
        epsilon = self.sizes.layer_norm_epsilon
        return self.graph.node("LayerNormalization", x, scale, shift, axis=-1, epsilon=epsilon)

    def embeddings(self) -> str:
        sizes, graph = self.sizes, self.graph
        words = self.weight("embeddings.word_embeddings.weight", sizes.vocabulary, sizes.hidden)
        places = self.weight("embeddings.position_embeddings.weight", sizes.positions, sizes.hidden)
        # Every text is one sequence, so the first token type is added to the positions once and for all.
        places = places + self.weight("embeddings.token_type_embeddings.weight", None, sizes.hidden)[0]
        word = graph.node("Gather", graph.constant("words", words), "ids")
        place = graph.node("Gather", graph.constant("places", places), "positions")
        return self.norm(graph.node("Add", word, place), "embeddings.LayerNorm")

    def layouts(self) -> tuple[str, str, str]:
        """Rows of the query, key and value heads in the packed (tokens * 3 * heads, head), for every place."""
        graph, heads = self.graph, self.sizes.heads
        graph.constant("packed_heads", np.array([-1, self.head], np.int64))
        graph.constant("packed_hidden", np.array([-1, self.sizes.hidden], np.int64))
        rows = graph.node("Unsqueeze", "slots", graph.constant("head_axis", np.array([1], np.int64)))
        rows = graph.node("Mul", rows, graph.constant("rows_a_token", np.int64(3 * heads)))
        query = graph.node("Add", rows, graph.constant("head_rows", np.arange(heads, dtype=np.int64)[:, None]))
        key = graph.node("Add", query, graph.constant("to_key", np.int64(heads)))
        return query, key, graph.node("Add", query, graph.constant("to_value", np.int64(2 * heads)))

    def attention(self, layer: int, x: str, layouts: tuple[str, str, str]) -> str:
        graph, hidden, name = self.graph, self.sizes.hidden, f"encoder.layer.{layer}.attention"
        (query, query_bias), (key, key_bias), (value, value_bias) = (
            self.dense(f"{name}.self.{part}", hidden, hidden) for part in ("query", "key", "value")
        )
        # The scale of the scores is taken into the query, which costs nothing at run time.
        root = np.sqrt(np.float32(self.head))
        weight = np.concatenate([query / root, key, value], axis=1)
        bias = np.concatenate([query_bias / root, key_bias, value_bias])
        packed = self.linear(graph, f"{layer}.attention_in", x, weight, bias)
        packed = graph.node("Reshape", packed, "packed_heads")
        queries, keys, values = (graph.node("Gather", packed, rows) for rows in layouts)
        scores = graph.node("FusedMatMul", queries, keys, domain=MICROSOFT, transB=1)
        shares = graph.node("Softmax", graph.node("Add", scores, "mask"), axis=-1)
        context = graph.node("Reshape", graph.node("MatMul", shares, values), "packed_heads")
        context = graph.node("Reshape", graph.node("Gather", context, "back"), "packed_hidden")
        out = self.linear(graph, f"{layer}.attention_out", context, *self.dense(f"{name}.output.dense", hidden, hidden))
        return self.norm(graph.node("Add", out, x), f"{name}.output.LayerNorm")

    def feed_forward(self, layer: int, x: str) -> str:
        graph, hidden, wide, name = (
            self.graph,
            self.sizes.hidden,
            self.sizes.feed_forward,
            f"encoder.layer.{layer}",
        )
        inner = self.linear(
            graph, f"{layer}.feed_forward_in", x, *self.dense(f"{name}.intermediate.dense", hidden, wide)
        )
        inner = graph.node("Gelu", inner)
        out = self.linear(graph, f"{layer}.feed_forward_out", inner, *self.dense(f"{name}.output.dense", wide, hidden))
        return self.norm(graph.node("Add", out, x), f"{name}.output.LayerNorm")

    def write(self) -> None:
        x = self.embeddings()
        layouts = self.layouts()
        for layer in range(self.sizes.layers):
            x = self.feed_forward(layer, self.attention(layer, x, layouts))
        self.graph.node("Identity", x, output="vectors")


def write_graph(architecture: Architecture, weights: Weights, linear: Linear) -> bytes:
    """The encoder as the bytes of an ONNX file; ModelError where a tensor is missing or has another shape.

    Probed inputs, if ``linear`` makes any, are further outputs in the order of ``sites``.
    """
    encoder = _Encoder(architecture, weights, linear)
    encoder.write()
    graph = encoder.graph
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "encoder",
            [
                _value("ids", TensorProto.INT64, ["tokens"]),
                _value("positions", TensorProto.INT64, ["tokens"]),
                _value("slots", TensorProto.INT64, ["segments", "longest"]),
                _value("mask", TensorProto.FLOAT, ["segments", 1, 1, "longest"]),
                _value("back", TensorProto.INT64, ["tokens", architecture.heads]),
            ],
            [
                _value("vectors", TensorProto.FLOAT, ["tokens", architecture.hidden]),
                *(_value(name, TensorProto.FLOAT, ["tokens", width]) for name, width in graph.probes),
            ],
            graph.constants,
        ),
        producer_name="streamtrack",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)],
    )
    return _serialise(model)


def _value(name: str, kind: int, shape: Sequence[int | str]) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def _serialise(model: ModelProto) -> bytes:
    return bytes(model.SerializeToString(deterministic=True))

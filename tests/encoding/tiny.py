"""A random BERT-like model of a few kilobytes, in the format of a real one, and what it should answer in numpy."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from math import erf
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from streamtrack.encoding.files import sha256
from streamtrack.encoding.manifest import (
    MANIFEST,
    TOKENIZER,
    WEIGHTS,
    Architecture,
    Manifest,
    dump_manifest,
)

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
WORDS = "query : passage we ran out of money the budget is gone cancel my plan please yes no , . ? ! ' a b".split()
VOCABULARY = [*SPECIAL, *WORDS, *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
ARCHITECTURE = Architecture(
    layers=2,
    heads=2,
    hidden=16,
    feed_forward=32,
    vocabulary=len(VOCABULARY),
    positions=40,
    layer_norm_epsilon=1e-12,
)
TEXTS = ["", "yes", "we ran out of money.", "please cancel my plan, the budget is gone!", "no, no, no " * 4]

Tensors = dict[str, NDArray[np.float32]]


def random_weights(seed: int = 7) -> Tensors:
    """Weights of a plausible size, from a fixed seed, under the names that encoders on the hub use."""
    sizes, dice = ARCHITECTURE, np.random.default_rng(seed)
    tensors: Tensors = {}

    def add(name: str, *shape: int, size: float = 0.3, around: float = 0.0) -> None:
        tensors[name] = (around + size * dice.standard_normal(shape)).astype(np.float32)

    def dense(name: str, outputs: int, inputs: int) -> None:
        add(f"{name}.weight", outputs, inputs)
        add(f"{name}.bias", outputs)

    def norm(name: str) -> None:
        add(f"{name}.weight", sizes.hidden, size=0.1, around=1.0)
        add(f"{name}.bias", sizes.hidden, size=0.1)

    add("embeddings.word_embeddings.weight", sizes.vocabulary, sizes.hidden)
    add("embeddings.position_embeddings.weight", sizes.positions, sizes.hidden)
    add("embeddings.token_type_embeddings.weight", 2, sizes.hidden)
    norm("embeddings.LayerNorm")
    for layer in range(sizes.layers):
        name = f"encoder.layer.{layer}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            dense(f"{name}.attention.{part}", sizes.hidden, sizes.hidden)
        norm(f"{name}.attention.output.LayerNorm")
        dense(f"{name}.intermediate.dense", sizes.feed_forward, sizes.hidden)
        dense(f"{name}.output.dense", sizes.hidden, sizes.feed_forward)
        norm(f"{name}.output.LayerNorm")
    return tensors


def tokenizer() -> Tokenizer:
    """A word-piece tokenizer over a few dozen words, that pads and truncates as files on the hub do."""
    made = Tokenizer(WordPiece(vocab={word: number for number, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    made.normalizer = BertNormalizer(lowercase=True)
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    made.add_special_tokens(SPECIAL)
    made.enable_padding(length=40)
    made.enable_truncation(40)
    return made


def write_tiny(
    folder: Path,
    *,
    pooling: Literal["mean", "cls"] = "mean",
    prefix: str = "",
    tensors: Mapping[str, NDArray[Any]] | None = None,
    **changes: Any,
) -> Manifest:
    """Write manifest, weights and tokenizer of a tiny model; its cache is already filled."""
    cache = folder / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    save_file(dict(random_weights() if tensors is None else tensors), cache / WEIGHTS)
    tokenizer().save(str(cache / TOKENIZER))
    manifest = Manifest(
        name="tiny",
        licence="none",
        dim=ARCHITECTURE.hidden,
        pooling=pooling,
        prefix=prefix,
        max_tokens=20,
        overlap=6,
        architecture=ARCHITECTURE,
        weights_sha256=sha256(cache / WEIGHTS),
        tokenizer_sha256=sha256(cache / TOKENIZER),
    )
    manifest = replace(manifest, **changes)
    (folder / MANIFEST).write_bytes(dump_manifest(manifest))
    return manifest


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def reference_vectors(tensors: Tensors, ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """What BERT answers to one sequence, written out in float64 from the paper, without any of our code."""
    w = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    heads, width = ARCHITECTURE.heads, ARCHITECTURE.hidden // ARCHITECTURE.heads

    def norm(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        return np.asarray(centred / spread * w[f"{name}.weight"] + w[f"{name}.bias"])

    def dense(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        return np.asarray(x @ w[f"{name}.weight"].T + w[f"{name}.bias"])

    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(ARCHITECTURE.layers):
        name = f"encoder.layer.{layer}"
        query, key, value = (
            dense(x, f"{name}.attention.self.{part}").reshape(-1, heads, width).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        scores = np.exp(query @ key.swapaxes(1, 2) / np.sqrt(width))
        mixed = (scores / scores.sum(axis=-1, keepdims=True) @ value).swapaxes(0, 1).reshape(len(ids), -1)
        x = norm(x + dense(mixed, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        inner = dense(x, f"{name}.intermediate.dense")
        inner = inner * (1 + np.vectorize(erf)(inner / np.sqrt(2))) / 2
        x = norm(x + dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    return np.asarray(x)

"""Reads the labelled conversations that accuracy is measured on; they stand beside the checkout, not in it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson

DATA = Path(__file__).parents[2] / "shared" / "evaldata"
STREAMS = ("sgd", "multidogo_finance", "primock57")
FILES = {"sgd_user": "sgd"}
SETS = {
    "banking77": "test",
    "clinc150": "test",
    "hwu64": "test",
    "slurp_asr": "test",
    "nlupp_banking": "folds 5-19",
    "multidogo_finance": "test",
    "sgd_user": "test",
}
"""The sets of the mean, and the rows of them that are scored."""

DEVELOPMENT = {"banking77": "unused", "clinc150": "val", "hwu64": "valid", "goemotions": "dev"}
"""The rows that choices are made on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One utterance and the trackers that should fire on it."""

    id: str
    text: str
    labels: tuple[str, ...]
    split: str
    role: str


def read_rows(name: str) -> list[Labelled]:
    """All utterances of a set, as they stand in its file."""
    file = FILES.get(name, name)
    path = DATA / ("streams" if file in STREAMS else "intents") / f"{file}.jsonl"
    return [_labelled(orjson.loads(line)) for line in path.read_bytes().splitlines()]


def scored_rows(name: str, split: str, limit: int) -> list[Labelled]:
    """The scored utterances of a set; where there are more than ``limit``, those whose hash comes first."""
    rows = read_rows(name)
    if name == "nlupp_banking":
        rows = [row for row in rows if int(row.split.removeprefix("fold")) >= 5]
    elif split == "unused":
        drawn = {one for seed in _tracker_file(name).values() for ids in seed.values() for one in ids}
        rows = [row for row in rows if row.split == "train" and row.id not in drawn]
    else:
        rows = [row for row in rows if row.split == split and (name != "sgd_user" or row.role == "customer")]
    if len(rows) > limit:
        rows = sorted(rows, key=lambda row: sha256(f"scored|{row.id}".encode()).digest())[:limit]
    return rows


def samples(name: str, seed: int, k: int) -> dict[str, list[str]]:
    """The first ``k`` sample phrases of each tracker of a set."""
    texts = {row.id: row.text for row in read_rows(name)}
    return {label: [texts[one] for one in ids[:k]] for label, ids in _tracker_file(name)[str(seed)].items()}


def consultations() -> tuple[list[str], float]:
    """Real spoken talk without a label, and how many hours of it there are."""
    lines = [orjson.loads(line) for line in (DATA / "streams" / "primock57.jsonl").read_bytes().splitlines()]
    ends: dict[str, float] = {}
    for line in lines:
        ends[line["conversation_id"]] = max(line["end_s"], ends.get(line["conversation_id"], 0.0))
    return [line["text"] for line in lines], sum(ends.values()) / 3600


def _tracker_file(name: str) -> dict[str, dict[str, list[str]]]:
    seeds: dict[str, dict[str, list[str]]] = orjson.loads((DATA / "trackers" / f"{name}.json").read_bytes())["seeds"]
    return seeds


def _labelled(row: dict[str, object]) -> Labelled:
    labels = row["labels"]
    assert isinstance(labels, list)
    return Labelled(
        id=str(row.get("id") or f"{row['conversation_id']}#{row['turn']}"),
        text=str(row["text"]),
        labels=tuple(labels),
        split=str(row.get("split", "")),
        role=str(row.get("role", "")),
    )

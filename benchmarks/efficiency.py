"""What does the engine cost beside its encoder?

The same real turns, the same model and threads, in the same batches: tokenizer and onnxruntime alone, then the whole
engine (tokens, encoder, spans, index, decisions). Rounds alternate, so that a noisy machine disturbs both alike.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter

from benchmarks.report import publish
from benchmarks.workload import texts, trackers
from streamtrack.core.batching import expected_tokens
from streamtrack.core.ports import Encoder
from streamtrack.engine import open_matching
from streamtrack.runtime.matching import Question, answer
from streamtrack.settings import Settings

TURNS = 2000
ROUNDS = 7
TRACKERS = (10, 100, 1000)


def batches(budget: int) -> list[list[str]]:
    """Real turns, cut as the batcher cuts them."""
    cut: list[list[str]] = [[]]
    left = budget
    for text in texts()[:TURNS]:
        cost = expected_tokens(text)
        if cut[-1] and cost > left:
            cut.append([])
            left = budget
        cut[-1].append(text)
        left -= cost
    return cut


def bare_s(encoder: Encoder, work: list[list[str]]) -> float:
    """Seconds for tokenizer and onnxruntime alone."""
    began = perf_counter()
    for batch in work:
        encoder.encode([tokens for segments in encoder.tokenize(batch) for tokens in segments])
    return perf_counter() - began


def engine_s(encoder: Encoder, work: list[list[Question]]) -> float:
    """Seconds for the whole way from text to decision."""
    began = perf_counter()
    for batch in work:
        answer(encoder, batch)
    return perf_counter() - began


def main() -> None:
    """Measure with 10, 100 and 1,000 trackers."""
    settings = Settings()
    work = batches(settings.batch_tokens)
    rows = []
    with open_matching(settings) as (encoder, build):
        for count in TRACKERS:
            snapshot = build(trackers(count), 1)
            asked = [[Question(text, (snapshot,)) for text in batch] for batch in work]
            bare, engine = [], []
            for _ in range(ROUNDS):
                bare.append(bare_s(encoder, work))
                engine.append(engine_s(encoder, asked))
            ratios = [one / other for one, other in zip(bare, engine, strict=True)]
            rows.append(
                {
                    "trackers": count,
                    "bare turns/s": round(TURNS / median(bare)),
                    "engine turns/s": round(TURNS / median(engine)),
                    "ratio": median(ratios),
                    "least": min(ratios),
                    "most": max(ratios),
                }
            )
    publish("efficiency", "Engine throughput ÷ bare tokenizer and onnxruntime", rows, turns=TURNS, rounds=ROUNDS)


if __name__ == "__main__":
    main()

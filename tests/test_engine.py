from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streamtrack import Engine
from streamtrack.engine import read_trackers
from streamtrack.errors import InvalidTrackerFile, ModelError
from streamtrack.settings import Settings
from streamtrack.types import Tracker

BUDGET = Tracker(
    id="b", name="Budget", vocabulary=("I ran out of budget", "we cannot afford it", "there is no money left")
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as opened:
        yield opened


def names(engine: Engine, text: str) -> set[str]:
    return {hit.tracker.name for hit in engine.match(text)}


def test_meaning_is_found_without_the_words(engine: Engine) -> None:
    engine.listen_to([BUDGET])
    assert names(engine, "I don't have any money") == {"Budget"}
    assert names(engine, "what a lovely day it is today") == set()
    assert names(engine, "") == set()


def test_a_batch_gives_each_text_what_it_gets_alone(engine: Engine) -> None:
    engine.listen_to([BUDGET])
    texts = ["I don't have any money", "hello there", "we cannot afford it, sorry", ""]
    together = engine.match_all(texts)
    for text, hits in zip(texts, together, strict=True):
        alone = engine.match(text)
        assert [(hit.tracker.name, hit.sample, hit.span) for hit in hits] == [
            (hit.tracker.name, hit.sample, hit.span) for hit in alone
        ]
        assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in alone], abs=1e-4)
    assert engine.match_all([]) == []


def test_the_words_of_a_match_are_named_inside_a_long_turn(engine: Engine) -> None:
    engine.listen_to([BUDGET])
    text = (
        "yeah so I talked to my colleague on Monday about the holidays and the new office and, to be honest with you, "
        "we just don't have the money for that this year, but anyway how was your trip to the mountains"
    )
    (hit,) = engine.match(text)
    quote = text[hit.span.start : hit.span.end]
    assert "money" in quote
    assert len(quote) < len(text) / 2


def test_the_prebuilt_trackers_listen_by_default() -> None:
    with Engine() as engine:
        assert names(engine, "can I talk to your manager please") == {"Escalation"} or names(
            engine, "can I talk to your manager please"
        )


def test_trackers_of_several_sources_are_read_in_order(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('[{"name": "Mine", "vocabulary": ["all mine"]}]', encoding="utf-8")
    assert [one.name for one in read_trackers([str(file)])] == ["Mine"]
    assert read_trackers(["library", str(file)])[-1].name == "Mine"
    assert len(read_trackers(["library", str(file)])) > 10


def test_a_missing_tracker_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidTrackerFile, match=r"nothing\.yaml"):
        read_trackers([str(tmp_path / "nothing.yaml")])


def test_an_unknown_model_is_named_with_those_there_are() -> None:
    with pytest.raises(ModelError, match=r"no model 'gpt'; known are all-MiniLM-L6-v2"):
        Engine(settings=Settings().overlaid(model="gpt"))

"""The rules for a tracker as written by a person, and the words in which a mistake is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streamtrack.core.definitions import (
    PROBLEM_LIMIT,
    TRACKER_FIELDS,
    TrackerDefinition,
    explain,
    normalise,
    problems,
)
from streamtrack.types import BALANCED, Sensitivity, Tracker


def define(**fields: Any) -> TrackerDefinition:
    return TrackerDefinition.model_validate({"name": "Budget", "vocabulary": ["ran out of money"], **fields})


def refusal(**fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        define(**fields)
    return explain(caught.value, known=TRACKER_FIELDS)


def test_a_name_and_one_sample_are_enough() -> None:
    assert define().tracker(id="t1") == Tracker(
        id="t1", name="Budget", vocabulary=("ran out of money",), sensitivity=BALANCED
    )


def test_every_field_reaches_the_tracker() -> None:
    definition = define(
        id="own",
        description="Money is short.",
        exclude=["plenty of money"],
        categories=["sales"],
        languages=["en", "pt-BR", "zh-Hans-CN"],
        sensitivity={"threshold": 0},
        speakers=["customer"],
        enabled=False,
    )
    assert definition.tracker(id="t1", version=7) == Tracker(
        id="t1",
        name="Budget",
        vocabulary=("ran out of money",),
        description="Money is short.",
        exclude=("plenty of money",),
        categories=("sales",),
        languages=("en", "pt-BR", "zh-Hans-CN"),
        sensitivity=Sensitivity(threshold=0.0),
        speakers=("customer",),
        enabled=False,
        version=7,
    )


@pytest.mark.parametrize(
    ("given_as", "meant"),
    [
        ("strict", Sensitivity.named("strict")),
        ("broad", Sensitivity.named("broad")),
        ({"false_alarms_per_hour": 2}, Sensitivity(false_alarms_per_hour=2.0)),
        ({"threshold": -0.25}, Sensitivity(threshold=-0.25)),
    ],
)
def test_sensitivity_is_a_word_a_rate_or_a_threshold(given_as: object, meant: Sensitivity) -> None:
    assert define(sensitivity=given_as).tracker(id="t").sensitivity == meant


def test_json_and_python_values_are_read_alike() -> None:
    fields = {"name": "Budget", "vocabulary": ["a b"], "sensitivity": {"threshold": 0.5}, "speakers": ["agent"]}
    assert TrackerDefinition.model_validate_json(json.dumps(fields)) == TrackerDefinition.model_validate(fields)


def test_a_definition_survives_its_own_dump() -> None:
    definition = define(sensitivity={"false_alarms_per_hour": 0.3}, exclude=["rich"])
    assert TrackerDefinition.model_validate(definition.model_dump(exclude_defaults=True)) == definition


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"name": ""}, "name: must have at least 1 character; got ''"),
    ({"name": "x" * 129}, f"name: must have at most 128 characters; got '{'x' * 58}…"),
    ({"name": " Budget"}, "name: must not begin or end with a space; got ' Budget'"),
    ({"name": "Bud\nget"}, "name: must not hold control characters; got 'Bud\\nget'"),
    ({"name": 7}, "name: must be text; got 7"),
    ({"vocabulary": []}, "vocabulary: needs at least 1, has 0"),
    ({"vocabulary": "one"}, "vocabulary: must be a list; got 'one'"),
    ({"vocabulary": [f"s{n}" for n in range(201)]}, "vocabulary: takes at most 200, has 201"),
    ({"vocabulary": ["fine", None]}, "vocabulary[1]: must be text; got None"),
    ({"vocabulary": [3]}, "vocabulary[0]: must be text; got 3"),
    ({"vocabulary": ["?!"]}, "vocabulary[0]: must hold at least one letter or digit; got '?!'"),
    ({"vocabulary": ["y" * 301]}, f"vocabulary[0]: must have at most 300 characters; got '{'y' * 58}…"),
    (
        {"vocabulary": ["I can't pay", "other", "i  cant pay!"]},
        "vocabulary[2]: repeats \"I can't pay\", which differs in case and punctuation at most; got 'i  cant pay!'",
    ),
    ({"exclude": ["Ran out of money!"]}, "exclude[0]: is in vocabulary too; got 'Ran out of money!'"),
    ({"languages": ["english, mostly"]}, 'languages[0]: must be a language code such as "en" or "pt-BR"'),
    ({"sensitivity": "high"}, "sensitivity: must be 'strict', 'balanced' or 'broad'; got 'high'"),
    ({"sensitivity": 0.5}, 'sensitivity: must be "strict", "balanced" or "broad", or {"false_alarms_per_hour": a'),
    ({"sensitivity": {}}, "sensitivity: must give false_alarms_per_hour or threshold, one of the two; got {}"),
    ({"sensitivity": {"threshold": 1.5}}, "sensitivity.threshold: must be less than or equal to 1; got 1.5"),
    ({"sensitivity": {"threshold": True}}, "sensitivity.threshold: must be a number; got True"),
    ({"sensitivity": {"threshold": float("nan")}}, "sensitivity.threshold: must be a finite number; got nan"),
    ({"sensitivity": {"false_alarms_per_hour": 0}}, "sensitivity.false_alarms_per_hour: must be greater than"),
    ({"sensitivity": {"thresold": 0.5}}, "sensitivity.thresold: unknown field; did you mean 'threshold'?"),
    ({"enabled": "yes"}, "enabled: must be true or false; got 'yes'"),
    ({"id": "a b"}, "id: must begin with a letter or digit and hold only"),
    ({"speakers": ["agent", "Agent"]}, "speakers[1]: repeats 'agent'"),
    ({"vocabulry": ["x"]}, "vocabulry: unknown field; did you mean 'vocabulary'?"),
    ({"weight": 3}, f"weight: unknown field; allowed are {', '.join(TRACKER_FIELDS)}"),
]


@pytest.mark.parametrize(("fields", "message"), REFUSED)
def test_a_mistake_is_told_with_field_rule_and_value(fields: dict[str, object], message: str) -> None:
    assert refusal(**fields).startswith(message)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        TrackerDefinition.model_validate({"name": "Budget"})
    assert explain(caught.value) == "vocabulary: required, but missing"


def test_several_mistakes_are_told_together() -> None:
    assert refusal(name="", enabled=1) == (
        "name: must have at least 1 character; got ''; enabled: must be true or false; got 1"
    )


def test_mistakes_beyond_the_limit_are_counted() -> None:
    assert refusal(vocabulary=[1] * (PROBLEM_LIMIT + 3)).endswith("; and 3 more")


def test_leading_parts_of_the_place_can_be_left_out() -> None:
    with pytest.raises(ValidationError) as caught:
        define(vocabulary=["fine", 2])
    (problem,) = problems(caught.value, skip=1)
    assert (problem.field, problem.value) == ("[1]", "2")


def test_an_unknown_field_without_known_ones_is_only_called_unknown() -> None:
    with pytest.raises(ValidationError) as caught:
        define(vocabulry=1)
    assert explain(caught.value) == "vocabulry: unknown field"


def test_a_definition_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        define().name = "Other"  # type: ignore[misc]


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_case_does_not_make_a_sample_distinct(text: str) -> None:
    assert normalise(text.upper()) == normalise(text)

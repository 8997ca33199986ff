"""What a user may say about a tracker: the one set of rules for files, sockets and management calls.

A definition is a tracker as written by a person; it becomes a ``types.Tracker`` when it is given an id and a
version. ``problems`` and ``explain`` put the mistakes of any checked message into words.
"""

from __future__ import annotations

import re
import reprlib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Strict,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from streamtrack.types import Sensitivity, Tracker

PROBLEM_LIMIT = 20
"""Mistakes told at once; further ones are counted."""
_VALUE_LIMIT = 60
_SENSITIVITY_RULE = (
    'must be "strict", "balanced" or "broad", or {"false_alarms_per_hour": a number} or {"threshold": a number}'
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")


def normalise(sample: str) -> str:
    """A sample without case, punctuation and surplus space: two samples that agree in this are the same sample."""
    folded = unicodedata.normalize("NFKC", sample).casefold().replace("'", "").replace("’", "")
    return " ".join("".join(char if char.isalnum() else " " for char in folded).split())


def _plain(value: str) -> str:
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
        raise ValueError("must not hold control characters")
    return value


def _trimmed(value: str) -> str:
    if value != value.strip():
        raise ValueError("must not begin or end with a space")
    return _plain(value)


def _spoken(value: str) -> str:
    if not normalise(value):
        raise ValueError("must hold at least one letter or digit")
    return _plain(value)


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError('must be a language code such as "en" or "pt-BR"')
    return value


def _identifier(value: str) -> str:
    if not _IDENTIFIER.fullmatch(value):
        raise ValueError("must begin with a letter or digit and hold only letters, digits, '.', '_', ':' and '-'")
    return value


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        earlier = first.setdefault(normalise(value), index)
        if earlier != index:
            raise PydanticCustomError(
                "duplicate",
                "repeats {earlier}, which differs in case and punctuation at most",
                {"earlier": repr(values[earlier]), "index": index},
            )
    return values


Sample = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_spoken)]
Label = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_trimmed)]
Language = Annotated[str, Field(max_length=35), AfterValidator(_language)]


class SensitivityGiven(BaseModel):
    """How readily a tracker fires, as a number: a rate of false alarms, or a threshold on the score."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    false_alarms_per_hour: Annotated[float, Field(ge=0.001, le=100)] | None = None
    threshold: Annotated[float, Field(ge=-1, le=1)] | None = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> SensitivityGiven:
        if (self.false_alarms_per_hour is None) == (self.threshold is None):
            raise ValueError("must give false_alarms_per_hour or threshold, one of the two")
        return self


def _form_of_sensitivity(value: object) -> str | None:
    if isinstance(value, str):
        return "<named>"
    return "<number>" if isinstance(value, dict | SensitivityGiven) else None


class TrackerDefinition(BaseModel):
    """A tracker as written by a person: a name, samples of what to listen for, and how readily to fire.

    ``exclude`` holds counter-samples, phrases that are near in words and must not match. ``speakers`` are the roles
    it listens to; empty means everyone. Without ``id`` whoever takes the definition gives one.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    name: Label
    vocabulary: Annotated[
        tuple[Sample, ...], Strict(False), Field(min_length=1, max_length=200), AfterValidator(_distinct)
    ]
    id: Annotated[str, Field(max_length=128), AfterValidator(_identifier)] | None = None
    description: Annotated[str, Field(max_length=1000)] = ""
    exclude: Annotated[tuple[Sample, ...], Strict(False), Field(max_length=200), AfterValidator(_distinct)] = ()
    categories: Annotated[tuple[Label, ...], Strict(False), Field(max_length=20), AfterValidator(_distinct)] = ()
    languages: Annotated[tuple[Language, ...], Strict(False), Field(max_length=20), AfterValidator(_distinct)] = ()
    sensitivity: Annotated[
        Annotated[Literal["strict", "balanced", "broad"], Tag("<named>")]
        | Annotated[SensitivityGiven, Tag("<number>")],
        Discriminator(_form_of_sensitivity, custom_error_type="sensitivity", custom_error_message=_SENSITIVITY_RULE),
    ] = "balanced"
    speakers: Annotated[tuple[Label, ...], Strict(False), Field(max_length=20), AfterValidator(_distinct)] = ()
    enabled: bool = True

    @model_validator(mode="after")
    def _no_sample_is_its_own_opposite(self) -> TrackerDefinition:
        wanted = {normalise(sample) for sample in self.vocabulary}
        for index, sample in enumerate(self.exclude):
            if normalise(sample) in wanted:
                raise PydanticCustomError(
                    "contradiction", "is in vocabulary too", {"field": "exclude", "index": index, "sample": sample}
                )
        return self

    def tracker(self, *, id: str, version: int = 1) -> Tracker:
        """The tracker it defines, under this id and version; an ``id`` of its own is the caller's to respect."""
        return Tracker(
            id=id,
            name=self.name,
            vocabulary=self.vocabulary,
            description=self.description,
            exclude=self.exclude,
            categories=self.categories,
            languages=self.languages,
            sensitivity=_sensitivity(self.sensitivity),
            speakers=self.speakers,
            enabled=self.enabled,
            version=version,
        )


TRACKER_FIELDS = tuple(TrackerDefinition.model_fields)
"""The field names that a definition may have."""


def _sensitivity(given: str | SensitivityGiven) -> Sensitivity:
    if isinstance(given, str):
        return Sensitivity.named(given)
    return Sensitivity(false_alarms_per_hour=given.false_alarms_per_hour, threshold=given.threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake: where it is, which rule it breaks, and the value, shortened, unless there is none."""

    loc: tuple[str | int, ...]
    rule: str
    value: str | None = None

    @property
    def field(self) -> str:
        """The place as people write it: ``vocabulary[2]``; empty for the whole."""
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.loc).lstrip(".")

    def __str__(self) -> str:
        place = f"{self.field}: " if self.loc else ""
        return f"{place}{self.rule}" + (f"; got {self.value}" if self.value is not None else "")


def problems(error: ValidationError, *, skip: int = 0, known: Collection[str] = ()) -> tuple[Problem, ...]:
    """Every mistake in a checked value, in order.

    ``skip`` leaves out that many leading parts of each place. An unknown field is met with the nearest of
    ``known``, the field names that are allowed.
    """
    details = error.errors(include_url=False)
    return tuple(_problem(one, skip, known) for one in details if not _follows(one, details))


def explain(error: ValidationError, *, skip: int = 0, known: Collection[str] = ()) -> str:
    """The mistakes as one line, each naming field, rule and value."""
    return summary([str(problem) for problem in problems(error, skip=skip, known=known)])


def summary(mistakes: Sequence[str], separator: str = "; ") -> str:
    """The first mistakes joined, and the number of those left out."""
    more = len(mistakes) - PROBLEM_LIMIT
    return separator.join([*mistakes[:PROBLEM_LIMIT], *([f"and {more} more"] if more > 0 else [])])


def _follows(details: ErrorDetails, others: Sequence[ErrorDetails]) -> bool:
    """Whether a list is too short only because its items were refused one by one."""
    if details["type"] != "too_short":
        return False
    depth = len(details["loc"])
    return any(len(other["loc"]) > depth and other["loc"][:depth] == details["loc"] for other in others)


def _problem(details: ErrorDetails, skip: int, known: Collection[str]) -> Problem:
    loc = tuple(part for part in details["loc"][skip:] if not str(part).startswith("<"))
    context = details.get("ctx", {})
    value = details["input"]
    match details["type"]:
        case "missing":
            return Problem(loc=loc, rule="required, but missing")
        case "extra_forbidden" | "unexpected_keyword_argument":
            within = SensitivityGiven.model_fields if "sensitivity" in loc[:-1] else known
            return Problem(loc=loc, rule=_unknown(str(loc[-1]), list(within)))
        case "too_short":
            return Problem(loc=loc, rule=f"needs at least {context['min_length']}, has {context['actual_length']}")
        case "too_long":
            return Problem(loc=loc, rule=f"takes at most {context['max_length']}, has {context['actual_length']}")
        case "duplicate":
            loc, value = (*loc, context["index"]), value[context["index"]]
        case "contradiction":
            loc, value = (*loc, context["field"], context["index"]), context["sample"]
    return Problem(loc=loc, rule=_rule(details), value=_shortened(value))


def _unknown(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    if close:
        return f"unknown field; did you mean {close[0]!r}?"
    return f"unknown field; allowed are {', '.join(known)}" if known else "unknown field"


_WORDED: Mapping[str, str] = {
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dataclass_type": "must be an object",
}


def _rule(details: ErrorDetails) -> str:
    message = _WORDED.get(details["type"], details["msg"]).removeprefix("Value error, ")
    for subject in ("Input should", "String should", "Value should"):
        if message.startswith(subject):
            return "must" + message.removeprefix(subject)
    return message


def _shortened(value: object) -> str:
    # A nest of aliases may be endless when written out, so only the outside of a collection is.
    shown = repr(value) if isinstance(value, str) else reprlib.repr(value)
    return shown if len(shown) <= _VALUE_LIMIT else f"{shown[: _VALUE_LIMIT - 1]}…"

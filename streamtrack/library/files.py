"""Trackers from a YAML or JSON file, every mistake told with its line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from streamtrack.core.definitions import TRACKER_FIELDS, Problem, TrackerDefinition, problems, summary
from streamtrack.errors import InvalidTrackerFile
from streamtrack.types import Tracker

TRACKERS_LIMIT = 10_000
"""Trackers in one file."""
Place = tuple[str | int, ...]
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEPTH_LIMIT = 20
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_SHAPE = 'must be a list of trackers, or an object with the one field "trackers"'


def load_trackers(path: Path) -> tuple[Tracker, ...]:
    """The trackers of a file, in its order; ``.json`` is read as JSON and anything else as YAML.

    A tracker without an id gets one that depends on its name alone, so that it stays the same when the file
    changes elsewhere. Raises InvalidTrackerFile, which names the file and for each of the first mistakes the line,
    the field, the value and what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidTrackerFile(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InvalidTrackerFile(f"{path}: must be UTF-8 text; byte {error.start} is not") from error
    definitions = parse_trackers(text, source=str(path))
    return tuple(one.tracker(id=one.id or id_of_name(one.name)) for one in definitions)


def id_of_name(name: str) -> str:
    """A stable id for a tracker that has only a name: its readable part and eight digits of its hash."""
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:48]
    digits = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"file:{readable}-{digits}" if readable else f"file:{digits}"


def parse_trackers(text: str, *, source: str) -> tuple[TrackerDefinition, ...]:
    """The definitions in a file's text; ``source`` is its name in messages, and its ending says how to read it.

    Raises InvalidTrackerFile.
    """
    document = _read(text, source)
    prefix, entries = _entries(document, source)
    if len(entries) > TRACKERS_LIMIT:
        raise InvalidTrackerFile(f"{source}: takes at most {TRACKERS_LIMIT} trackers, has {len(entries)}")
    mistakes = list(_repeated_keys(document.root, set()))
    definitions: list[tuple[Place, TrackerDefinition]] = []
    for index, entry in enumerate(entries):
        place = (*prefix, index)
        try:
            definitions.append((place, TrackerDefinition.model_validate(entry)))
        except ValidationError as error:
            found = problems(error, known=TRACKER_FIELDS)
            mistakes += [Problem(loc=(*place, *one.loc), rule=one.rule, value=one.value) for one in found]
    mistakes += _clashes(document, definitions)
    if mistakes:
        raise _refusal(source, [(document.line(problem.loc), problem) for problem in mistakes])
    return tuple(definition for _, definition in definitions)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """A file's values, and the tree of nodes that knows their lines."""

    value: Any
    root: yaml.Node

    def line(self, loc: Sequence[str | int]) -> int:
        """The line, from 1, of the value at this place, or of the nearest one around it."""
        node, line = self.root, self.root.start_mark.line
        for part in loc:
            below = _child(node, part)
            if below is None:
                break
            node, line = below
        return line + 1


def _child(node: yaml.Node, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value, key.start_mark.line
    return None


def _read(text: str, source: str) -> _Document:
    try:
        if source.lower().endswith(".json"):
            value = json.loads(text)
            root = yaml.compose(_json_as_yaml(text), Loader=_Loader)
        else:
            _refuse_deep_nesting(text)
            root = yaml.compose(text, Loader=_Loader)
            value = yaml.load(text, Loader=_Loader)
    except json.JSONDecodeError as error:
        raise InvalidTrackerFile(f"{source}, line {error.lineno}: not JSON: {error.msg}") from error
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise InvalidTrackerFile(f"{source}{place}: not YAML: {getattr(error, 'problem', error)}") from error
    except RecursionError as error:
        raise InvalidTrackerFile(f"{source}: {_SHAPE}; it is nested too deeply to be one") from error
    if root is None:
        raise InvalidTrackerFile(f"{source}: {_SHAPE}; it is empty")
    return _Document(value=value, root=root)


def _refuse_deep_nesting(text: str) -> None:
    """Guards the composer, which calls itself for every level and would take the process down with its stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH_LIMIT:
            raise RecursionError


def _json_as_yaml(text: str) -> str:
    """Valid JSON in a form that YAML, which knows the lines, can follow: no tabs between tokens, no surrogates."""
    return _SURROGATE.sub(r"\\u0020", text.replace("\t", " "))


def _entries(document: _Document, source: str) -> tuple[Place, list[Any]]:
    value = document.value
    if isinstance(value, list):
        return (), value
    if isinstance(value, dict) and value.keys() == {"trackers"} and isinstance(value["trackers"], list):
        return ("trackers",), value["trackers"]
    surplus = [key for key in value if key != "trackers"] if isinstance(value, dict) else []
    got = f"got the field {surplus[0]!r}" if surplus else f"got {type(value).__name__}"
    raise InvalidTrackerFile(f"{source}, line {document.line(surplus[:1])}: {_SHAPE}; {got}")


def _clashes(document: _Document, definitions: Sequence[tuple[Place, TrackerDefinition]]) -> Iterator[Problem]:
    """Names and ids that an earlier tracker of the file has."""
    first: dict[tuple[str, str], Place] = {}
    for place, definition in definitions:
        for field, value in (("name", definition.name), ("id", definition.id)):
            if value is None:
                continue
            earlier = first.setdefault((field, value), (*place, field))
            if earlier != (*place, field):
                rule = f"must be unique in the file; line {document.line(earlier)} has it too"
                yield Problem(loc=(*place, field), rule=rule, value=repr(value))


def _repeated_keys(node: yaml.Node, visited: set[int], loc: Place = ()) -> Iterator[Problem]:
    """A key that stands twice in one object: readers would silently drop the first.

    A node is looked at once, because aliases can make a small file an endless tree.
    """
    if id(node) in visited:
        return
    visited.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _repeated_keys(item, visited, (*loc, index))
    elif isinstance(node, yaml.MappingNode):
        names = [key.value for key, _ in node.value]
        for index, (key, value) in enumerate(node.value):
            if names.index(key.value) < index:
                yield Problem(loc=(*loc, key.value), rule=f"given twice, again in line {key.start_mark.line + 1}")
            yield from _repeated_keys(value, visited, (*loc, key.value))


def _refusal(source: str, mistakes: list[tuple[int, Problem]]) -> InvalidTrackerFile:
    told = [f"line {line}, {problem}" for line, problem in sorted(mistakes, key=lambda mistake: mistake[0])]
    if len(told) == 1:
        return InvalidTrackerFile(f"{source}, {told[0]}")
    return InvalidTrackerFile(f"{source}: {len(told)} mistakes\n  " + summary(told, "\n  "))

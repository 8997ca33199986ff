"""The floors of ``docs/design.md``: dependencies point down only, and the core is pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "streamtrack"
FLOORS: dict[str, int] = {
    "types": 0,
    "errors": 0,
    "settings": 0,
    "core": 1,
    "encoding": 2,
    "index": 2,
    "library": 2,
    "dialects": 2,
    "runtime": 2,
    "testing": 2,
    "server": 3,
    "client": 3,
    "engine": 4,
    "player": 4,
    "app": 5,
    "commands": 6,
    "cli": 7,
    "__main__": 8,
}
IMPURE = {
    "asyncio",
    "socket",
    "ssl",
    "threading",
    "time",
    "os",
    "random",
    "logging",
    "secrets",
    "uuid",
    "pathlib",
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            if node.module == "streamtrack":
                yield from (f"streamtrack.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_floors_below_or_its_own_room(path: Path) -> None:
    own = room(path)
    if own == "__init__":
        return
    assert own in FLOORS, f"{path}: no floor is set for {own!r}"
    for name in imported(path):
        if not name.startswith("streamtrack."):
            continue
        other = name.split(".")[1]
        allowed = other == own or FLOORS[other] < FLOORS[own] or FLOORS[own] == FLOORS[other] == 0
        assert allowed, f"{path.relative_to(ROOT)} (floor {FLOORS[own]}) imports {name} (floor {FLOORS[other]})"


@pytest.mark.parametrize("path", sorted((PACKAGE / "core").rglob("*.py")), ids=lambda path: path.name)
def test_the_core_performs_no_io_and_has_no_clock(path: Path) -> None:
    assert IMPURE.isdisjoint(name.split(".")[0] for name in imported(path))


def test_the_environment_is_read_in_one_place() -> None:
    readers = [
        path.relative_to(PACKAGE).as_posix() for path in MODULES if "os.environ" in path.read_text(encoding="utf-8")
    ]
    assert readers == ["commands/console.py", "encoding/__init__.py"]


def test_no_module_has_grown_two_nouns() -> None:
    long = {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: lines for name, lines in long.items() if lines > 320} == {}

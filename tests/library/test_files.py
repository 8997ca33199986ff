"""Tracker files: what is read from them, and how a mistake is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamtrack.errors import InvalidTrackerFile
from streamtrack.library.files import TRACKERS_LIMIT, id_of_name, load_trackers, parse_trackers
from streamtrack.types import Sensitivity, Tracker

GOOD = """\
# A comment, and a tracker with everything.
trackers:
  - name: Budget
    id: own:budget
    vocabulary: [ran out of money, "no budget left"]
    exclude: [plenty of money]
    categories: [sales]
    languages: [en]
    sensitivity: {false_alarms_per_hour: 0.5}
    speakers: [customer]
    enabled: false
    description: Money is short.
  - name: Größe
    vocabulary:
      - how big is it
"""


def refusal(text: str, source: str = "team.yaml") -> str:
    with pytest.raises(InvalidTrackerFile) as caught:
        parse_trackers(text, source=source)
    return str(caught.value)


def test_a_yaml_file_gives_its_trackers_in_order(tmp_path: Path) -> None:
    path = tmp_path / "team.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_trackers(path) == (
        Tracker(
            id="own:budget",
            name="Budget",
            vocabulary=("ran out of money", "no budget left"),
            exclude=("plenty of money",),
            categories=("sales",),
            languages=("en",),
            sensitivity=Sensitivity(false_alarms_per_hour=0.5),
            speakers=("customer",),
            enabled=False,
            description="Money is short.",
        ),
        Tracker(id=id_of_name("Größe"), name="Größe", vocabulary=("how big is it",)),
    )


def test_json_says_the_same_as_yaml(tmp_path: Path) -> None:
    trackers = [{"name": "Budget 😀", "vocabulary": ["ran out of money", '5 "inch" \\ / 😀']}]
    (tmp_path / "a.json").write_text("\ufeff" + json.dumps(trackers, indent="\t"), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps({"trackers": trackers}), encoding="utf-8")
    (tmp_path / "c.yml").write_text(json.dumps(trackers, ensure_ascii=False), encoding="utf-8")
    read = [load_trackers(tmp_path / name) for name in ("a.json", "b.json", "c.yml")]
    assert read[0] == read[1] == read[2]
    assert read[0][0].vocabulary[1] == '5 "inch" \\ / 😀'


def test_an_id_depends_on_the_name_alone() -> None:
    assert id_of_name("Next steps") == "file:next-steps-dd00d3d3"
    assert id_of_name("Next-steps") != id_of_name("Next steps")
    assert id_of_name("予算").startswith("file:")


def test_a_file_without_trackers_is_legal() -> None:
    assert parse_trackers("trackers: []", source="t.yaml") == ()


def test_one_mistake_is_told_in_one_line() -> None:
    text = GOOD.replace("sensitivity: {false_alarms_per_hour: 0.5}", "sensitivity: high")
    assert refusal(text) == (
        "team.yaml, line 9, trackers[0].sensitivity: must be 'strict', 'balanced' or 'broad'; got 'high'"
    )


def test_several_mistakes_are_told_together_with_their_lines() -> None:
    assert refusal("- name: A\n  vocabulry: [x]\n- name: ''\n  vocabulary:\n    - fine\n    - No\n") == (
        "team.yaml: 4 mistakes\n"
        "  line 1, [0].vocabulary: required, but missing\n"
        "  line 2, [0].vocabulry: unknown field; did you mean 'vocabulary'?\n"
        "  line 3, [1].name: must have at least 1 character; got ''\n"
        "  line 6, [1].vocabulary[1]: must be text; got False"
    )


def test_twenty_mistakes_are_told_and_the_rest_counted() -> None:
    told = refusal("\n".join("- name: ''\n  vocabulary: [x]" for _ in range(23))).splitlines()
    assert (told[0], len(told), told[-1]) == ("team.yaml: 23 mistakes", 22, "  and 3 more")


def test_a_mistake_in_json_has_its_line_too() -> None:
    text = '{\n\t"trackers": [\n\t\t{"name": "A",\n\t\t "vocabulary": ["one", "One!"]}\n\t]\n}'
    assert refusal(text, "team.json") == (
        "team.json, line 4, trackers[0].vocabulary[1]: "
        "repeats 'one', which differs in case and punctuation at most; got 'One!'"
    )


@pytest.mark.parametrize(
    ("text", "source", "message"),
    [
        ("", "t.yaml", 't.yaml: must be a list of trackers, or an object with the one field "trackers"; it is empty'),
        ("7", "t.yaml", "t.yaml, line 1: must be a list of trackers"),
        ("trackers: 7", "t.yaml", "t.yaml, line 1: must be a list of trackers"),
        ("trackers: []\nextra: 1", "t.yaml", "t.yaml, line 2: must be a list of trackers"),
        ("- name: [\n- b", "t.yaml", "t.yaml, line 2: not YAML: "),
        ("- name: a\n  vocabulary: ['x]\n", "t.yaml", "t.yaml, line 3: not YAML: "),
        ("--- []\n--- []", "t.yaml", "t.yaml, line 2: not YAML: "),
        ("- !!python/object:os.system {}", "t.yaml", "t.yaml, line 1: not YAML: "),
        ("a\x00b", "t.yaml", "t.yaml: not YAML: "),
        ('[{"name": "A",\n "vocabulary": ["x",]}]', "t.json", "t.json, line 2: not JSON: "),
        ("- just text", "t.yaml", "t.yaml, line 1, [0]: must be an object; got 'just text'"),
        ("[" * 100_000, "t.json", "t.json: must be a list of trackers"),
        ("[" * 300_000, "t.yaml", "t.yaml: must be a list of trackers"),
        ("- 5: x\n  name: a\n  vocabulary: [b]", "t.yaml", "t.yaml, line 1, [0]"),
        ("- {name: a, vocabulary: [x], when: 2024-02-30}", "t.yaml", "t.yaml"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(text: str, source: str, message: str) -> None:
    assert refusal(text, source).startswith(message)


def test_a_name_and_an_id_are_unique_in_a_file() -> None:
    one = "- {name: A, id: x, vocabulary: [b]}\n"
    assert refusal(one + one) == (
        "team.yaml: 2 mistakes\n"
        "  line 2, [1].name: must be unique in the file; line 1 has it too; got 'A'\n"
        "  line 2, [1].id: must be unique in the file; line 1 has it too; got 'x'"
    )
    assert len(parse_trackers(one + one.replace("A", "a").replace("x", "y"), source="t.yaml")) == 2


def test_a_field_given_twice_is_a_mistake() -> None:
    assert refusal("- name: A\n  vocabulary: [x]\n  name: B\n") == (
        "team.yaml, line 1, [0].name: given twice, again in line 3"
    )


def test_aliases_within_aliases_do_not_hang() -> None:
    nest = [f"&a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    lines = ["- name: A", "  vocabulary:", *(f"    - {one}" for one in ["&a0 [x, x]", *nest])]
    assert refusal("\n".join(lines)).startswith(
        "team.yaml: 12 mistakes\n  line 3, [0].vocabulary[0]: must be text; got ['x', 'x']"
    )


def test_trackers_may_share_samples_by_alias() -> None:
    text = "- {name: A, vocabulary: &shared [one, two]}\n- {name: B, vocabulary: *shared}"
    first, second = parse_trackers(text, source="team.yaml")
    assert first.vocabulary == second.vocabulary == ("one", "two")


def test_there_is_a_limit_to_the_trackers_in_a_file() -> None:
    assert refusal("[" + "0," * TRACKERS_LIMIT + "0]") == "team.yaml: takes at most 10000 trackers, has 10001"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    absent, latin = tmp_path / "absent.yaml", tmp_path / "latin.yaml"
    latin.write_bytes(b"- name: Gr\xf6\xdfe")
    with pytest.raises(InvalidTrackerFile, match=r"absent\.yaml: cannot be read: No such file"):
        load_trackers(absent)
    with pytest.raises(InvalidTrackerFile, match=r"latin\.yaml: must be UTF-8 text; byte 10 is not"):
        load_trackers(latin)

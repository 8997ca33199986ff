"""Conversation files: what is read from them, made-up times, and how a mistake is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamtrack.errors import InvalidConversationFile
from streamtrack.library.conversations import (
    PAUSE_S,
    WORDS_PER_S,
    Conversation,
    Expectation,
    Turn,
    parse_conversations,
    read_conversations,
)


def line(**fields: object) -> str:
    return json.dumps({"conversation_id": "c1", "turn": 0, "role": "agent", "text": "good morning", **fields})


def refusal(*lines: str) -> str:
    with pytest.raises(InvalidConversationFile) as caught:
        parse_conversations(lines, source="calls.jsonl")
    return str(caught.value)


def test_every_field_of_a_turn_is_read() -> None:
    marks = [{"tracker": "Greeting", "quote": "good"}, {"tracker": "Time", "quote": "morning", "arguable": True}]
    text = line(speaker="Ana", start_s=1, end_s=2.5, expect=marks, labels=["x"])
    assert parse_conversations([text], source="x") == (
        Conversation(
            conversation_id="c1",
            turns=(
                Turn(
                    number=0,
                    role="agent",
                    speaker="Ana",
                    text="good morning",
                    start_s=1.0,
                    end_s=2.5,
                    expect=(
                        Expectation(tracker="Greeting", quote="good"),
                        Expectation(tracker="Time", quote="morning", arguable=True),
                    ),
                ),
            ),
        ),
    )


def test_a_turn_without_times_follows_at_the_pace_of_speech() -> None:
    (call,) = parse_conversations(
        [line(start_s=1.0, end_s=9.0), line(turn=1, start_s=4.0, end_s=5.0), line(turn=4, text="one two three")],
        source="x",
    )
    assert call.turns[2].start_s == 9.0 + PAUSE_S
    assert call.turns[2].end_s == pytest.approx(9.0 + PAUSE_S + 3 / WORDS_PER_S, abs=1e-3)
    assert call.duration_s == call.turns[2].end_s


def test_a_turn_without_a_speaker_is_spoken_by_its_role() -> None:
    (call,) = parse_conversations([line()], source="x")
    assert call.turns[0].speaker == "agent"


def test_conversations_may_be_interleaved() -> None:
    read = parse_conversations([line(), "", line(conversation_id="c2"), line(turn=1)], source="x")
    assert [(call.conversation_id, len(call.turns)) for call in read] == [("c1", 2), ("c2", 1)]
    assert read[1].turns[0].start_s == PAUSE_S


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (line(text=5), "calls.jsonl, line 2: text: must be text; got 5"),
        (line(text=""), "calls.jsonl, line 2: text: must have at least 1 character; got ''"),
        (line(turn="1"), "calls.jsonl, line 2: turn: must be a whole number; got '1'"),
        (line(turn=0), "calls.jsonl, line 2: turn: must be above 0, the one before it; got 0"),
        (line(start_s=2, end_s=1), "calls.jsonl, line 2: end_s 1.0 must not be before start_s 2.0"),
        (line(start_s=2), "calls.jsonl, line 2: must give both start_s and end_s, or neither"),
        (line(start_s=float("nan"), end_s=2), "calls.jsonl, line 2: start_s: must be a finite number"),
        ('{"turn": 3}', "calls.jsonl, line 2: conversation_id: required, but missing; role: required, but missing;"),
        ("[1]", "calls.jsonl, line 2: must be an object"),
        ("{", "calls.jsonl, line 2: Invalid JSON"),
        (line(expect=[{"tracker": "A"}]), "calls.jsonl, line 2: expect[0].quote: required, but missing"),
    ],
)
def test_a_mistake_is_told_with_file_line_field_and_rule(wrong: str, message: str) -> None:
    assert refusal(line(), wrong).startswith(message)


def test_a_file_without_a_turn_is_refused() -> None:
    assert refusal("", "  ") == "calls.jsonl: holds no turn"


def test_a_file_is_read_whatever_its_line_endings(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(f"\ufeff{line()}\r\n{line(turn=1)}\r\n".encode())
    (call,) = read_conversations(path)
    assert len(call.turns) == 2


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes(b"\xf6")
    with pytest.raises(InvalidConversationFile, match=r"absent\.jsonl: cannot be read: No such file"):
        read_conversations(tmp_path / "absent.jsonl")
    with pytest.raises(InvalidConversationFile, match=r"latin\.jsonl: must be UTF-8 text; byte 0 is not"):
        read_conversations(tmp_path / "latin.jsonl")

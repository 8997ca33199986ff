from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtrack.core.messages import FragmentMessage
from streamtrack.core.transcript import Transcript
from streamtrack.core.wire import encode_client, parse_client
from streamtrack.dialects import DIALECTS, open_dialect
from streamtrack.errors import InvalidMessage, InvalidRequest
from streamtrack.types import Fragment, Speaker
from tests.dialects.recordings import FIXTURES, fragments, read, recording

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = DOCS / "vendors"


def as_heard(message: FragmentMessage) -> Fragment:
    speaker = message.speaker if isinstance(message.speaker, str) or message.speaker is None else message.speaker.id
    return Fragment(
        utterance_id=message.utterance_id,
        text=message.text,
        final=message.final,
        speaker=None if speaker is None else Speaker(id=speaker),
    )


def test_an_unknown_format_is_refused_with_the_names_of_those_that_are_known() -> None:
    with pytest.raises(InvalidRequest, match=r"format: 'depgram' is unknown; it is one of .*deepgram"):
        open_dialect("depgram", "here")


@pytest.mark.parametrize("name", DIALECTS)
def test_every_prefix_of_a_stream_leaves_valid_fragments_that_the_transcript_takes(name: str) -> None:
    frames = recording(name)
    for end in range(len(frames) + 1):
        messages = read(name, frames[:end])
        assert [parse_client(encode_client(message)) for message in messages] == messages
        transcript = Transcript()
        for message in fragments(messages):
            transcript.receive(as_heard(message))
        transcript.finalize()
        assert transcript.open_utterances == ()


@pytest.mark.parametrize("name", DIALECTS)
@given(data=st.data())
def test_a_stream_that_loses_and_repeats_messages_leaves_valid_fragments(name: str, data: st.DataObject) -> None:
    frames = recording(name)
    chosen = data.draw(st.lists(st.integers(0, len(frames) - 1), max_size=30))
    messages = read(name, [frames[number] for number in chosen])
    assert [parse_client(encode_client(message)) for message in messages] == messages


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("1e999s"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def altered(value: object, data: st.DataObject) -> object:
    """The message with something else in one place."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 9)):
        key = data.draw(st.sampled_from(sorted(value)))
        return value | {key: altered(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.integers(0, 9)):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], altered(value[at], data), *value[at + 1 :]]
    return data.draw(JSON)


@pytest.mark.parametrize("name", DIALECTS)
@given(data=st.data())
def test_a_message_with_anything_in_one_place_is_refused_or_leaves_valid_fragments(
    name: str, data: st.DataObject
) -> None:
    dialect = open_dialect(name, "here")
    frames = recording(name)
    at = data.draw(st.integers(0, len(frames) - 1))
    for frame in [*frames[:at], altered(frames[at], data), *frames[at + 1 :]]:
        try:
            messages = dialect.read(frame)
        except InvalidMessage:
            continue
        assert [parse_client(encode_client(message)) for message in messages] == messages


@pytest.mark.parametrize("name", DIALECTS)
def test_a_stream_has_finals_with_the_talk_and_with_times(name: str) -> None:
    finals = [one for one in fragments(read(name, recording(name))) if one.final]
    assert any("cancel my plan" in one.text.lower() for one in finals)
    assert any(one.words or one.start_s is not None or one.end_s is not None for one in finals)


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("frame", [[3], "text", 7, None, True, [[]], {"type": []}, {"type": "Nonsense", "results": 5}])
def test_what_is_no_message_of_the_vendor_is_refused(name: str, frame: object) -> None:
    with pytest.raises(InvalidMessage):
        open_dialect(name, "here").read(frame)


@pytest.mark.parametrize("name", DIALECTS)
def test_every_format_has_a_stream_a_page_and_its_place_in_the_protocol(name: str) -> None:
    assert f"`{name}.jsonl`" in (FIXTURES / "README.md").read_text(encoding="utf-8")
    assert f"`{name}`" in (DOCS / "protocol.md").read_text(encoding="utf-8")
    assert any(f"?format={name}" in page.read_text(encoding="utf-8") for page in PAGES.glob("*.md"))


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_the_code_on_a_vendors_page_is_python(page: Path) -> None:
    examples = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        compile(example, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtrack.core.ports import Tokens
from streamtrack.encoding.segments import Segmenter
from streamtrack.errors import EncodingFailed, ModelError
from tests.encoding.tiny import VOCABULARY, WORDS, tokenizer

MAX_TOKENS, OVERLAP = 16, 5


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer().save(str(path))
    return path


@pytest.fixture(scope="module")
def plain(tokenizer_file: Path) -> Segmenter:
    return Segmenter(tokenizer_file, prefix="", max_tokens=MAX_TOKENS, overlap=OVERLAP)


@pytest.fixture(scope="module")
def prefixed(tokenizer_file: Path) -> Segmenter:
    return Segmenter(tokenizer_file, prefix="query: ", max_tokens=MAX_TOKENS, overlap=OVERLAP)


def words(tokens: Tokens) -> list[str]:
    return [VOCABULARY[number] for number in tokens.ids]


def quotes(tokens: Tokens) -> list[str]:
    """The characters that each inner token stands for."""
    first, last = tokens.inner
    return [tokens.text[start:end] for start, end in tokens.offsets[first:last]]


def test_a_short_text_is_one_segment_between_special_tokens(plain: Segmenter) -> None:
    [[tokens]] = plain.segments(["We ran"])
    assert words(tokens) == ["[CLS]", "we", "ran", "[SEP]"]
    assert tokens.inner == (1, 3)
    assert tokens.offsets.tolist() == [[0, 0], [0, 2], [3, 6], [0, 0]]


def test_an_empty_text_is_one_segment_without_inner_tokens(plain: Segmenter) -> None:
    [[tokens]] = plain.segments([""])
    assert words(tokens) == ["[CLS]", "[SEP]"]
    assert tokens.inner == (1, 1)


def test_a_prefix_is_no_part_of_the_text(prefixed: Segmenter) -> None:
    [[tokens]] = prefixed.segments(["we ran"])
    assert words(tokens) == ["[CLS]", "query", ":", "we", "ran", "[SEP]"]
    assert tokens.inner == (3, 5)
    assert quotes(tokens) == ["we", "ran"]
    assert tokens.offsets[:3].tolist() == [[0, 0]] * 3


def test_every_segment_of_a_long_text_has_the_prefix(prefixed: Segmenter) -> None:
    [segments] = prefixed.segments(["we ran out of money " * 10])
    assert len(segments) > 1
    assert all(words(tokens)[:3] == ["[CLS]", "query", ":"] for tokens in segments)
    assert all(len(tokens) <= MAX_TOKENS for tokens in segments)


def test_offsets_count_characters_and_not_bytes(plain: Segmenter) -> None:
    [[tokens]] = plain.segments(["🙂 é we"])
    assert quotes(tokens)[-1] == "we"


def test_the_name_of_a_special_token_in_a_text_is_plain_words(plain: Segmenter) -> None:
    [[tokens]] = plain.segments(["yes [SEP] no"])
    assert words(tokens).count("[SEP]") == 1
    assert quotes(tokens)[0] == "yes"
    assert quotes(tokens)[-1] == "no"


def test_a_text_that_is_not_unicode_is_refused(plain: Segmenter) -> None:
    with pytest.raises(EncodingFailed, match="not valid Unicode"):
        plain.segments(["\ud800"])


def test_a_prefix_that_leaves_no_room_is_refused(tokenizer_file: Path) -> None:
    with pytest.raises(ModelError, match="10 must be left for the text"):
        Segmenter(tokenizer_file, prefix="we ran out of money", max_tokens=MAX_TOKENS, overlap=OVERLAP)


@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_every_run_of_tokens_up_to_the_overlap_lies_whole_in_a_segment(plain: Segmenter, said: list[str]) -> None:
    text = " ".join(said)
    [segments] = plain.segments([text])
    covered = {tuple(offset) for tokens in segments for offset in tokens.offsets[slice(*tokens.inner)].tolist()}
    whole = sorted(covered)
    runs = {
        tuple(map(tuple, tokens.offsets[start : start + OVERLAP].tolist()))
        for tokens in segments
        for start in range(tokens.inner[0], tokens.inner[1] - OVERLAP + 1)
    }
    assert "".join(text[start:end] for start, end in whole) == "".join(said)
    assert runs == {tuple(whole[start : start + OVERLAP]) for start in range(len(whole) - OVERLAP + 1)}

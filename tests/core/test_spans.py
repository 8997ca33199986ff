import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streamtrack.core.ports import Encoded, Tokens
from streamtrack.core.spans import LEAST_TOKENS, MOST_TOKENS, WIDTHS, find_windows, span_of
from streamtrack.testing import DIM, WordEncoder

WORDS = st.lists(st.sampled_from(["budget", "we", "cancel", "the", "plan", "is", "over"]), max_size=60)


def encoded(*texts: str) -> list[Encoded]:
    encoder = WordEncoder()
    return encoder.encode([segment for segments in encoder.tokenize(texts) for segment in segments])


def quotes(text: str) -> list[str]:
    windows = find_windows(encoded(text))
    tokens = encoded(text)[0].tokens
    spans = [span_of(tokens, first, last) for first, last in zip(windows.first, windows.last, strict=True)]
    return [text[start:end] for start, end in spans]


def test_the_whole_of_a_text_is_looked_at_first() -> None:
    assert quotes("we spent all of it last week")[0] == "we spent all of it last week"


def test_every_three_words_in_a_row_are_looked_at() -> None:
    seen = quotes("so we spent it all")
    assert {"so we spent", "we spent it", "spent it all"} <= set(seen)


def test_windows_begin_and_end_between_words() -> None:
    offsets = [(0, 2), (2, 8), (8, 12), (13, 19), (20, 25), (25, 26), (27, 34), (34, 35)]
    text = "unbelievable prices today, friends!"
    tokens = Tokens(text, np.arange(8), np.array(offsets), (0, 8))
    windows = find_windows([Encoded(tokens, np.ones((8, DIM), np.float32))])
    assert set(windows.first.tolist()) <= {0, 3, 4, 6}
    assert set(windows.last.tolist()) <= {3, 4, 6, 8}
    assert [span_of(tokens, 0, 6), span_of(tokens, 3, 8)] == [(0, 25), (13, 34)]


@given(WORDS)
def test_each_window_is_the_sum_of_its_tokens(words: list[str]) -> None:
    segments = encoded(" ".join(words))
    windows = find_windows(segments)
    for vector, first, last in zip(windows.vectors, windows.first, windows.last, strict=True):
        np.testing.assert_allclose(vector, segments[0].vectors[first:last].sum(axis=0), atol=1e-4)


@given(WORDS)
def test_a_text_has_each_window_once_and_parts_keep_to_the_limits(words: list[str]) -> None:
    windows = find_windows(encoded(" ".join(words)))
    ranges = list(zip(windows.first.tolist(), windows.last.tolist(), strict=True))
    assert len(ranges) == len(set(ranges))
    assert windows.part.tolist() == [0.0, *([1.0] * (len(ranges) - 1))][: len(ranges)]
    assert all(LEAST_TOKENS <= last - first <= MOST_TOKENS for first, last in ranges[1:])


@given(st.lists(WORDS, max_size=5))
def test_windows_are_the_same_in_any_company(texts: list[list[str]]) -> None:
    batch = [" ".join(words) for words in texts]
    together = find_windows(encoded(*batch))
    for number, text in enumerate(batch):
        alone = find_windows(encoded(text))
        np.testing.assert_array_equal(together.vectors[together.segment == number], alone.vectors)


def test_every_word_of_a_long_text_is_in_a_window_of_every_width() -> None:
    windows = find_windows(encoded("word " * 40))
    for width in (width for width in WIDTHS if width >= LEAST_TOKENS):
        chosen = windows.last - windows.first == width
        covered = {at for first in windows.first[chosen] for at in range(first, first + width)}
        assert covered == set(range(40))


def test_a_text_shorter_than_a_window_is_looked_at_whole() -> None:
    assert quotes("quotes") == ["quotes"]
    assert quotes("two words") == ["two words"]


def test_an_empty_text_has_no_window() -> None:
    windows = find_windows(encoded("", "two words", ""))
    assert windows.segment.tolist() == [1]
    assert find_windows(encoded("")).vectors.shape == (0, DIM)
    assert len(find_windows([]).segment) == 0


def test_a_model_that_does_not_pool_tokens_has_one_window_with_its_first_vector() -> None:
    segments = encoded("a text of several words", "", "another one")
    windows = find_windows(segments, pools_tokens=False)
    assert windows.segment.tolist() == [0, 2]
    np.testing.assert_array_equal(windows.vectors, [segments[0].vectors[0], segments[2].vectors[0]])


def test_a_quote_has_no_punctuation_at_its_ends() -> None:
    text = "well, (cancel it)! "
    tokens = encoded(text)[0].tokens
    assert span_of(tokens, 0, 3) == (0, 16)

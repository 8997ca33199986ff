"""Cuts texts into the tokens of a model, long ones into overlapping segments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Encoding, Tokenizer

from streamtrack.core.ports import Tokens
from streamtrack.errors import EncodingFailed, ModelError


class Segmenter:
    """A tokenizer with a model's prefix and limits.

    Special tokens and prefix are put around every segment here, not by the tokenizer, so that a second segment
    has the prefix too and offsets always count in the caller's text. Names of special tokens inside a text are
    plain words: talk cannot end its own sequence.
    """

    def __init__(self, path: Path, *, prefix: str, max_tokens: int, overlap: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        before, after = self._frame()
        before += self._tokenizer.encode(prefix, add_special_tokens=False).ids
        self._before, self._after = before, after
        room = max_tokens - len(before) - len(after)
        if room < 2 * overlap:
            raise ModelError(
                f"max_tokens is {max_tokens} and the prefix {prefix!r} with the special tokens takes "
                f"{max_tokens - room} of them; {2 * overlap} must be left for the text"
            )
        self._tokenizer.enable_truncation(room, stride=overlap)
        self._tokenizer.encode_special_tokens = True

    def _frame(self) -> tuple[list[int], list[int]]:
        """The special tokens that the model puts before and after a text."""
        probe = self._tokenizer.encode("a")
        inner = [place for place, special in enumerate(probe.special_tokens_mask) if not special]
        return probe.ids[: inner[0]], probe.ids[inner[-1] + 1 :]

    def segments(self, texts: Sequence[str]) -> list[tuple[Tokens, ...]]:
        """One or more segments for each text, in order; EncodingFailed for a text that is not Unicode."""
        try:
            encodings = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        except (TypeError, UnicodeEncodeError) as error:
            raise EncodingFailed(f"a text of the batch is not valid Unicode: {error}") from error
        return [
            (self._tokens(text, encoding), *(self._tokens(text, more) for more in encoding.overflowing))
            for text, encoding in zip(texts, encodings, strict=True)
        ]

    def _tokens(self, text: str, encoding: Encoding) -> Tokens:
        ids = encoding.ids
        first, last = len(self._before), len(self._before) + len(ids)
        offsets = np.zeros((last + len(self._after), 2), np.int64)
        if ids:
            offsets[first:last] = encoding.offsets
        return Tokens(
            text=text,
            ids=np.array([*self._before, *ids, *self._after], np.int64),
            offsets=offsets,
            inner=(first, last),
        )

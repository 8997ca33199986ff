"""Phrases that stand word for word in a text, whatever their case and punctuation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from streamtrack.types import Span

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_MARKS = str.maketrans("", "", "'’")


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: folded case, no punctuation, ``don't`` as ``dont``."""
    return [_folded(word) for word in _WORD.findall(text)]


class Phrases:
    """Numbered phrases, found by their first word. A phrase without a word is never found."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for number, phrase in enumerate(phrases):
            words = tuple(words_of(phrase))
            if words:
                self._by_first.setdefault(words[0], []).append((words, number))

    def find(self, text: str) -> Iterator[tuple[int, Span]]:
        """Every occurrence of every phrase as (number, span), whole words only, from left to right."""
        if not self._by_first:
            return
        found = list(_WORD.finditer(text))
        words = [_folded(match.group()) for match in found]
        for at, word in enumerate(words):
            for phrase, number in self._by_first.get(word, ()):
                if tuple(words[at : at + len(phrase)]) == phrase:
                    yield number, Span(found[at].start(), found[at + len(phrase) - 1].end())


def _folded(word: str) -> str:
    return word.translate(_MARKS).casefold()

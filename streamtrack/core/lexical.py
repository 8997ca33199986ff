"""Phrases that stand word for word in a text, whatever their case and punctuation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from streamtrack.types import Span

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_MARKS = str.maketrans("", "", "'’")


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: folded case, no punctuation, ``don't`` as ``dont``."""
    return _folded(_WORD.findall(text))


class Phrases:
    """Numbered phrases, found by their first two words. A phrase without a word is never found."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._alone: dict[str, list[int]] = {}
        self._by_start: dict[tuple[str, str], list[tuple[list[str], int]]] = {}
        for number, phrase in enumerate(phrases):
            words = words_of(phrase)
            if len(words) == 1:
                self._alone.setdefault(words[0], []).append(number)
            elif words:
                self._by_start.setdefault((words[0], words[1]), []).append((words, number))

    def find(self, text: str) -> list[tuple[int, Span]]:
        """Every occurrence of every phrase as (number, span), whole words only, from left to right."""
        if not self._alone and not self._by_start:
            return []
        words = words_of(text)
        found = list(self._occurrences(words))
        if not found:
            return []
        places = [match.span() for match in _WORD.finditer(text)]
        return [(number, Span(places[at][0], places[at + length - 1][1])) for number, at, length in found]

    def _occurrences(self, words: list[str]) -> Iterator[tuple[int, int, int]]:
        """(number, first word, words) of each phrase that begins at each word."""
        for at, start in enumerate(pairwise([*words, ""])):
            for number in self._alone.get(start[0], ()):
                yield number, at, 1
            for phrase, number in self._by_start.get(start, ()):
                if words[at : at + len(phrase)] == phrase:
                    yield number, at, len(phrase)


def _folded(words: list[str]) -> list[str]:
    """All words in one go, which is what makes looking at every text cheap."""
    return "\n".join(words).casefold().translate(_MARKS).split("\n") if words else []

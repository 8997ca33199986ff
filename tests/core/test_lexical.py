import pytest

from streamtrack.core.lexical import Phrases, words_of


@pytest.mark.parametrize(
    ("phrase", "text", "quote"),
    [
        ("cancel my plan", "I want to CANCEL, my plan!", "CANCEL, my plan"),
        ("Quotes", "about those quotes.", "quotes"),
        ("don't renew", "please dont renew it", "dont renew"),
        ("I’m leaving", "well I'm leaving now", "I'm leaving"),
        ("straße", "in der STRASSE dort", "STRASSE"),
    ],
)
def test_a_phrase_is_found_whatever_its_case_and_punctuation(phrase: str, text: str, quote: str) -> None:
    [(number, span)] = Phrases([phrase]).find(text)
    assert number == 0
    assert text[span.start : span.end] == quote


@pytest.mark.parametrize("text", ["plans", "a planet", "", "the pla n", "cancel my"])
def test_parts_of_words_and_of_phrases_are_not_found(text: str) -> None:
    assert list(Phrases(["plan", "cancel my plan"]).find(text)) == []


def test_every_occurrence_of_every_phrase_is_found_in_order() -> None:
    found = [number for number, _ in Phrases(["go on", "go on and", "on and on"]).find("go on and on, go on")]
    assert found == [0, 1, 2, 0]


def test_a_phrase_without_words_is_never_found() -> None:
    assert list(Phrases(["?!", ""]).find("what?! ")) == []


def test_words_are_folded_and_bare() -> None:
    assert words_of("It's 5 o'clock, Zoë!") == ["its", "5", "oclock", "zoë"]

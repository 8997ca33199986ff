from __future__ import annotations

import pytest

from streamtrack.dialects.dialect import Types
from streamtrack.errors import InvalidMessage


def test_a_type_that_no_message_of_the_vendor_has_is_refused_by_name() -> None:
    with pytest.raises(InvalidMessage, match="Acme: type: 'Turn' is none of Hello, Word"):
        Types("Acme", frozenset({"Word", "Hello"})).of({"type": "Turn"})


def test_a_type_that_the_vendor_has_added_is_passed_over_once_the_vendor_is_known_by_another() -> None:
    types = Types("Acme", frozenset({"Word", "Hello"}))
    assert [types.of({"type": kind}) for kind in ("Hello", "New", "Word")] == ["Hello", "", "Word"]


@pytest.mark.parametrize("frame", [{}, {"type": 3}, [], "Word", None, 7])
def test_a_message_without_a_type_is_refused(frame: object) -> None:
    with pytest.raises(InvalidMessage, match="Acme: "):
        Types("Acme", frozenset({"Word"})).of(frame)

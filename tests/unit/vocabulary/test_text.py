"""What cannot be stored is replaced, everything else stays as it was."""

from __future__ import annotations

from coverslip.vocabulary.text import storable, storable_document


def test_text_that_can_be_stored_stays() -> None:
    for text in ("", "Ki-67", "乳腺 𠮷", "tab\tline\n"):
        assert storable(text) == text


def test_what_no_database_holds_is_replaced() -> None:
    assert storable("a\0b\udcc7") == "a�b�"
    assert storable_document({"a\0": ["b\0", 1, None], "c": {"d": "\ud800"}}) == {
        "a�": ["b�", 1, None],
        "c": {"d": "�"},
    }

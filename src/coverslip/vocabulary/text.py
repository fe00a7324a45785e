"""Text from outside: what a database, a JSON column and a font can hold."""

from __future__ import annotations

from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """The text with U+0000 and halves of surrogate pairs (bytes of a name in another encoding) replaced by U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return "".join(REPLACEMENT if letter == "\0" or "\ud800" <= letter <= "\udfff" else letter for letter in text)


def storable_document(value: Any) -> Any:
    """The same for every text in a JSON value."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(name)): storable_document(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable_document(inner) for inner in value]
    return value

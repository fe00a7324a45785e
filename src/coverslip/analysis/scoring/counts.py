"""Reading the input of a score: every wrong value is an error that names its field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from coverslip.analysis.scoring.errors import (
    CountMissing,
    CountNotAChoice,
    CountNotWhole,
    CountOutOfRange,
    CountUnknownField,
    CountWrongShape,
)

LARGEST_COUNT = 10**10
"""More cells than any slide holds; beyond it the input is a mistake."""


def only_known(counts: Mapping[str, Any], known: Iterable[str], prefix: str = "") -> None:
    """Raises `CountUnknownField` for the first key that is not known."""
    allowed = set(known)
    for key in counts:
        if key not in allowed:
            raise CountUnknownField(field=f"{prefix}{key}")


def whole(counts: Mapping[str, Any], name: str, prefix: str = "") -> int:
    """A whole number >= 0; a bool, a float (10.0 too) or a text is refused."""
    field = f"{prefix}{name}"
    if counts.get(name) is None:
        raise CountMissing(field=field)
    value = counts[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise CountNotWhole(field=field, value=repr(value))
    if not 0 <= value <= LARGEST_COUNT:
        raise CountOutOfRange(field=field, value=value, low=0, high=LARGEST_COUNT)
    return value


def percentage(counts: Mapping[str, Any], name: str, prefix: str = "") -> Fraction:
    """A share from 0 to 100, kept exactly as the decimal number that was written."""
    field = f"{prefix}{name}"
    if counts.get(name) is None:
        raise CountMissing(field=field)
    value = counts[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CountWrongShape(field=field, expected="number")
    if not 0 <= value <= 100:
        raise CountOutOfRange(field=field, value=repr(value), low=0, high=100)
    return Fraction(repr(value))


def choice(counts: Mapping[str, Any], name: str, choices: Iterable[str]) -> str:
    """One of the words that the field takes."""
    words = tuple(choices)
    if counts.get(name) is None:
        raise CountMissing(field=name)
    value = counts[name]
    if not isinstance(value, str) or value not in words:
        raise CountNotAChoice(field=name, value=repr(value), choices=", ".join(words))
    return value


def objects(counts: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of objects; an absent or null one is empty."""
    value = counts.get(name)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise CountWrongShape(field=name, expected="list")
    for index, item in enumerate(value):
        if not isinstance(item, Mapping):
            raise CountWrongShape(field=f"{name}[{index}]", expected="object")
    return list(value)

"""One error tree with stable codes; the words stand in `locales/<language>/<room>.json` under `errors`.

Every error that can reach a person has a code, a message and a mend in each language. The server maps
codes to HTTP statuses in one table (`server/errors.py`); the command line prints message and mend.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any, ClassVar, Literal

Locale = Literal["zh-CN", "en"]
LOCALES: tuple[Locale, ...] = ("zh-CN", "en")


class CoverslipError(Exception):
    """Base of every error Coverslip raises on purpose.

    `code` names the error for programs and for the catalogue. `field` and `file` say where the fault lies;
    the other keyword arguments fill the placeholders of the message and of the mend.
    """

    code: ClassVar[str] = "INTERNAL"
    exit_status: ClassVar[int] = 1
    """Exit status of the command line: 2 where the caller's input is wrong, else 1."""

    def __init__(
        self, *, field: str | None = None, file: str | None = None, **parameters: str | int | float | None
    ) -> None:
        self.field = field
        self.file = file
        self.parameters = {"field": field, "file": file, **parameters}
        super().__init__(self.message("en"))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.parameters)

    def message(self, locale: Locale) -> str:
        """What is wrong, in the language asked for."""
        return error_text(self.code, locale)["message"].format(**self._worded(locale))

    def mend(self, locale: Locale) -> str:
        """What the reader can do about it, in the language asked for."""
        return error_text(self.code, locale)["mend"].format(**self._worded(locale))

    def _worded(self, locale: Locale) -> dict[str, str | int | float | None]:
        problem = self.parameters.get("problem")
        if not isinstance(problem, str):
            return self.parameters
        words = _subtree("problems", locale).get(problem, problem)
        return {**self.parameters, "problem": words.format(**self.parameters) if words != problem else problem}


def _rebuild(kind: type[CoverslipError], parameters: dict[str, str | int | float | None]) -> CoverslipError:
    return kind(**parameters)  # type: ignore[arg-type]


def error_text(code: str, locale: Locale) -> dict[str, str]:
    """The catalogue's `{"message", "mend"}` of one error code; raises KeyError for an unknown code."""
    texts: dict[str, str] = _subtree("errors", locale)[code]
    return texts


def problem_text(key: str, locale: Locale) -> str:
    """The catalogue's words of one problem, with their placeholders; raises KeyError for an unknown key."""
    words: str = _subtree("problems", locale)[key]
    return words


@cache
def _subtree(name: Literal["errors", "problems"], locale: Locale) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for entry in (resources.files("coverslip") / "locales" / locale).iterdir():
        if entry.name.endswith(".json"):
            merged.update(json.loads(entry.read_text(encoding="utf-8")).get(name, {}))
    return merged


class InvalidInput(CoverslipError):
    """A value that a person or a program gave is wrong. Parameters: `field`, `problem` and what its words need.

    `problem` is a key of the catalogue's `problems`, where its words stand in both languages.
    """

    code = "INVALID_INPUT"
    exit_status = 2


class NotFound(CoverslipError):
    """The object does not exist, or the asker may not know that it does. Parameter: `field` (its kind)."""

    code = "NOT_FOUND"

"""One error tree with stable codes; the words stand in `locales/<language>/<room>.json` under `errors`.

Every error that can reach a person has a code, a message and a mend in each language. The server maps
codes to HTTP statuses in one table (`server/errors.py`); the command line prints message and mend.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, ClassVar, Literal

Locale = Literal["zh-CN", "en"]
LOCALES: tuple[Locale, ...] = ("zh-CN", "en")
Value = str | int | float | None
LONGEST_TECHNICAL = 300
SENTENCE_ENDS = (".", "!", "?", "。", "！", "？", "…")


@dataclass(frozen=True, slots=True, init=False)
class Problem:
    """Why, for an error's `problem`: a key of the catalogue's `problems` and what its words need.

    `technical` among the parameters is what a foreign parser or the system said, in its own words.
    """

    key: str
    parameters: Mapping[str, Value]

    def __init__(self, key: str, /, **parameters: Value) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "parameters", parameters)


class CoverslipError(Exception):
    """Base of every error Coverslip raises on purpose.

    `code` names the error for programs and for the catalogue. `field` and `file` say where the fault lies; `problem`
    why, as a key of the catalogue's `problems` or a `Problem`. The other keyword arguments fill the placeholders of
    the message, of the problem and of the mend; `technical` is shown behind the sentence, as a technical detail.
    """

    code: ClassVar[str] = "INTERNAL"
    exit_status: ClassVar[int] = 1
    """Exit status of the command line: 2 where the caller's input is wrong, else 1."""

    def __init__(
        self,
        *,
        field: str | None = None,
        file: str | None = None,
        problem: str | Problem | None = None,
        **parameters: Value,
    ) -> None:
        self.field = field
        self.file = file
        self.parameters: dict[str, Value] = {"field": field, "file": file, **parameters}
        if isinstance(problem, Problem):
            self.parameters.update({**problem.parameters, "problem": problem.key})
        elif problem is not None:
            self.parameters["problem"] = problem
        technical = self.parameters.get("technical")
        if technical is not None:
            self.parameters["technical"] = " ".join(str(technical).split())[:LONGEST_TECHNICAL]
        super().__init__(self.message("en"))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.parameters)

    def message(self, locale: Locale) -> str:
        """What is wrong, in the language asked for."""
        return error_words(self.code, "message", locale, self.parameters)

    def mend(self, locale: Locale) -> str:
        """What the reader can do about it, in the language asked for."""
        return error_words(self.code, "mend", locale, self.parameters)


class _Lenient(dict[str, object]):
    """Parameters of which some may be missing; what is not known shows as a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def error_words(
    code: str, part: Literal["message", "mend"], locale: Locale, parameters: Mapping[str, object], lenient: bool = False
) -> str:
    """One sentence of an error with its problem in words; a technical detail stands behind the sentence.

    A problem that the catalogue lacks (kept by another version, sent by a decoder) is a technical detail itself.
    Raises KeyError for an unknown code and, unless `lenient`, for a parameter that is missing.
    """
    values: dict[str, object] = _Lenient(parameters) if lenient else dict(parameters)
    problem, technical = values.get("problem"), values.get("technical")
    if isinstance(problem, str):
        words = _subtree("problems", locale)
        if problem not in words:
            problem, technical = "unlisted", technical or problem
        values["problem"] = words[problem].format_map(values)
    sentence = error_text(code, locale)[part].format_map(values)
    if part == "mend" or not technical:
        return sentence
    return _with_technical(sentence, str(technical), locale)


def _with_technical(sentence: str, technical: str, locale: Locale) -> str:
    behind = problem_text("technical_detail", locale).format(technical=technical)
    if locale == "en":
        return f"{sentence}{'' if sentence.endswith(SENTENCE_ENDS) else '.'} {behind}"
    return f"{sentence}{'' if sentence.endswith(SENTENCE_ENDS) else '。'}{behind}"


SYSTEM_PROBLEMS = {
    errno.EACCES: "system_permission",
    errno.EPERM: "system_permission",
    errno.EROFS: "system_read_only",
    errno.ENOENT: "system_missing",
    errno.ENOTDIR: "system_missing",
    errno.EISDIR: "system_is_folder",
    errno.ENOSPC: "system_disk_full",
    errno.EDQUOT: "system_disk_full",
    errno.EBUSY: "system_busy",
    errno.ETXTBSY: "system_busy",
    errno.ESTALE: "system_share_gone",
    errno.EHOSTDOWN: "system_share_gone",
    errno.ENOTCONN: "system_share_gone",
    errno.ETIMEDOUT: "system_timeout",
    errno.ECONNREFUSED: "system_refused",
    errno.EADDRINUSE: "system_address_taken",
    errno.EADDRNOTAVAIL: "system_address_unknown",
    errno.EIO: "system_device",
    errno.EMFILE: "system_too_many_files",
    errno.ENFILE: "system_too_many_files",
    errno.ENAMETOOLONG: "system_name_too_long",
}


def system_problem(error: OSError) -> Problem:
    """What the operating system refused, in the catalogue's words; its own words are the technical detail."""
    key = SYSTEM_PROBLEMS.get(error.errno or 0, "system_other")
    return Problem(key, technical=error.strerror or str(error) or type(error).__name__)


def _rebuild(kind: type[CoverslipError], parameters: dict[str, Value]) -> CoverslipError:
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

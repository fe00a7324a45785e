"""Errors that stand in a record (a failed slide, a failed reading), told in both languages."""

from __future__ import annotations

import json

from coverslip.errors import Locale, error_text
from coverslip.server.schemas.common import ErrorBody, ErrorDetail, Localised


def recorded_error(code: str, detail: str | None) -> ErrorBody:
    """The words of a stored code."""
    return ErrorBody(
        error=ErrorDetail(
            code=code,
            message=_words(code, "message", detail),
            mend=_words(code, "mend", detail),
            field=None,
            incident=None,
        )
    )


def failure_text(code: str, detail: str | None) -> Localised:
    """What is wrong, by a stored code."""
    return _words(code, "message", detail)


_LOCALES: tuple[Locale, Locale] = ("zh-CN", "en")


class _Parameters(dict[str, object]):
    """What the record kept of the error; a placeholder it did not keep shows as a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def _words(code: str, part: str, detail: str | None) -> Localised:
    parameters = _parameters(detail)
    zh, en = (_filled(code, part, locale, parameters) for locale in _LOCALES)
    return Localised.of(zh, en)


def _filled(code: str, part: str, locale: Locale, parameters: _Parameters) -> str:
    try:
        text = error_text(code, locale)[part]
    except KeyError:
        # Recorded by another version or a plug-in; the code itself is what can be said.
        return code
    return text.format_map(parameters)


def _parameters(detail: str | None) -> _Parameters:
    """The detail is the error's parameters as JSON, or one sentence."""
    if detail is None:
        return _Parameters()
    try:
        stored = json.loads(detail)
    except json.JSONDecodeError:
        return _Parameters(problem=detail)
    return _Parameters(stored) if isinstance(stored, dict) else _Parameters(problem=detail)

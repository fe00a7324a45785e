"""Errors that stand in a record (a failed slide, a failed reading), told in both languages."""

from __future__ import annotations

import json
from typing import Literal

from coverslip.errors import Locale, error_text, error_words
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


def _words(code: str, part: Literal["message", "mend"], detail: str | None) -> Localised:
    parameters = _parameters(detail)
    zh, en = (_filled(code, part, locale, parameters) for locale in _LOCALES)
    return Localised.of(zh, en)


def _filled(code: str, part: Literal["message", "mend"], locale: Locale, parameters: dict[str, object]) -> str:
    try:
        error_text(code, locale)
    except KeyError:
        # Recorded by another version or a plug-in; the code itself is what can be said.
        return code
    return error_words(code, part, locale, parameters, lenient=True)


def _parameters(detail: str | None) -> dict[str, object]:
    """The detail is the error's parameters as JSON, or one sentence."""
    if detail is None:
        return {}
    try:
        stored = json.loads(detail)
    except json.JSONDecodeError:
        return {"problem": detail}
    return stored if isinstance(stored, dict) else {"problem": detail}

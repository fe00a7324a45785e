"""Errors on their way out: the status of `server/status.py`, one body, and the errors that are the server's own."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from coverslip.errors import LOCALES, CoverslipError, InvalidInput, Locale, error_text
from coverslip.server.schemas.common import ErrorBody, ErrorDetail, Localised
from coverslip.server.status import STATUS

logger = logging.getLogger(__name__)


class NoSuchAddress(CoverslipError):
    """The server has nothing at this address."""

    code = "NO_SUCH_ADDRESS"


class MethodNotAllowed(CoverslipError):
    """The address exists, but not for this method."""

    code = "METHOD_NOT_ALLOWED"


class BodyTooLarge(CoverslipError):
    """The request's body is longer than any this server takes. Parameter: `megabytes` (the limit)."""

    code = "BODY_TOO_LARGE"


class NotSignedIn(CoverslipError):
    """No session, or one that has ended."""

    code = "NOT_SIGNED_IN"


class CsrfRefused(CoverslipError):
    """An unsafe request without the session's own `X-CSRF-Token`."""

    code = "CSRF_REFUSED"


class OriginRefused(CoverslipError):
    """An unsafe request that another site's page sent."""

    code = "ORIGIN_REFUSED"


class RouteNotOpen(CoverslipError):
    """A route that the permission table does not name; it stays shut for everyone."""

    code = "ROUTE_NOT_OPEN"


class PasswordMustChange(CoverslipError):
    """The password was given by someone else; nothing else is open until it is changed."""

    code = "PASSWORD_MUST_CHANGE"


class AddressTaken(CoverslipError):
    """The server cannot listen there. Parameters: `host`, `port`, `problem`."""

    code = "ADDRESS_TAKEN"


class InvalidRequest(InvalidInput):
    """A request that does not fit its schema."""

    @classmethod
    def of(cls, faults: Sequence[Mapping[str, Any]]) -> InvalidRequest:
        """The first of pydantic's faults, as Coverslip says it; the values given are not repeated."""
        fault = faults[0]
        problem = PROBLEMS.get(str(fault["type"]), "request_invalid")
        context: Mapping[str, Any] = fault.get("ctx", {})
        limits: dict[str, Any] = {name: context[name] for name in _LIMITS if name in context}
        if "expected" in limits:
            limits["expected"] = ", ".join(re.findall(r"'([^']*)'", str(limits["expected"])))
        return cls(field=_path(fault["loc"]), problem=problem, **limits)


PROBLEMS: Mapping[str, str] = {
    "missing": "request_missing",
    "extra_forbidden": "request_unknown_field",
    "json_invalid": "request_not_json",
    "text_not_storable": "control_character",
    "string_too_short": "request_text_too_short",
    "string_too_long": "request_text_too_long",
    "string_pattern_mismatch": "request_pattern",
    "too_short": "request_list_too_short",
    "too_long": "request_list_too_long",
    "literal_error": "request_not_among",
    "enum": "request_not_among",
    "greater_than": "request_greater_than",
    "greater_than_equal": "request_greater_than_equal",
    "less_than": "request_less_than",
    "less_than_equal": "request_less_than_equal",
}
"""pydantic's fault types and the keys of `problems` that say them; every other type: `request_invalid`."""

KEPT_INSIDE = frozenset({"DATABASE_UNAVAILABLE", "STORAGE_UNAVAILABLE"})
"""Errors whose `problem` is the word of a driver: addresses, ports, account names."""
_LIMITS = ("min_length", "max_length", "expected", "gt", "ge", "lt", "le")


def status_of(error: CoverslipError) -> int:
    """HTTP status of an error; 500 for a code that the table does not name (a test forbids it)."""
    return STATUS.get(error.code, 500)


def headers_of(error: CoverslipError) -> dict[str, str]:
    """Headers that belong to an error: when to come again."""
    seconds = error.parameters.get("seconds") if status_of(error) in (429, 503) else None
    return {"Retry-After": str(max(1, math.ceil(seconds)))} if isinstance(seconds, int | float) else {}


def body_of(error: CoverslipError, incident: str | None = None) -> bytes:
    """The body of an answer that is not a success, as JSON."""
    return ErrorBody(error=detail_of(outward(error), incident)).model_dump_json(by_alias=True).encode()


def outward(error: CoverslipError) -> CoverslipError:
    """The error as a page may show it: where database or store are, and as whom we come, only the log says."""
    if error.code not in KEPT_INSIDE:
        return error
    said = {name: error.parameters.get(name) for name in ("problem", "technical")}
    logger.warning("outage", extra={"code": error.code, **said})
    return type(error)(problem="see_server_log")


def detail_of(error: CoverslipError, incident: str | None = None) -> ErrorDetail:
    """Code and words of an error in both languages; a field is called by its name on the screen."""
    return ErrorDetail(
        code=error.code,
        message=Localised.of(*(_named(error.message(locale), error, "message", locale) for locale in LOCALES)),
        mend=Localised.of(*(_named(error.mend(locale), error, "mend", locale) for locale in LOCALES)),
        field=error.field,
        incident=incident,
    )


@cache
def field_words(locale: Locale) -> Mapping[str, str]:
    """The screen's words for the fields of requests and the kinds of objects, by their names in the API."""
    text = (resources.files("coverslip") / "locales" / locale / "server.json").read_text(encoding="utf-8")
    words: dict[str, str] = json.loads(text)["fields"]
    return words


def _named(sentence: str, error: CoverslipError, part: str, locale: Locale) -> str:
    if error.field is None or "{field}" not in error_text(error.code, locale)[part]:
        return sentence
    last = next((word for word in reversed(error.field.split(".")) if not word.isdigit()), error.field)
    return sentence.replace(error.field, field_words(locale).get(last, error.field), 1)


def _path(location: Sequence[str | int]) -> str:
    """The field's path in the body or its name in the address; `body` for what is no JSON at all."""
    inside = [str(part) for part in location[1:] if part not in ("Point", "Polygon", "MultiPolygon")]
    return ".".join(inside) if any(not part.isdigit() for part in inside) else str(location[0])

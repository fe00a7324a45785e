"""From a request to the person behind it: the session cookie, the CSRF token, the page that sent it."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response

from coverslip.server.errors import CsrfRefused, OriginRefused

COOKIE = "coverslip_session"
CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_TOKEN = 256


def token_of(cookie_header: str | None) -> str | None:
    """The session token in a `Cookie` header, or None."""
    if not cookie_header or COOKIE not in cookie_header:
        return None
    for part in cookie_header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and 0 < len(value) <= LONGEST_TOKEN:
            return value
    return None


def set_cookie(response: Response, token: str, *, secure: bool) -> None:
    """Give the browser its session; it ends with the browser, and on the server whichever comes first."""
    response.set_cookie(COOKIE, token, path="/", httponly=True, secure=secure, samesite="strict")


def clear_cookie(response: Response, *, secure: bool) -> None:
    """Take the session out of the browser."""
    response.delete_cookie(COOKIE, path="/", httponly=True, secure=secure, samesite="strict")


def check_csrf(expected: str, given: str | None) -> None:
    """Raises `CsrfRefused` unless the header holds the session's own token."""
    if given is None or not hmac.compare_digest(expected.encode(), given.encode()):
        raise CsrfRefused()


def check_origin(headers: Headers) -> None:
    """Raises `OriginRefused` where the browser says that another site's page sent the request.

    A request without `Origin` and `Sec-Fetch-Site` comes from a program, not from a page; the token still holds it.
    """
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise OriginRefused()
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        raise OriginRefused()

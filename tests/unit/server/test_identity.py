"""From a request to a session: the cookie, the token, the page that sent it."""

import pytest
from starlette.datastructures import Headers

from coverslip.server.errors import CsrfRefused, OriginRefused
from coverslip.server.identity import LONGEST_TOKEN, check_csrf, check_origin, token_of


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("coverslip_session=abc", "abc"),
        ("a=1; coverslip_session=abc; b=2", "abc"),
        ("not_coverslip_session=abc", None),
        ("coverslip_session=", None),
        (f"coverslip_session={'x' * (LONGEST_TOKEN + 1)}", None),
        ("", None),
        (None, None),
        ("coverslip_session=a=b", "a=b"),
    ],
)
def test_the_token_is_that_of_our_own_cookie(header: str | None, token: str | None) -> None:
    assert token_of(header) == token


@pytest.mark.parametrize("given", [None, "", "other", "täken"])
def test_another_token_is_refused(given: str | None) -> None:
    with pytest.raises(CsrfRefused):
        check_csrf("token", given)
    check_csrf("token", "token")


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "coverslip.local:8400", "origin": "https://evil.example"},
        {"host": "coverslip.local:8400", "origin": "http://coverslip.local:9999"},
        {"host": "coverslip.local:8400", "origin": "null"},
        {"host": "coverslip.local", "origin": "http://coverslip.local", "sec-fetch-site": "cross-site"},
        {"host": "coverslip.local", "sec-fetch-site": "same-site"},
    ],
)
def test_another_sites_page_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(OriginRefused):
        check_origin(Headers(headers))


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "coverslip.local:8400"},
        {"host": "coverslip.local:8400", "origin": "http://coverslip.local:8400"},
        {"host": "Coverslip.local", "origin": "https://coverslip.local", "sec-fetch-site": "same-origin"},
        {"host": "coverslip.local", "sec-fetch-site": "none"},
    ],
)
def test_our_own_pages_and_programs_are_let_in(headers: dict[str, str]) -> None:
    check_origin(Headers(headers))

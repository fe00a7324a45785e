"""The web pages: only what was built is served, hashed files for good, everything else asked for again."""

import gzip
from pathlib import Path

import anyio
import pytest
from starlette.types import Message, Scope

from coverslip.server.pages import PagesApp

SCRIPT = "export const a = 1;\n" * 200


@pytest.fixture
def pages(tmp_path: Path) -> PagesApp:
    built = tmp_path / "pages"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html><title>Coverslip</title>")
    (built / "assets" / "app-4f2a.js").write_text(SCRIPT)
    (tmp_path / "secret.txt").write_text("outside")
    (built / "..secret").write_text("inside, with dots")
    return PagesApp(built)


def get(app: PagesApp, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent: list[Message] = []
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        await app(scope, receive, send)

    anyio.run(run)
    names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], names, sent[1]["body"]


def test_a_hashed_file_is_kept_by_the_browser_for_good(pages: PagesApp) -> None:
    status, headers, body = get(pages, "/assets/app-4f2a.js")
    assert (status, body.decode()) == (200, SCRIPT)
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-type"] == "text/javascript; charset=utf-8"


def test_a_page_is_asked_for_again_each_time(pages: PagesApp) -> None:
    status, headers, _ = get(pages, "/index.html")
    assert (status, headers["cache-control"]) == (200, "no-cache")
    assert get(pages, "/index.html", if_none_match=headers["etag"])[0] == 304


@pytest.mark.parametrize("path", ["/", "/cases", "/slides/0199/view", "/登录"])
def test_an_address_of_the_pages_own_router_gives_the_index(pages: PagesApp, path: str) -> None:
    status, headers, body = get(pages, path)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"Coverslip" in body


@pytest.mark.parametrize(
    "path",
    ["/assets/gone-1234.js", "/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "//etc/passwd.x"],
)
def test_what_was_not_built_is_not_there(pages: PagesApp, path: str) -> None:
    status, _, body = get(pages, path)
    assert status == 404
    assert b"outside" not in body


def test_a_file_travels_compressed_where_the_browser_takes_it(pages: PagesApp) -> None:
    _, headers, body = get(pages, "/assets/app-4f2a.js", accept_encoding="gzip, br")
    assert (headers["content-encoding"], headers["vary"]) == ("gzip", "accept-encoding")
    assert gzip.decompress(body).decode() == SCRIPT
    assert int(headers["content-length"]) == len(body) < len(SCRIPT)


def test_head_gives_the_headers_alone(pages: PagesApp) -> None:
    status, headers, body = get(pages, "/assets/app-4f2a.js", method="HEAD")
    assert (status, int(headers["content-length"]), body) == (200, len(SCRIPT), b"")


def test_pages_cannot_be_written_to(pages: PagesApp) -> None:
    assert get(pages, "/index.html", method="POST")[0] == 405


def test_a_server_without_built_pages_says_so(tmp_path: Path) -> None:
    assert get(PagesApp(tmp_path / "none"), "/")[0] == 404

"""The web pages: every built file, read once, kept in memory with its compressed twin.

Only what was found at start can be served, so no path a browser sends ever touches the file system. An address that
is no file gives `index.html` (the page's own router takes over); one that looks like a file gives 404.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.types import Receive, Scope, Send

from coverslip.server.errors import MethodNotAllowed, NoSuchAddress
from coverslip.server.respond import send_error

FOLDER = Path(__file__).with_name("pages")
HASHED = "/assets/"
"""Vite puts files whose name holds a hash of their content here: they never change."""

FOREVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"
SMALLEST_COMPRESSED = 1000
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/manifest+json")


@dataclass(frozen=True, slots=True)
class Page:
    """One file as it is sent."""

    body: bytes
    compressed: bytes | None
    media_type: str
    etag: bytes
    cache_control: bytes


class PagesApp:
    """ASGI application of the built web pages."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.pages = load_pages(folder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD."""
        if scope["method"] not in ("GET", "HEAD"):
            await send_error(send, MethodNotAllowed())
            return
        page = self._page(scope["path"])
        if page is None:
            await send_error(send, NoSuchAddress())
            return
        await _send_page(page, scope, send)

    def _page(self, path: str) -> Page | None:
        found = self.pages.get(path)
        looks_like_file = "." in path.rsplit("/", 1)[-1]
        return found if found is not None or looks_like_file else self.pages.get("/index.html")


def load_pages(folder: Path) -> Mapping[str, Page]:
    """Every file below `folder` by the path it is served at; empty where the pages have not been built."""
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    return {f"/{path.relative_to(folder).as_posix()}": _load(path, folder) for path in files}


def _load(path: Path, folder: Path) -> Page:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if media_type == "text/javascript" or path.suffix in (".js", ".mjs"):
        media_type = "text/javascript"
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    compressed = None
    if len(body) >= SMALLEST_COMPRESSED and media_type.startswith(COMPRESSIBLE):
        compressed = gzip.compress(body, 6, mtime=0)
    hashed = f"/{path.relative_to(folder).as_posix()}".startswith(HASHED)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'.encode()
    return Page(body, compressed, media_type, etag, FOREVER if hashed else ASK_AGAIN)


async def _send_page(page: Page, scope: Scope, send: Send) -> None:
    asked = dict(scope["headers"])
    headers = [
        (b"content-type", page.media_type.encode()),
        (b"etag", page.etag),
        (b"cache-control", page.cache_control),
        (b"vary", b"accept-encoding"),
    ]
    if page.etag in asked.get(b"if-none-match", b""):
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    body = page.body
    if page.compressed is not None and b"gzip" in asked.get(b"accept-encoding", b""):
        body = page.compressed
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

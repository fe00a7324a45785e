"""The tile path: a bare ASGI application beside FastAPI, because a framework costs three times the work of a tile.

`GET /tiles/{slide}/{level}/{column}/{row}` with the session cookie. Who may see the slide is asked of `authorize` once
for each session and slide and remembered for `REMEMBERED_SECONDS`. A stored tile is one `os.pread`, inline; a tile that
must be decoded goes to the decoder processes in a bounded number of threads, and the result is kept.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from coverslip.errors import CoverslipError, NotFound
from coverslip.server.decoded_tiles import DecodedTiles, TileKey
from coverslip.server.errors import MethodNotAllowed, NoSuchAddress
from coverslip.server.headers import SECURITY_HEADERS
from coverslip.server.identity import token_of
from coverslip.server.incidents import log_incident
from coverslip.server.layer_indexes import Layer
from coverslip.server.remote_tiles import RemoteTiles
from coverslip.server.respond import send_error
from coverslip.server.tile_access import TileSource
from coverslip.server.tile_store import TileStore
from coverslip.server.tile_version import TILE_VERSION
from coverslip.slides.remote import ROOT, is_remote
from coverslip.slides.tile_index import BuiltOtherwise, MediaType, TileIndex, TilePlace
from coverslip.storage.remote_slides import RemoteSlides

Authorize = Callable[[str | None, UUID], Awaitable[TileSource]]
"""The tiles of a slide for the holder of a session token; raises a `CoverslipError` where there is none."""

REMEMBERED_SECONDS = 5.0
REFUSED_SECONDS = 1.0
"""A refusal is remembered shorter: the person may be signing in just now."""
DECISIONS_KEPT = 10_000
DESCRIPTORS_KEPT = 256

LASTING = (b"cache-control", b"private, max-age=31536000, immutable")
"""Under an address that names the content and the way tiles are made."""
PASSING = (b"cache-control", b"private, no-cache")
"""Under any other address the browser asks each time whether the tile is still the same."""
COMMON_HEADERS = (
    (b"vary", b"Cookie"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
ADDRESS = re.compile(r"/tiles/([^/]+)/([0-9]{1,9})/([0-9]{1,9})/([0-9]{1,9})")
QUERY = re.compile(rb"(?:v=([0-9a-f.]{1,64}))?(?:(?:^|&)plane=([0-9]{1,4}))?(?:(?:^|&)channel=([0-9]{1,4}))?")
"""`v` of `tile_version`, focal plane and fluorescence channel by position; no layer: what the slide itself shows."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What `authorize` said, until when it stands (monotonic seconds)."""

    until: float
    answer: TileSource | CoverslipError


class Request(NamedTuple):
    """One request for a tile."""

    slide: str
    level: int
    column: int
    row: int
    token: str | None
    known: bytes | None
    """The `If-None-Match` header."""
    head_only: bool
    layer: Layer | None = None
    """Focal plane and channel; None: what the slide itself shows."""
    version: str | None = None
    """The address's `v`."""


class Tile(NamedTuple):
    """One answer with a tile."""

    media_type: MediaType
    etag: bytes
    data: bytes
    caching: tuple[bytes, bytes]
    """The `Cache-Control` header."""


class TileApp:
    """Serves tiles in one event loop; not for several."""

    def __init__(self, authorize: Authorize, store: TileStore, remote: RemoteSlides | None = None) -> None:
        """`remote`: gives the stored tiles of slides in object storage."""
        self._access = AccessMemory(authorize)
        self._files = FileMemory()
        self._remote = RemoteTiles(remote or RemoteSlides())
        self._decoded = DecodedTiles(store)

    def forget(self, token: str | None = None) -> None:
        """Ask again about one session (it was signed out), or about all of them."""
        self._access.forget(token)

    def close(self) -> None:
        """Give back files and threads."""
        self._files.close()
        self._remote.close()
        self._decoded.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await self._answer(scope, send)
        except CoverslipError as error:
            await send_error(send, error, headers=SECURITY_HEADERS)
        except Exception as error:  # noqa: BLE001 - the boundary of the tile path: an incident number, nothing else
            await send_error(send, CoverslipError(), log_incident(scope, error), headers=SECURITY_HEADERS)

    def at_once(self, scope: Scope) -> Tile | None:
        """The tile of a plain GET where access is remembered and the bytes are stored; None: ask the application.

        For `tile_protocol`, which answers without a task. Raises what the application would answer with as an error.
        """
        request = read_request(scope)
        if request.head_only or request.known is not None:
            return None
        source = self._access.known(request.token, request.slide)
        if source is None:
            return None
        index = source.index if request.layer is None else source.known_layer(request.layer)
        place = None if index is None else index.place(request.level, request.column, request.row)
        if place is None or index is None:
            return None
        try:
            return self._stored(source, index, request, place)
        except BuiltOtherwise:
            return None

    async def _answer(self, scope: Scope, send: Send) -> None:
        request = read_request(scope)
        source = self._access.known(request.token, request.slide)
        if source is None:
            source = await self._access.ask(request.token, request.slide)
        index = await _index(source, request)
        place = index.place(request.level, request.column, request.row)
        etag = etag_of(source, request)
        if request.known is not None and (etag in request.known or request.known == b"*"):
            await send({"type": "http.response.start", "status": 304, "headers": _headers(source, request, etag)})
            await send({"type": "http.response.body", "body": b""})
            return
        tile = None if place is None else await self._stored_or_moved(source, index, request, place)
        if tile is None:
            made = await self._decoded.tile(source, key_of(source, request))
            tile = _tile(source, request, made.media_type, made.data)
        headers = [
            (b"content-type", tile.media_type.encode()),
            (b"content-length", b"%d" % len(tile.data)),
            *_headers(source, request, etag),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if request.head_only else tile.data})

    async def _stored_or_moved(
        self, source: TileSource, index: TileIndex, request: Request, place: TilePlace
    ) -> Tile | None:
        """The stored tile; None where it has to be decoded after all.

        Asked again where its file is gone: a copy from object storage is kept for a while only.
        """
        try:
            return await self._found(source, index, request, place)
        except BuiltOtherwise:
            return None

    async def _found(self, source: TileSource, index: TileIndex, request: Request, place: TilePlace) -> Tile:
        try:
            stored = self._stored(source, index, request, place)
            if stored is not None:
                return stored
            data = await self._remote.fetched(index.files[place.file], place)
            return _tile(source, request, place.media_type, data)
        except NotFound:
            self._access.forget(request.token)
            source = await self._access.ask(request.token, request.slide)
            index = await _index(source, request)
            place = index.place(request.level, request.column, request.row) or place
            path = index.files[place.file]
            data = await self._remote.fetched(path, place) if is_remote(path) else self._files.read(path, place)
            return _tile(source, request, place.media_type, data)

    def _stored(self, source: TileSource, index: TileIndex, request: Request, place: TilePlace) -> Tile | None:
        """The stored tile; None where its bytes are still in object storage. Raises `BuiltOtherwise`."""
        path = index.files[place.file]
        data = self._remote.cached(path, place) if path.startswith(ROOT) else self._files.read(path, place)
        return None if data is None else _tile(source, request, place.media_type, data)


async def _index(source: TileSource, request: Request) -> TileIndex:
    """Where the tiles of the layer that is asked for lie. Raises `LayerOutside`, `SlideError`."""
    if request.layer is None:
        return source.index
    known = source.known_layer(request.layer)
    return known if known is not None else await run_in_threadpool(source.layer_index, *request.layer)


def read_request(scope: Scope) -> Request:
    """What is asked for. Raises `NoSuchAddress`, `MethodNotAllowed`."""
    method = scope["method"]
    if method not in ("GET", "HEAD"):
        raise MethodNotAllowed()
    address = ADDRESS.fullmatch(scope["path"])
    if address is None:
        raise NoSuchAddress()
    slide, level, column, row = address.groups()
    query = scope.get("query_string")
    layer, version = _asked(query) if query else (None, None)
    token = known = None
    for name, value in scope["headers"]:
        if name == b"cookie":
            token = token_of(value.decode("latin-1"))
        elif name == b"if-none-match":
            known = value
    return Request(slide, int(level), int(column), int(row), token, known, method == "HEAD", layer, version)


def _asked(query: bytes) -> tuple[Layer | None, str | None]:
    """Layer and `v` of a query. Raises `NoSuchAddress` for any other."""
    found = QUERY.fullmatch(query)
    if found is None:
        raise NoSuchAddress()
    version, plane, channel = found.groups()
    layer = (None if plane is None else int(plane), None if channel is None else int(channel))
    return None if layer == (None, None) else layer, None if version is None else version.decode("ascii")


def _tile(source: TileSource, request: Request, media_type: MediaType, data: bytes) -> Tile:
    return Tile(media_type, etag_of(source, request), data, _caching(source, request))


def _caching(source: TileSource, request: Request) -> tuple[bytes, bytes]:
    return LASTING if request.version == source.version else PASSING


def _headers(source: TileSource, request: Request, etag: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"etag", etag), _caching(source, request), *COMMON_HEADERS]


def key_of(source: TileSource, request: Request) -> TileKey:
    """Names the tile among all that were decoded."""
    plane, channel = request.layer or (None, None)
    mark = source.mark(request.level) + TILE_VERSION
    return TileKey(mark, request.level, request.column, request.row, plane, channel)


def etag_of(source: TileSource, request: Request) -> bytes:
    """Names the slide's content, the place and the way tiles are made."""
    mark = (source.mark(request.level) + TILE_VERSION).encode()
    layer = b"" if request.layer is None else b"-%b" % "-".join(str(part) for part in request.layer).encode()
    return b'"%b-%d-%d-%d%b"' % (mark, request.level, request.column, request.row, layer)


class AccessMemory:
    """Decisions of `authorize`, remembered for seconds; one question at a time for each session and slide."""

    def __init__(self, authorize: Authorize) -> None:
        self._authorize = authorize
        self._decisions: OrderedDict[tuple[str | None, str], Decision] = OrderedDict()
        self._asking: dict[tuple[str | None, str], asyncio.Task[Decision]] = {}
        self._generation = 0

    def known(self, token: str | None, slide: str) -> TileSource | None:
        """The remembered answer; None where it must be asked. Raises the remembered refusal."""
        decision = self._decisions.get((token, slide))
        if decision is None or decision.until < monotonic():
            return None
        if isinstance(decision.answer, CoverslipError):
            raise decision.answer.with_traceback(None)
        return decision.answer

    async def ask(self, token: str | None, slide: str) -> TileSource:
        """Ask, or wait for the same question already asked. Raises `NotFound` for what is no slide's id."""
        key = (token, slide)
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._decide(key, _uuid(slide)))
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        decision = await asyncio.shield(task)
        if isinstance(decision.answer, CoverslipError):
            raise decision.answer.with_traceback(None)
        return decision.answer

    def forget(self, token: str | None) -> None:
        """Forget one session, or all; answers still on their way are used once and not remembered."""
        self._generation += 1
        for key in [key for key in self._decisions if token is None or key[0] == token]:
            del self._decisions[key]

    async def _decide(self, key: tuple[str | None, str], slide: UUID) -> Decision:
        generation = self._generation
        answer: TileSource | CoverslipError
        try:
            answer, seconds = await self._authorize(key[0], slide), REMEMBERED_SECONDS
        except CoverslipError as error:
            answer, seconds = error, REFUSED_SECONDS
        decision = Decision(monotonic() + seconds, answer)
        if generation == self._generation:
            self._decisions[key] = decision
            self._decisions.move_to_end(key)
            self._drop_old()
        return decision

    def _drop_old(self) -> None:
        """Those that ran out, and with them the slides they held."""
        now = monotonic()
        while self._decisions:
            oldest = next(iter(self._decisions.values()))
            if oldest.until >= now and len(self._decisions) <= DECISIONS_KEPT:
                return
            self._decisions.popitem(last=False)


class FileMemory:
    """Open files of the slides being looked at, the longest unused closed first.

    Reading is inline and so never meets a descriptor that is being closed.
    """

    def __init__(self, most: int = DESCRIPTORS_KEPT) -> None:
        self._most = most
        self._open: OrderedDict[str, int] = OrderedDict()

    def read(self, path: str, place: TilePlace) -> bytes:
        """The tile's bytes. Raises `TileUnreadable`, `NotFound` where the file is gone."""
        descriptor = self._open.get(path)
        if descriptor is None:
            descriptor = self._opened(path)
        else:
            self._open.move_to_end(path)
        return place.read(descriptor)

    def close(self) -> None:
        """Close all."""
        while self._open:
            os.close(self._open.popitem()[1])

    def _opened(self, path: str) -> int:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise NotFound(field="slide") from error
        self._open[path] = descriptor
        while len(self._open) > self._most:
            os.close(self._open.popitem(last=False)[1])
        return descriptor


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(field="slide") from error

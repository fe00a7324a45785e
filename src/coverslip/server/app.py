"""The whole server as one ASGI application: tiles, API and pages, with the headers every answer carries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coverslip.errors import CoverslipError
from coverslip.jobs import progress
from coverslip.records.database import Database
from coverslip.server.api import create_api
from coverslip.server.errors import BodyTooLarge
from coverslip.server.headers import SECURITY_HEADERS
from coverslip.server.incidents import log_incident
from coverslip.server.index_store import IndexStore
from coverslip.server.live import LiveHub
from coverslip.server.looks import Looks
from coverslip.server.pages import PagesApp
from coverslip.server.respond import send_error
from coverslip.server.services import Services
from coverslip.server.slide_sources import SlideSources
from coverslip.server.tile_access import TileAccess
from coverslip.server.tile_store import TileStore
from coverslip.server.tiles import TileApp
from coverslip.settings import Settings
from coverslip.slides.isolation import DecoderLimits, DecoderPool
from coverslip.storage.blobs import BlobStore

LARGEST_BODY_MEGABYTES = 16
LARGEST_BODY_BYTES = LARGEST_BODY_MEGABYTES * 1_000_000
UPLOADS = "/api/v1/uploads"


def create_app(database: Database, blob_store: BlobStore, settings: Settings) -> CoverslipApp:
    """The server of one installation, ready for an ASGI server."""
    decoders = DecoderPool(DecoderLimits.of(settings), blob_store.folders, blob_store.remote)
    hub = LiveHub(lambda listening: progress.listen(database, listening))
    sources = SlideSources(blob_store, decoders, IndexStore(settings.made_dir / "indexes"))
    looks = Looks()
    tile_access = TileAccess(database, sources, looks, settings)
    services = Services(database, blob_store, settings, hub, decoders, sources, looks)
    api = create_api(_lifespan)
    api.state.services = services
    decoded = TileStore(settings.made_dir / "tiles", settings.tile_cache_mb * 1_000_000)
    tiles = TileApp(tile_access.authorize, decoded, blob_store.remote)
    api.state.tiles = tiles
    return CoverslipApp(api, tiles, PagesApp(), services)


class CoverslipApp:
    """Sends `/tiles/` to the tile path, `/api/` to FastAPI and the rest to the pages.

    The tile path is not wrapped: it sets its own headers and answers its own errors.
    """

    def __init__(self, api: ASGIApp, tiles: TileApp, pages: ASGIApp, services: Services) -> None:
        self.api = api
        self.tiles = tiles
        self.pages = pages
        self.services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Dispatch by path."""
        if scope["type"] == "lifespan":
            await self.api(scope, receive, send)
        elif scope["type"] == "http":
            path = scope["path"]
            if path.startswith("/tiles/"):
                await self.tiles(scope, receive, send)
            elif path.startswith("/api/"):
                await _shielded(self.api, scope, receive, _with_headers(send, cache_control=b"no-store"))
            else:
                await _shielded(self.pages, scope, receive, _with_headers(send))

    def stop_streams(self) -> None:
        """End every live stream, so that a graceful stop need not wait for them."""
        self.services.live.close()


@asynccontextmanager
async def _lifespan(api: FastAPI) -> AsyncIterator[None]:
    services: Services = api.state.services
    listening = asyncio.create_task(services.live.run())
    try:
        yield
    finally:
        services.live.close()
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        api.state.tiles.close()
        await asyncio.to_thread(services.decoders.close)
        await asyncio.to_thread(services.sources.close)


async def _shielded(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """The outermost boundary: what nobody expected becomes an incident number, and its place a line in the log."""
    started = False

    async def watch(message: Message) -> None:
        nonlocal started
        started = started or message["type"] == "http.response.start"
        await send(message)

    try:
        await app(scope, _limited(scope, receive), watch)
    except BodyTooLarge as error:
        if not started:
            await send_error(watch, error)
    except Exception as error:  # noqa: BLE001 - the one boundary that answers for every fault below it
        incident = log_incident(scope, error)
        if not started:
            await send_error(watch, CoverslipError(), incident)


def _limited(scope: Scope, receive: Receive) -> Receive:
    """Raises `BodyTooLarge` from the first read of a body that is announced, or turns out, to be too long."""
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    taken = int(announced) if announced.isdigit() else 0
    seen = 0

    if scope["path"].startswith(UPLOADS):
        return receive  # these routes know how long the body may be, and write it to the disk as it comes

    async def limited() -> Message:
        nonlocal seen
        if taken > LARGEST_BODY_BYTES:
            raise BodyTooLarge(megabytes=LARGEST_BODY_MEGABYTES)
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > LARGEST_BODY_BYTES:
                raise BodyTooLarge(megabytes=LARGEST_BODY_MEGABYTES)
        return message

    return limited


def _with_headers(send: Send, cache_control: bytes | None = None) -> Send:
    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), *SECURITY_HEADERS]
            if cache_control is not None and not any(name.lower() == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", cache_control))
            message = {**message, "headers": headers}
        await send(message)

    return add

"""The tile path called as an ASGI server calls it, for tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from coverslip.errors import NotFound
from coverslip.server.errors import NotSignedIn
from coverslip.server.tile_access import TileSource
from coverslip.server.tile_store import TileStore
from coverslip.server.tiles import TileApp
from coverslip.storage.remote_slides import RemoteSlides

COOKIE = (b"cookie", b"other=1; coverslip_session=good")


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def code(self) -> str:
        """The error code of the body."""
        return str(json.loads(self.body)["error"]["code"])


@dataclass
class Hospital:
    """Stands for sign-in and database: who may see what, and how often it was asked."""

    sources: dict[UUID, TileSource]
    asked: int = 0
    signed_in: set[str] = field(default_factory=lambda: {"good"})
    seconds: float = 0.0

    async def authorize(self, token: str | None, slide: UUID) -> TileSource:
        """As the server's."""
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if token not in self.signed_in:
            raise NotSignedIn()
        if slide not in self.sources:
            raise NotFound(field="slide")
        return self.sources[slide]


def run(hospital: Hospital, work: Callable[[TileApp], Awaitable[Any]], remote: RemoteSlides | None = None) -> Any:
    """Runs `work` with a tile application in an event loop of its own."""

    async def inside() -> Any:
        app = TileApp(hospital.authorize, TileStore(Path(), 0), remote)
        try:
            return await work(app)
        finally:
            app.close()

    return asyncio.run(inside())


async def get(app: TileApp, path: str, *headers: tuple[bytes, bytes], method: str = "GET") -> Answer:
    """One request."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    path, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": list(headers)}
    await app(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return Answer(sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"])

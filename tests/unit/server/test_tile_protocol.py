"""The short cut for stored tiles, over real connections: the same answers as the ordinary way."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn

from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.server.tile_access import TileSource
from coverslip.server.tile_protocol import tile_protocol
from coverslip.server.tile_store import TileStore
from coverslip.server.tiles import Tile, TileApp
from coverslip.slides.isolation import DecoderLimits, DecoderPool

IMAGE = tissue(301, 227)
SLIDE = uuid4()
COOKIE = {"Cookie": "coverslip_session=good"}
PLACES = [(column, row) for row in range(5) for column in range(5)]


class Server:
    """Tiles on a port of the loopback address, by one protocol or the other."""

    def __init__(self, source: TileSource, *, short_cut: bool) -> None:
        async def authorize(token: str | None, slide: UUID) -> TileSource:
            return source

        self.tiles = TileApp(authorize, TileStore(Path(), 0))
        self.taken = 0
        at_once = self.tiles.at_once

        def counted(scope: Any) -> Tile | None:
            tile = at_once(scope)
            self.taken += tile is not None
            return tile

        self.tiles.at_once = counted  # type: ignore[method-assign]  # counts how often the short cut is taken
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        protocol = tile_protocol(self.tiles) if short_cut else "httptools"
        config = uvicorn.Config(self.tiles, http=protocol, loop="uvloop", lifespan="off", log_config=None)
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=lambda: asyncio.run(self._server.serve(sockets=[self._socket])))
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def get(self, path: str, **headers: str) -> httpx.Response:
        """One request on a connection of its own."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers={**COOKIE, **headers})


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TileSource]:
    path: Path = write_svs(tmp_path_factory.mktemp("s") / "a.svs", IMAGE, SvsOptions(omit=((2, 2),)))
    with DecoderPool(DecoderLimits(1024, 20.0, 1)) as pool:
        slide = pool.open(path)
        yield TileSource(hashlib.sha256(path.read_bytes()).hexdigest(), slide.tile_index(), slide)


@pytest.fixture(scope="module")
def servers(source: TileSource) -> Iterator[tuple[Server, Server]]:
    """By the short cut, and without."""
    both = Server(source, short_cut=True), Server(source, short_cut=False)
    yield both
    for server in both:
        server.stop()


def told(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    return answer.status_code, {k: v for k, v in answer.headers.items() if k != "date"}, answer.content


@pytest.mark.parametrize(
    "path", [*(f"0/{column}/{row}" for column, row in PLACES), "1/0/0", "0/99/0", "9/0/0", "0/x/0", "0/0"]
)
def test_every_answer_is_the_same_as_without_the_short_cut(servers: tuple[Server, Server], path: str) -> None:
    short, ordinary = servers
    assert told(short.get(f"/tiles/{SLIDE}/{path}")) == told(ordinary.get(f"/tiles/{SLIDE}/{path}"))


def test_the_short_cut_is_taken_once_access_is_remembered(servers: tuple[Server, Server]) -> None:
    short = servers[0]
    short.get(f"/tiles/{SLIDE}/0/0/0")
    before = short.taken
    for column, row in PLACES[:5]:
        assert short.get(f"/tiles/{SLIDE}/0/{column}/{row}").status_code == 200
    assert short.taken == before + 5


def test_conditional_and_head_requests_are_answered_too(servers: tuple[Server, Server]) -> None:
    short = servers[0]
    first = short.get(f"/tiles/{SLIDE}/0/0/0")
    again = short.get(f"/tiles/{SLIDE}/0/0/0", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = httpx.head(f"http://127.0.0.1:{short.port}/tiles/{SLIDE}/0/0/0", headers=COOKIE)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(first.content)))


def test_one_connection_carries_many_tiles(servers: tuple[Server, Server]) -> None:
    short = servers[0]
    with httpx.Client(base_url=f"http://127.0.0.1:{short.port}", headers=COOKIE) as client:
        bodies = [client.get(f"/tiles/{SLIDE}/0/{column}/{row}").content for column, row in PLACES * 4]
    assert bodies[:25] * 4 == bodies


def test_requests_sent_ahead_are_answered_in_order(servers: tuple[Server, Server]) -> None:
    """600 requests in one write, of which those for a missing tile wait for the decoder."""
    short = servers[0]
    places = (PLACES * 24)[:600]
    expected = {place: short.get(f"/tiles/{SLIDE}/0/{place[0]}/{place[1]}").headers["etag"] for place in PLACES}
    lines = "Host: x\r\nCookie: coverslip_session=good\r\n"
    asked = "".join(f"GET /tiles/{SLIDE}/0/{column}/{row} HTTP/1.1\r\n{lines}\r\n" for column, row in places)
    asked += f"GET /tiles/{SLIDE}/0/0/0 HTTP/1.1\r\n{lines}Connection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", short.port), timeout=60) as connection:
        Thread(target=connection.sendall, args=(asked.encode(),)).start()
        answer = b""
        while data := connection.recv(1 << 20):
            answer += data
    etags = [line.split(b": ")[1].decode() for line in answer.split(b"\r\n") if line.startswith(b"etag: ")]
    assert etags == [expected[place] for place in [*places, (0, 0)]]


def test_an_old_client_that_closes_gets_its_tile(servers: tuple[Server, Server]) -> None:
    short = servers[0]
    expected = short.get(f"/tiles/{SLIDE}/0/1/1").content
    request = f"GET /tiles/{SLIDE}/0/1/1 HTTP/1.0\r\nCookie: coverslip_session=good\r\n\r\n"
    with socket.create_connection(("127.0.0.1", short.port), timeout=30) as connection:
        connection.sendall(request.encode())
        answer = b""
        while data := connection.recv(1 << 20):
            answer += data
    assert answer.endswith(expected)

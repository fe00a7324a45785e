"""uvicorn's HTTP protocol with a short cut for stored tiles: no task, no message objects, one write.

A tile that `TileApp.at_once` has ready is written while its request is being parsed; every other request, and every
tile that needs waiting, goes the ordinary way through the application, whose answer is the same. What is saved is
about half of the processor time of a tile (`bench/tiles.py`).
"""

from __future__ import annotations

from typing import Any, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from coverslip.errors import CoverslipError
from coverslip.server.tiles import COMMON_HEADERS, TileApp

PREFIX = "/tiles/"
COMMON = b"".join(b"%b: %b\r\n" % header for header in COMMON_HEADERS)


def tile_protocol(tiles: TileApp) -> type[HttpToolsProtocol]:
    """The protocol class for `uvicorn.Config(http=...)` of a server with this tile application."""

    class TileProtocol(HttpToolsProtocol):
        """One connection."""

        def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
            # Requests sent ahead of their answers go the ordinary way: answering them here would recurse.
            if (
                self.pipeline
                or not cycle.keep_alive
                or self.flow.write_paused
                or not cycle.scope["path"].startswith(PREFIX)
                or not self._answered_at_once(cycle)
            ):
                super()._start_asgi_task(cycle, app)

        def _answered_at_once(self, cycle: RequestResponseCycle) -> bool:
            try:
                tile = tiles.at_once(cast(Scope, cycle.scope))
            except (CoverslipError, OSError):
                return False  # the application says what is wrong
            if tile is None or cycle.disconnected:
                return False
            head = b"HTTP/1.1 200 OK\r\n%bcontent-type: %b\r\ncontent-length: %d\r\netag: %b\r\n%b\r\n%b\r\n" % (
                b"".join(b"%b: %b\r\n" % header for header in self.server_state.default_headers),
                tile.media_type.encode(),
                len(tile.data),
                tile.etag,
                b": ".join(tile.caching),
                COMMON,
            )
            cycle.response_started = cycle.response_complete = True
            self.transport.write(head + tile.data)
            cycle.on_response()
            return True

    return TileProtocol

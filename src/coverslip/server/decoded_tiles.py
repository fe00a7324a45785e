"""Tiles that must be decoded: a bounded number at a time, each once however many ask, the result kept.

Kept in this process for the view at hand, and on the disk for all processes and later days.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from coverslip.server.slide_sources import TileSource
from coverslip.server.tile_store import TileStore
from coverslip.slides.errors import DecoderBusy
from coverslip.slides.slide import EncodedTile

DECODING_THREADS = 4
MOST_WAITING = 512
"""Tiles that may wait for a decoder; beyond that the answer is 503 at once."""
KEPT_BYTES = 32 * 1024 * 1024
"""Encoded tiles kept in each process: about 1,000; all of them are on the disk as well."""


@dataclass(frozen=True, slots=True)
class TileKey:
    """One tile that is not stored: of which bytes, and where in them."""

    mark: str
    """Names the content that its pixels come from."""
    level: int
    column: int
    row: int
    plane: int | None = None
    channel: int | None = None

    @property
    def place(self) -> str:
        """As a file is called after it."""
        layer = "" if self.plane is None and self.channel is None else f"-{_of(self.plane)}-{_of(self.channel)}"
        return f"{self.level}-{self.column}-{self.row}{layer}"


class DecodedTiles:
    """The tiles one process has decoded; in one event loop."""

    def __init__(self, store: TileStore, threads: int = DECODING_THREADS, kept_bytes: int = KEPT_BYTES) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="tiles")
        self._kept: OrderedDict[TileKey, EncodedTile] = OrderedDict()
        self._kept_bytes = 0
        self._most_bytes = kept_bytes
        self._running: dict[TileKey, asyncio.Future[EncodedTile]] = {}

    async def tile(self, source: TileSource, key: TileKey) -> EncodedTile:
        """One tile. Raises `TileUnreadable`, `DecoderFailed`, `DecoderBusy` where too many wait already."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        running = self._running.get(key)
        if running is None:
            if len(self._running) >= MOST_WAITING:
                raise DecoderBusy(file="", seconds=1)
            running = asyncio.get_running_loop().run_in_executor(self._threads, self._made, source, key)
            self._running[key] = running
            running.add_done_callback(lambda done: self._finished(key, done))
        return await asyncio.shield(running)

    def close(self) -> None:
        """End the threads once their tiles are done."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _made(self, source: TileSource, key: TileKey) -> EncodedTile:
        tile = self._store.get(key.mark, key.place)
        if tile is None:
            tile = source.layer(key.plane, key.channel).tile(key.level, key.column, key.row)
            self._store.put(key.mark, key.place, tile)
        return tile

    def _finished(self, key: TileKey, done: asyncio.Future[EncodedTile]) -> None:
        self._running.pop(key, None)
        if done.cancelled() or done.exception() is not None:
            return
        tile = done.result()
        self._kept[key] = tile
        self._kept_bytes += len(tile.data)
        while self._kept_bytes > self._most_bytes and self._kept:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1].data)


def _of(number: int | None) -> str:
    return "all" if number is None else str(number)

"""Stored tiles of slides in object storage: from the local cache inline, else fetched by a few threads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from coverslip.errors import NotFound
from coverslip.slides.errors import SlideMissing
from coverslip.slides.tile_index import TilePlace
from coverslip.storage.errors import StorageUnavailable
from coverslip.storage.remote_slides import RemoteSlides

FETCHING_THREADS = 16
"""Each waits for the network, not for the processor."""
MOST_WAITING = 512
"""Tiles that may wait for the storage; beyond that the answer is 503 at once."""


class NotHere(Exception):
    """A range that has to be fetched first."""


class RemoteTiles:
    """Of one event loop. A tile is one range, or as many as `TilePlace.read_by` asks for."""

    def __init__(self, slides: RemoteSlides) -> None:
        self._slides = slides
        self._threads = ThreadPoolExecutor(FETCHING_THREADS, thread_name_prefix="ranges")
        self._waiting = 0

    def cached(self, path: str, place: TilePlace) -> bytes | None:
        """The tile where all of it is in the cache; None: ask `fetched`.

        Raises `TileUnreadable`, `BuiltOtherwise`, `NotFound`.
        """
        try:
            blob = self._slides.blob(path)
        except SlideMissing as error:
            raise NotFound(field="slide") from error

        def now(offset: int, length: int) -> bytes:
            stored = blob.read_now(offset, length)
            if stored is None:
                raise NotHere
            return stored

        try:
            return place.read_by(now)
        except NotHere:
            return None

    async def fetched(self, path: str, place: TilePlace) -> bytes:
        """The tile, from the storage if need be.

        Raises `TileUnreadable`, `BuiltOtherwise`, `NotFound`, `BlobMissing`, `StorageUnavailable` where it fails or
        too many wait.
        """
        if self._waiting >= MOST_WAITING:
            raise StorageUnavailable(problem="storage_busy", number=self._waiting)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, path, place)
        except SlideMissing as error:
            raise NotFound(field="slide") from error
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the threads once their tiles are there."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _read(self, path: str, place: TilePlace) -> bytes:
        blob = self._slides.blob(path)
        return place.read_by(blob.read_at)

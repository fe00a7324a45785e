"""Tiles that had to be decoded, kept on the disk for all processes of a machine and over restarts.

JPEG 2000, uncompressed and restitched slides cost a decoder a millisecond to a tenth of a second for each tile; from
here it is one read. Nothing depends on the folder: it may be deleted at any time, and a full disk only means that
tiles are decoded again.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import get_args

from coverslip.slides.slide import EncodedTile
from coverslip.slides.tile_index import MediaType

logger = logging.getLogger(__name__)

SWEEP_SHARE = 0.05
"""Written since the last look at what the folder holds, as a share of what it may hold."""
LEFT_SHARE = 0.9
TOUCH_SECONDS = 3600.0
"""A tile's time of use is written down at most this often."""
ENDINGS: dict[MediaType, tuple[str, bytes, bytes]] = {
    "image/jpeg": ("jpg", b"\xff\xd8", b"\xff\xd9"),
    "image/png": ("png", b"\x89PNG", b"IEND\xaeB\x60\x82"),
    "image/webp": ("webp", b"RIFF", b""),
}
"""Suffix, first and last bytes: a file cut by a crash is not a tile."""
assert set(ENDINGS) == set(get_args(MediaType))


class TileStore:
    """A bounded folder of tiles. May be used from many processes and threads."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        """`most_bytes`: 0 keeps nothing."""
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._written = most_bytes
        """Since the last sweep; the first tile kept sweeps."""

    def get(self, slide: str, place: str) -> EncodedTile | None:
        """A tile by its slide's content and its place; None where it is not kept whole."""
        if self._most_bytes == 0:
            return None
        for media_type, (suffix, first, last) in ENDINGS.items():
            path = self._path(slide, place, suffix)
            try:
                with path.open("rb") as file:
                    data = file.read()
                    used = os.fstat(file.fileno()).st_mtime
            except OSError:
                continue
            if data.startswith(first) and data.endswith(last) and data:
                if time.time() - used > TOUCH_SECONDS:
                    with suppress(OSError):
                        os.utime(path)
                return EncodedTile(media_type, data)
        return None

    def put(self, slide: str, place: str, tile: EncodedTile) -> None:
        """Keep a tile."""
        if len(tile.data) > self._most_bytes * SWEEP_SHARE:
            return
        path = self._path(slide, place, ENDINGS[tile.media_type][0])
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as draft:
                try:
                    draft.write(tile.data)
                    draft.close()
                    Path(draft.name).replace(path)
                except OSError:
                    Path(draft.name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            logger.warning("a decoded tile is not kept: %s", error)
            return
        with self._lock:
            self._written += len(tile.data)
            due = self._written > self._most_bytes * SWEEP_SHARE
            if due:
                self._written = 0
        if due:
            self._sweep()

    def _sweep(self) -> None:
        """Remove what was unused longest until there is room."""
        held: list[tuple[float, int, Path]] = []
        for path in self._folder.glob("*/*/*"):
            with suppress(OSError):
                state = path.stat()
                held.append((state.st_mtime, state.st_size, path))
        total = sum(size for _, size, _ in held)
        if total <= self._most_bytes:
            return
        for _, size, path in sorted(held):
            if total <= self._most_bytes * LEFT_SHARE:
                return
            with suppress(OSError):
                path.unlink(missing_ok=True)
            total -= size

    def _path(self, slide: str, place: str, suffix: str) -> Path:
        return self._folder / slide[:2] / slide / f"{place}.{suffix}"

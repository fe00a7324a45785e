"""The slides this process shows: files as paths, the sandboxed handle, and the index of stored tiles.

Nothing here depends on who asks; `tile_access` and the routes decide that first. Where `stored_slide` needs a folder
for a slide, it goes when the slide has not been looked at for a while, and with the process.
"""

from __future__ import annotations

import shutil
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from coverslip.ingest.errors import SlideNotReadable
from coverslip.records.models import Slide
from coverslip.slides.isolation import DecoderPool, IsolatedSlide
from coverslip.slides.tile_index import TileIndex
from coverslip.storage.blobs import BlobStore
from coverslip.storage.stored_slide import laid_out

SHOWN_STATUSES = ("ready", "unmatched")
SLIDES_KEPT = 64

Key = tuple[UUID, str]
"""Organization, content digest."""


@dataclass(frozen=True, slots=True)
class TileSource:
    """What showing one slide needs; the same object for everyone who may see it.

    `digest`: SHA-256 of the slide's content, lower-case hex, which makes ETags.
    """

    digest: str
    index: TileIndex
    slide: IsolatedSlide
    folder: Path | None = None
    """Folder of its own, removed with it."""


class SlideSources:
    """The slides one process has open. May be used from many threads."""

    def __init__(self, blobs: BlobStore, decoders: DecoderPool) -> None:
        self._blobs = blobs
        self._decoders = decoders
        self._folder = TemporaryDirectory(prefix="coverslip-slides-", ignore_cleanup_errors=True)
        self._sources: OrderedDict[Key, TileSource] = OrderedDict()
        self._lock = threading.Lock()
        self._opening: dict[Key, threading.Lock] = {}

    def source(self, row: Slide) -> TileSource:
        """The slide of a record with its files loaded.

        Raises `SlideNotReadable`, `BlobMissing`, `StorageUnavailable`, `SlideError` where file or decoder fail.
        """
        if row.content_digest is None or row.status not in SHOWN_STATUSES:
            raise SlideNotReadable(status=row.status)
        key = (row.organization_id, row.content_digest)
        known = self._known(key)
        if known is not None:
            return known
        with self._lock:
            opening = self._opening.setdefault(key, threading.Lock())
        with opening:
            known = self._known(key)
            try:
                return known if known is not None else self._opened(key, row)
            finally:
                with self._lock:
                    self._opening.pop(key, None)

    def close(self) -> None:
        """Remove the folders."""
        self._folder.cleanup()

    def _known(self, key: Key) -> TileSource | None:
        with self._lock:
            known = self._sources.get(key)
            if known is not None:
                self._sources.move_to_end(key)
            return known

    def _opened(self, key: Key, row: Slide) -> TileSource:
        # A folder of its own each time: an older one of the same slide may be on its way out.
        folder = Path(self._folder.name) / uuid4().hex
        try:
            slide = self._decoders.open(laid_out(self._blobs, row, folder))
            made = TileSource(key[1], slide.tile_index(), slide, folder if folder.exists() else None)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        forgotten = []
        with self._lock:
            self._sources[key] = made
            while len(self._sources) > SLIDES_KEPT:
                forgotten.append(self._sources.popitem(last=False)[1])
        for source in forgotten:
            if source.folder is not None:
                shutil.rmtree(source.folder, ignore_errors=True)
        return made

"""The slides this process shows: files as paths, the sandboxed handle, and the index of stored tiles.

Nothing here depends on who asks; `tile_access` and the routes decide that first. A slide of one local file is read
where its blob lies. One of several files (DICOM) gets a folder of links with the files' own names; one in object
storage is copied there. Folders go when the slide has not been looked at for a while, and with the process.
"""

from __future__ import annotations

import shutil
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from coverslip.ingest.errors import SlideNotReadable
from coverslip.records.models import Slide
from coverslip.slides.isolation import DecoderPool, IsolatedSlide
from coverslip.slides.tile_index import TileIndex
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobMissing

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
            return known if known is not None else self._opened(key, row)

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
        path, folder = self._laid_out(key, row)
        slide = self._decoders.open(path)
        made = TileSource(key[1], slide.tile_index(), slide, folder)
        forgotten = []
        with self._lock:
            self._opening.pop(key, None)
            self._sources[key] = made
            while len(self._sources) > SLIDES_KEPT:
                forgotten.append(self._sources.popitem(last=False)[1])
        for source in forgotten:
            if source.folder is not None:
                shutil.rmtree(source.folder, ignore_errors=True)
        return made

    def _laid_out(self, key: Key, row: Slide) -> tuple[Path, Path | None]:
        """The slide as a path, and the folder that was made for it."""
        if not row.files:
            raise BlobMissing(digest=key[1])
        if len(row.files) == 1:
            local = self._blobs.local_path(row.organization_id, row.files[0].digest)
            if local is not None:
                return local, None
        folder = Path(self._folder.name) / f"{key[0]}-{key[1]}"
        folder.mkdir(mode=0o700, exist_ok=True)
        for file in row.files:
            target = folder / Path(file.name).name
            local = self._blobs.local_path(row.organization_id, file.digest)
            if local is not None:
                target.unlink(missing_ok=True)
                target.symlink_to(local)
            else:
                target.write_bytes(self._blobs.read(row.organization_id, file.digest))
        return (folder / Path(row.files[0].name).name if len(row.files) == 1 else folder), folder

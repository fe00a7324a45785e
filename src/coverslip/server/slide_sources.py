"""The slides this process shows: files as paths, the sandboxed handle, and the index of stored tiles.

Nothing here depends on who asks; `tile_access` and the routes decide that first. Where `stored_slide` needs a folder
for a slide, it goes when the slide has not been looked at for a while, and with the process.
"""

from __future__ import annotations

import shutil
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import UUID, uuid4

from coverslip.ingest.errors import SlideNotReadable
from coverslip.records.models import Slide
from coverslip.server.index_store import IndexStore
from coverslip.server.layer_indexes import Layer, LayerIndexes, compact, size_of
from coverslip.server.tile_version import tile_version
from coverslip.slides.companion import levels_beside
from coverslip.slides.describe import from_json
from coverslip.slides.isolation import DecoderPool, IsolatedSlide
from coverslip.slides.pyramid import PyramidSlide
from coverslip.slides.remote import is_remote
from coverslip.slides.slide import Slide as ShownSlide
from coverslip.slides.tile_index import TileIndex
from coverslip.storage.blobs import BlobStore
from coverslip.storage.stored_slide import path_for

SHOWN_STATUSES = ("ready", "unmatched")
SLIDES_KEPT = 256
"""Each holds a file descriptor of its index."""
INDEX_BYTES = 32 * 1024 * 1024
"""Memory that indexes may take that could not be left on the disk."""
SMALLEST_INDEX_BYTES = 4096
"""What a slide takes beside its numbers."""
COMPANION = "companion"

Key = tuple[UUID, str, str | None]
"""Organization, content digest, the companion's digest."""


class Companion(NamedTuple):
    """The file with the levels a slide lacks, as a stored slide of its own."""

    organization_id: UUID
    content_digest: str
    files: tuple[CompanionFile, ...]


class CompanionFile(NamedTuple):
    """Its one file."""

    name: str
    digest: str


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
    shown: ShownSlide | None = None
    """The slide with its missing levels, where it has any."""
    own_levels: int | None = None
    """How many levels the file itself has; None: all."""
    companion: str | None = None
    """SHA-256 of the file with the others."""
    roots: tuple[Path, ...] = ()
    """Where its decoders read it; below `remote.ROOT` in object storage."""
    name: str = ""
    """As its indexes are called on the disk."""
    layers: LayerIndexes = field(default_factory=LayerIndexes)
    """Indexes of focal planes and channels, of all slides; beside the one shown at first."""

    def layer(self, plane: int | None, channel: int | None) -> ShownSlide:
        """One focal plane and channel; None, None: what the slide itself shows. Raises `LayerOutside`."""
        shown = self.shown if self.shown is not None else self.slide
        if plane is None and channel is None:
            return shown
        assert isinstance(shown, IsolatedSlide | PyramidSlide)
        return shown.layer(shown.properties.shown_plane if plane is None else plane, channel)

    def known_layer(self, layer: Layer) -> TileIndex | None:
        """Where that layer's stored tiles lie, if it is known without asking anybody."""
        return self.layers.known(self.name, layer)

    def layer_index(self, plane: int | None, channel: int | None) -> TileIndex:
        """Where that layer's stored tiles lie. Raises `LayerOutside`, `SlideError`."""

        def work_out() -> TileIndex:
            layer = self.layer(plane, channel)
            assert isinstance(layer, IsolatedSlide | PyramidSlide)
            return layer.tile_index()

        return self.layers.made(self.name, (plane, channel), self.roots, work_out)

    @property
    def version(self) -> str:
        """The `v` in the addresses of its tiles."""
        return tile_version(self.digest, self.companion)

    @property
    def lies_there(self) -> bool:
        """Whether its files are still where they were; a rule may have moved them to a cheaper place."""
        paths = {str(root) for root in self.roots} | set(self.index.files)
        return all(is_remote(path) or Path(path).exists() for path in paths)

    def mark(self, level: int) -> str:
        """Names the bytes that a level's tiles are made of."""
        made = self.own_levels is not None and level >= self.own_levels
        return f"{self.digest[:32]}{(self.companion or 'drawn')[:16]}" if made else self.digest[:32]

    @property
    def size_bytes(self) -> int:
        """Memory that its index takes."""
        return SMALLEST_INDEX_BYTES + size_of(self.index)


class SlideSources:
    """The slides one process has open. May be used from many threads."""

    def __init__(self, blobs: BlobStore, decoders: DecoderPool, indexes: IndexStore) -> None:
        self._blobs = blobs
        self._decoders = decoders
        self._indexes = indexes
        self._layers = LayerIndexes(indexes)
        self._folder = TemporaryDirectory(prefix="coverslip-slides-", ignore_cleanup_errors=True)
        decoders.may_read(Path(self._folder.name))
        self._sources: OrderedDict[Key, TileSource] = OrderedDict()
        self._lock = threading.Lock()
        self._opening: dict[Key, threading.Lock] = {}

    def source(self, row: Slide) -> TileSource:
        """The slide of a record with its files loaded.

        Raises `SlideNotReadable`, `BlobMissing`, `StorageUnavailable`, `SlideError` where file or decoder fail.
        """
        if row.content_digest is None or row.properties is None or row.status not in SHOWN_STATUSES:
            raise SlideNotReadable(status=row.status)
        key = (row.organization_id, row.content_digest, row.companion_digest)
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
            if known is None or not known.lies_there:
                return None
            self._sources.move_to_end(key)
            return known

    def _opened(self, key: Key, row: Slide) -> TileSource:
        # A folder of its own each time: an older one of the same slide may be on its way out.
        folder = Path(self._folder.name) / uuid4().hex
        try:
            made = self._made(row, folder)
        except BaseException:
            self._remove(folder)
            raise
        forgotten: list[TileSource] = []
        with self._lock:
            replaced = self._sources.pop(key, None)
            forgotten += [] if replaced is None else [replaced]
            self._sources[key] = made
            held = sum(source.size_bytes for source in self._sources.values())
            while len(self._sources) > 1 and (len(self._sources) > SLIDES_KEPT or held > INDEX_BYTES):
                forgotten.append(self._sources.popitem(last=False)[1])
                held -= forgotten[-1].size_bytes
        for source in forgotten:
            if source.folder is not None:
                self._remove(source.folder)
        return made

    def _remove(self, folder: Path) -> None:
        for kept in (folder, folder / COMPANION):
            self._blobs.release(kept)
        shutil.rmtree(folder, ignore_errors=True)

    def _made(self, row: Slide, folder: Path) -> TileSource:
        """The record's slide; its decoder is asked only where its index is not known on this machine yet."""
        assert row.content_digest is not None
        assert row.properties is not None
        properties = from_json(row.properties)
        missing = levels_beside(properties, row.properties)
        roots = [path_for(self._decoders, self._blobs, row, folder)]
        slide = self._decoders.at(roots[0])
        companion = None
        if row.companion_digest is not None:
            file = CompanionFile("companion.tif", row.companion_digest)
            beside = Companion(row.organization_id, row.companion_digest, (file,))
            folder.mkdir(mode=0o700, exist_ok=True)
            roots.append(path_for(self._decoders, self._blobs, beside, folder / COMPANION))
            companion = self._decoders.at(roots[1])
        lies = "ranges" if any(is_remote(root) for root in roots) else "files"
        name = f"{row.content_digest}-{row.companion_digest or 'own'}-{lies}"
        index = self._indexes.load(name, roots)
        known = None if index is None else properties
        shown = PyramidSlide(slide, missing, companion, known) if missing else None
        if index is None:
            index = slide.tile_index() if shown is None else shown.tile_index()
            self._indexes.save(name, index, roots)
            index = self._indexes.load(name, roots) or compact(index)
        return TileSource(
            digest=row.content_digest,
            index=index,
            slide=slide,
            folder=folder if folder.exists() else None,
            shown=shown,
            own_levels=len(properties.levels),
            companion=row.companion_digest,
            roots=tuple(roots),
            name=name,
            layers=self._layers,
        )

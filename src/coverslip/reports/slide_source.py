"""The stored file of a slide, opened in the sandbox, wherever its bytes lie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from coverslip.records.models import Slide as SlideRow
from coverslip.reports.key_images import OpenSlide
from coverslip.slides.isolation import DecoderPool, open_isolated
from coverslip.slides.slide import Slide
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobMissing


def stored_slides(blobs: BlobStore, pool: DecoderPool | None = None) -> OpenSlide:
    """Opens slides of a blob store, by a pool's decoders or each by its own.

    The row needs its files loaded. Raises `BlobMissing` where it has none or a blob is gone, and `SlideError`.
    """

    @contextmanager
    def opened(row: SlideRow) -> Iterator[Slide]:
        if not row.files:
            raise BlobMissing(digest=row.content_digest or "-")
        with TemporaryDirectory(prefix="coverslip-slide-") as name:
            path = _laid_out(blobs, row, Path(name))
            with pool.open(path) if pool is not None else open_isolated(path) as slide:
                yield slide

    return opened


def _laid_out(blobs: BlobStore, row: SlideRow, folder: Path) -> Path:
    """The slide as a path: the blob itself where one local file is all, else its files under their names."""
    if len(row.files) == 1:
        local = blobs.local_path(row.organization_id, row.files[0].digest)
        if local is not None:
            return local
    for file in row.files:
        target = folder / Path(file.name).name
        local = blobs.local_path(row.organization_id, file.digest)
        if local is not None:
            target.symlink_to(local)
        else:
            target.write_bytes(blobs.read(row.organization_id, file.digest))
    return folder / Path(row.files[0].name).name if len(row.files) == 1 else folder

"""A stored slide opened for analysis: in a decoder process, wherever its bytes lie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from coverslip.records.models import Slide as SlideRow
from coverslip.slides.isolation import open_isolated
from coverslip.slides.slide import Slide
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobMissing


@contextmanager
def open_stored(blobs: BlobStore, row: SlideRow) -> Iterator[Slide]:
    """Open the slide of a record with its files loaded.

    One local file is read where it lies; several (DICOM) get a folder of links under their own names; bytes in
    object storage are copied there for as long as the slide is open. Raises `BlobMissing`, `StorageUnavailable`,
    `SlideError`.
    """
    if not row.files:
        raise BlobMissing(digest=row.content_digest or "-")
    with (
        TemporaryDirectory(prefix="coverslip-reading-") as folder,
        open_isolated(_laid_out(blobs, row, Path(folder))) as slide,
    ):
        yield slide


def _laid_out(blobs: BlobStore, row: SlideRow, folder: Path) -> Path:
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

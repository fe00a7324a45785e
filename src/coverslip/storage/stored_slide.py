"""A stored slide as a path and as an open slide, wherever its bytes lie.

One local file is read where its blob lies. Several files (DICOM, MRXS, VMS) get a folder of links, laid out by their
own relative names; bytes in object storage are copied there, piece by piece, for as long as somebody needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from uuid import UUID

from coverslip.slides.bundle import is_relative_name, leading_name
from coverslip.slides.isolation import DecoderPool, open_isolated
from coverslip.slides.slide import Slide
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobMissing


class StoredFile(Protocol):
    """One file of a slide, as its record says."""

    @property
    def name(self) -> str:
        """The name it came with, relative to the slide's own folder, with `/`."""

    @property
    def digest(self) -> str:
        """SHA-256, lower-case hex."""


class StoredSlide(Protocol):
    """A slide's record with its files loaded."""

    @property
    def organization_id(self) -> UUID:
        """Whose bytes they are."""

    @property
    def content_digest(self) -> str | None:
        """SHA-256 of the content."""

    @property
    def files(self) -> Sequence[StoredFile]:
        """In their order."""


def laid_out(blobs: BlobStore, row: StoredSlide, folder: Path) -> Path:
    """The slide as a path; `folder` is made where one is needed, and is the caller's to remove.

    The path is that of the leading file (`slides/bundle.py`), or the folder where the slide has none (DICOM).
    Raises `BlobMissing` where the record has no file or the store lacks it, `BlobCorrupt`, `StorageFull`,
    `StorageUnavailable`.
    """
    if not row.files:
        raise BlobMissing(digest=row.content_digest or "-")
    if len(row.files) == 1:
        local = blobs.local_path(row.organization_id, row.files[0].digest)
        if local is not None:
            return local
    folder.mkdir(mode=0o700, exist_ok=True)
    names: list[str] = []
    for file in row.files:
        name = _name_within(file, names)
        target = folder / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        local = blobs.local_path(row.organization_id, file.digest)
        if local is not None:
            target.symlink_to(local)
        else:
            blobs.fetch(row.organization_id, file.digest, target)
        names.append(name)
    leading = leading_name(names)
    return folder if leading is None else folder / leading


@contextmanager
def open_stored(blobs: BlobStore, row: StoredSlide, pool: DecoderPool | None = None) -> Iterator[Slide]:
    """Open the slide in a decoder process of the pool, or in one of its own. Raises as `laid_out`, and `SlideError`."""
    with TemporaryDirectory(prefix="coverslip-slide-") as name:
        path = laid_out(blobs, row, Path(name))
        with pool.open(path) if pool is not None else open_isolated(path) as slide:
            yield slide


def stored_slides(
    blobs: BlobStore, pool: DecoderPool | None = None
) -> Callable[[StoredSlide], AbstractContextManager[Slide]]:
    """`open_stored` of one store and pool."""
    return lambda row: open_stored(blobs, row, pool)


def _name_within(file: StoredFile, taken: Sequence[str]) -> str:
    """The file's own relative name; in the folder itself, with its digest, where another file stands in its way.

    Whatever a row says, a name never leads out of the folder: one that would is cut to its last part.
    """
    name = file.name if is_relative_name(file.name) else file.name.replace("\\", "/").rpartition("/")[2]
    name = name if name not in ("", ".", "..") else "file"
    hidden = any(name == other or f"{name}/".startswith(f"{other}/") or other.startswith(f"{name}/") for other in taken)
    return f"{file.digest}-{name.rpartition('/')[2]}" if hidden else name

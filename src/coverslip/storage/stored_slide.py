"""A stored slide as a path and as an open slide, wherever its bytes lie.

One local file is read where its blob lies. Several files (DICOM, MRXS, VMS) get a folder of links, laid out by their
own relative names. Bytes in object storage are read by range where the reader can (`slides/remote.py`); for the others
they lie whole in the local cache, pinned there for as long as the folder with the links to them exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from uuid import UUID

from coverslip.slides.bundle import is_relative_name, leading_name
from coverslip.slides.errors import FormatDeclined, NotASlide
from coverslip.slides.isolation import DecoderLimits, DecoderPool, IsolatedSlide
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
    """The slide as a path for any reader; `folder` is made where one is needed, and is the caller's to remove.

    The path is that of the leading file (`slides/bundle.py`), or the folder where the slide has none (DICOM).
    Raises `BlobMissing` where the record has no file or the store lacks it, `BlobCorrupt`, `CacheFull`, `StorageFull`,
    `StorageUnavailable`.
    """
    if not row.files:
        raise BlobMissing(digest=row.content_digest or "-")
    if len(row.files) == 1:
        local = blobs.local_path(row.organization_id, row.files[0].digest)
        if local is not None:
            return local
    folder.mkdir(mode=0o700, exist_ok=True)
    names = _names(row)
    for name, file in names.items():
        target = folder / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.symlink_to(_as_file(blobs, row.organization_id, file.digest, folder))
    leading = leading_name(list(names))
    return folder if leading is None else folder / leading


def by_range(blobs: BlobStore, row: StoredSlide) -> Path | None:
    """The slide as a path below `remote.ROOT`, for decoders that are given `blobs.remote`.

    None where one of its files lies on a disk. Raises `BlobMissing`, `StorageUnavailable`.
    """
    names = _names(row)
    if not names or any(blobs.local_path(row.organization_id, file.digest) for file in names.values()):
        return None
    files = {name: blobs.ranged(row.organization_id, file.digest) for name, file in names.items()}
    folder = blobs.remote.add(f"{row.organization_id}/{row.content_digest or next(iter(names.values())).digest}", files)
    leading = leading_name(list(names)) if len(names) > 1 else next(iter(names))
    return Path(folder) if leading is None else Path(folder) / leading


def path_for(pool: DecoderPool, blobs: BlobStore, row: StoredSlide, folder: Path) -> Path:
    """Where the pool's decoders read the slide: by range where its reader can, else as `laid_out` in `folder`.

    The pool must have been given `blobs.remote`; a decoder is asked once for each slide. Raises as `laid_out`, and
    `SlideError`.
    """
    path = by_range(blobs, row)
    if path is None:
        return laid_out(blobs, row, folder)
    suits = blobs.remote.suits(path)
    if suits is None:
        try:
            pool.open(path).describe()
            suits = True
        except (NotASlide, FormatDeclined):
            suits = False  # a reader that needs the file itself may know better
        blobs.remote.note(path, suits)
    return path if suits else laid_out(blobs, row, folder)


def open_in(pool: DecoderPool, blobs: BlobStore, row: StoredSlide, folder: Path) -> IsolatedSlide:
    """Open the slide in a decoder of the pool, as `path_for`."""
    return pool.open(path_for(pool, blobs, row, folder))


@contextmanager
def open_stored(blobs: BlobStore, row: StoredSlide, pool: DecoderPool | None = None) -> Iterator[Slide]:
    """Open the slide in a decoder process of the pool, or in one of its own. Raises as `open_in`."""
    with TemporaryDirectory(prefix="coverslip-slide-") as name, ExitStack() as stack:
        folder = Path(name)
        stack.callback(blobs.release, folder)
        own = pool or stack.enter_context(DecoderPool(one_decoder(), blobs.folders, blobs.remote))
        with open_in(own, blobs, row, folder) as slide:
            yield slide


def stored_slides(
    blobs: BlobStore, pool: DecoderPool | None = None
) -> Callable[[StoredSlide], AbstractContextManager[Slide]]:
    """`open_stored` of one store and pool."""
    return lambda row: open_stored(blobs, row, pool)


def one_decoder() -> DecoderLimits:
    """The installation's limits, for one process."""
    return replace(DecoderLimits.of(), processes=1)


def _as_file(blobs: BlobStore, organization_id: UUID, digest: str, folder: Path) -> Path:
    local = blobs.local_path(organization_id, digest)
    return local if local is not None else blobs.cached_file(organization_id, digest, folder)


def _names(row: StoredSlide) -> dict[str, StoredFile]:
    """Each file under the relative name it gets."""
    names: dict[str, StoredFile] = {}
    for file in row.files:
        names[_name_within(file, list(names))] = file
    return names


def _name_within(file: StoredFile, taken: Sequence[str]) -> str:
    """The file's own relative name; in the folder itself, with its digest, where another file stands in its way.

    Whatever a row says, a name never leads out of the folder: one that would is cut to its last part.
    """
    name = file.name if is_relative_name(file.name) else file.name.replace("\\", "/").rpartition("/")[2]
    name = name if name not in ("", ".", "..") else "file"
    hidden = any(name == other or f"{name}/".startswith(f"{other}/") or other.startswith(f"{name}/") for other in taken)
    return f"{file.digest}-{name.rpartition('/')[2]}" if hidden else name

"""One place where blobs lie: a folder or object storage, each under the same names and the same promises.

A blob is whole or absent: it is written beside its place and moved into it once its checksum is known to be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol
from uuid import UUID, uuid4

from coverslip.storage import checksums
from coverslip.storage.checksums import Checksum
from coverslip.storage.errors import BlobCorrupt, BlobMissing

INCOMING = ".incoming"
"""Blobs on their way in; what stays there was cut off."""
ASIDE = ".aside"
"""Damaged bytes, kept until a person releases them."""

Progress = Callable[[int], None]
"""Told the bytes of each piece that is done."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """One blob as a place lists it."""

    organization_id: UUID
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that lies in a place without being a blob. `age_seconds`: since it was last written."""

    name: str
    size_bytes: int
    age_seconds: float


class Place(Protocol):
    """Where blobs lie. May be used from many threads.

    Every method raises `StorageUnavailable` where the place does not answer, reading ones `BlobMissing`.
    """

    @property
    def folder(self) -> Path | None:
        """The folder, None in object storage."""

    @property
    def address(self) -> tuple[str, ...]:
        """What tells it from other places; the beginning of another's where that one lies inside (`apart`)."""

    def put(
        self,
        organization_id: UUID,
        source: IO[bytes],
        size_bytes: int | None,
        expected: str | None,
        progress: Progress | None = None,
    ) -> Checksum:
        """Store what is read from `source` to its end, in one pass; `size_bytes` where it is known beforehand.

        Raises `BlobCorrupt` where the digest is not the one expected, `StorageFull`; nothing is then left.
        """

    def size(self, organization_id: UUID, digest: str) -> int | None:
        """Bytes, None where there is no such blob."""

    def read_range(self, organization_id: UUID, digest: str, start: int, length: int) -> bytes:
        """Exactly `length` bytes from `start`, not compared with the name."""

    def pieces(self, organization_id: UUID, digest: str) -> Iterator[bytes]:
        """The bytes from first to last."""

    def delete(self, organization_id: UUID, digest: str) -> None:
        """Remove a blob; nothing happens where there is none."""

    def listed(self, organization_id: UUID | None = None) -> Iterator[StoredBlob]:
        """Every blob of one organization, or of all."""

    def leftovers(self) -> Iterator[Leftover]:
        """What lies there without being a blob: cut-off transfers, what was set aside, what somebody else put there."""

    def remove_leftover(self, name: str) -> None:
        """Remove what a transfer left; ValueError for a name that the place did not give itself."""

    def leave_mark(self) -> str:
        """Write an empty file among the incoming ones; its name, to be removed as a leftover."""

    def has_mark(self, name: str) -> bool:
        """Whether this very mark lies here."""

    def set_aside(self, organization_id: UUID, digest: str, name: str) -> None:
        """Move damaged bytes out of the way, unchanged, to a name from `aside_name`. Raises `BlobMissing`."""

    def drop_aside(self, name: str) -> None:
        """Remove what was set aside; nothing happens where there is nothing."""


def key_of(organization_id: UUID, digest: str) -> str:
    """Where a blob lies in its place. Raises `BlobMissing` for what is no digest."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise BlobMissing(digest=digest[:80])
    return f"{organization_id}/{digest[:2]}/{digest}"


def aside_name(organization_id: UUID, digest: str) -> str:
    """A new name for damaged bytes, to be written down before they are moved there."""
    return f"{ASIDE}/{organization_id}/{digest}-{uuid4().hex[:8]}"


def require_within(folder: str, name: str) -> None:
    """ValueError unless the name lies in this folder of the place's own: nothing else is ever removed by name."""
    if not name.startswith(f"{folder}/") or ".." in name.split("/"):
        raise ValueError(f"not in {folder}: {name}")


def blob_of(key: str, size_bytes: int) -> StoredBlob | None:
    """The blob that lies there; None where the key is not that of a blob."""
    parts = key.split("/")
    try:
        organization_id = UUID(parts[0])
        return StoredBlob(organization_id, parts[2], size_bytes) if key_of(organization_id, parts[-1]) == key else None
    except (ValueError, BlobMissing):
        return None


def agree(found: str, expected: str | None) -> None:
    """Raise `BlobCorrupt` where the digest found is not the one expected."""
    if expected is not None and found != expected:
        raise BlobCorrupt(digest=expected, found=found)


def verify(place: Place, organization_id: UUID, digest: str, progress: Progress | None = None) -> int:
    """Read a blob piece by piece and compare it with its name; its size. Raises `BlobMissing`, `BlobCorrupt`."""
    found = checksums.Running()
    for piece in place.pieces(organization_id, digest):
        found.update(piece)
        if progress is not None:
            progress(len(piece))
    checksum = found.checksum()
    agree(checksum.digest, digest)
    return checksum.size_bytes

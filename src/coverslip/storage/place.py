"""One place where blobs lie: a folder or object storage, each under the same names and the same promises.

A blob is whole or absent: it is written beside its place and moved into it once its checksum is known to be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol
from uuid import UUID

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
        """What lies there without being a blob."""

    def remove_leftover(self, name: str) -> None:
        """Remove one of `leftovers`."""

    def set_aside(self, organization_id: UUID, digest: str) -> str:
        """Move damaged bytes out of the way, unchanged; returns the name they have then."""

    def drop_aside(self, name: str) -> None:
        """Remove what was set aside; nothing happens where there is nothing."""


def key_of(organization_id: UUID, digest: str) -> str:
    """Where a blob lies in its place. Raises `BlobMissing` for what is no digest."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise BlobMissing(digest=digest[:80])
    return f"{organization_id}/{digest[:2]}/{digest}"


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

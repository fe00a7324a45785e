"""Bytes named by their SHA-256, kept apart by organization, in a folder or in object storage.

A blob is whole or absent: it is written beside its place, flushed to the disk and moved into it. Its name is what
its content has to be, so a put of the same bytes twice is one blob, and a flipped bit is found by reading.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, from_url

from coverslip.errors import CoverslipError
from coverslip.settings import Settings
from coverslip.storage import checksums
from coverslip.storage.checksums import Checksum
from coverslip.storage.errors import BlobCorrupt, BlobMissing, StorageFull, StorageUnavailable, is_full

_INCOMING = ".incoming"


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """One blob as the store lists it."""

    organization_id: UUID
    digest: str
    size_bytes: int


class BlobStore:
    """The store of one installation: a local folder, or what `COVERSLIP_STORAGE_URL` names (`s3://bucket/prefix`)."""

    def __init__(self, *, folder: Path | None = None, url: str | None = None) -> None:
        if (folder is None) == (url is None):
            raise ValueError("a blob store is a folder or a URL")
        self.folder = folder.absolute() if folder is not None else None
        if self.folder is not None:
            (self.folder / _INCOMING).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._store: Any = LocalStore(self.folder) if self.folder is not None else from_url(str(url))

    @classmethod
    def open(cls, settings: Settings) -> BlobStore:
        """The store that the settings name."""
        if settings.storage_url is not None:
            return cls(url=settings.storage_url)
        return cls(folder=settings.blob_dir)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where blobs lie as files, for decoders to read; nowhere in object storage."""
        return () if self.folder is None else (self.folder,)

    def put_file(
        self,
        organization_id: UUID,
        source: Path,
        digest: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Checksum:
        """Store a file; the source stays where it is.

        The checksum is computed while copying. Raises `BlobCorrupt` where it is not the `digest` expected (the source
        changed or was read wrongly), `StorageFull`, `StorageUnavailable`; nothing is then left in the store.
        """
        if self.folder is not None:
            return self._put_local(organization_id, digest, lambda target: checksums.copy(source, target, progress))
        checksum = checksums.of_file(source, progress)
        _agree(checksum.digest, digest)
        if not self.exists(organization_id, checksum.digest):
            with source.open("rb") as reading:
                self._put_remote(organization_id, checksum, reading)
        return checksum

    def put_bytes(self, organization_id: UUID, data: bytes, digest: str | None = None) -> Checksum:
        """Store bytes; raises as `put_file`."""
        checksum = checksums.of_bytes(data)
        _agree(checksum.digest, digest)
        if self.folder is not None:

            def write(target: Path) -> Checksum:
                with target.open("xb") as writing:
                    writing.write(data)
                    writing.flush()
                    os.fsync(writing.fileno())
                return checksum

            return self._put_local(organization_id, digest, write)
        if not self.exists(organization_id, checksum.digest):
            self._put_remote(organization_id, checksum, data)
        return checksum

    def put_stream(
        self,
        organization_id: UUID,
        source: IO[bytes],
        digest: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Checksum:
        """Store what is read from `source` to its end; raises as `put_file`."""
        if self.folder is not None:
            return self._put_local(
                organization_id, digest, lambda target: checksums.copy_stream(source, target, progress)
            )
        with tempfile.TemporaryDirectory(prefix="coverslip-") as folder:
            draft = Path(folder) / "blob"
            checksums.copy_stream(source, draft)
            return self.put_file(organization_id, draft, digest, progress)

    def read(self, organization_id: UUID, digest: str) -> bytes:
        """All bytes of a blob, compared with their name. Raises `BlobMissing`, `BlobCorrupt`."""
        with _said(digest):
            data = bytes(obstore.get(self._store, _key(organization_id, digest)).bytes())
        _agree(checksums.of_bytes(data).digest, digest)
        return data

    def fetch(self, organization_id: UUID, digest: str, target: Path) -> None:
        """Copy a blob to a new file, piece by piece, and compare it with its name.

        Raises `BlobMissing`, `BlobCorrupt`, `StorageFull`, `StorageUnavailable`; nothing is then left at `target`.
        """
        found = checksums.Running()
        try:
            with target.open("xb") as writing:
                for chunk in self._chunks(organization_id, digest):
                    found.update(chunk)
                    writing.write(chunk)
            _agree(found.checksum().digest, digest)
        except OSError as error:
            target.unlink(missing_ok=True)
            if is_full(error):
                raise StorageFull(folder=str(target.parent)) from error
            raise StorageUnavailable(problem=error.strerror or str(error)) from error
        except CoverslipError:
            target.unlink(missing_ok=True)
            raise

    def open_range(self, organization_id: UUID, digest: str, start: int, length: int) -> bytes:
        """`length` bytes from `start`, not compared with the name. Raises `BlobMissing`."""
        with _said(digest):
            return bytes(obstore.get_range(self._store, _key(organization_id, digest), start=start, length=length))

    def local_path(self, organization_id: UUID, digest: str) -> Path | None:
        """Where a blob lies as a file, to be read only; None in object storage. Raises `BlobMissing`."""
        if self.folder is None:
            return None
        path = self.folder / _key(organization_id, digest)
        if not path.is_file():
            raise BlobMissing(digest=digest)
        return path

    def size(self, organization_id: UUID, digest: str) -> int | None:
        """Size in bytes, None where there is no such blob."""
        try:
            with _said(digest):
                return int(obstore.head(self._store, _key(organization_id, digest))["size"])
        except BlobMissing:
            return None

    def exists(self, organization_id: UUID, digest: str) -> bool:
        """Whether the store holds the blob."""
        return self.size(organization_id, digest) is not None

    def delete(self, organization_id: UUID, digest: str) -> None:
        """Remove a blob; nothing happens where there is none."""
        try:
            with _said(digest):
                obstore.delete(self._store, _key(organization_id, digest))
        except BlobMissing:
            return

    def list(self, organization_id: UUID | None = None) -> Iterator[StoredBlob]:
        """Every blob of one organization, or of all."""
        prefix = None if organization_id is None else f"{organization_id}/"
        with _said("-"):
            for batch in obstore.list(self._store, prefix=prefix):
                for entry in batch:
                    parts = str(entry["path"]).split("/")
                    if parts[0] != _INCOMING and len(parts) == 3:
                        yield StoredBlob(UUID(parts[0]), parts[2], int(entry["size"]))

    def verify(self, organization_id: UUID, digest: str, progress: Callable[[int], None] | None = None) -> None:
        """Read a blob in pieces and compare it with its name. Raises `BlobMissing`, `BlobCorrupt`."""
        size = self.size(organization_id, digest)
        if size is None:
            raise BlobMissing(digest=digest)
        found = checksums.Running()
        for chunk in self._chunks(organization_id, digest):
            found.update(chunk)
            if progress is not None:
                progress(len(chunk))
        _agree(found.checksum().digest, digest)

    def _chunks(self, organization_id: UUID, digest: str) -> Iterator[bytes]:
        """The bytes of a blob in pieces. Raises `BlobMissing`, `StorageUnavailable`."""
        with _said(digest):
            pieces = iter(obstore.get(self._store, _key(organization_id, digest)).stream(checksums.CHUNK_BYTES))
        while True:
            with _said(digest):
                piece = next(pieces, None)
            if piece is None:
                return
            yield bytes(piece)

    def _put_local(self, organization_id: UUID, expected: str | None, write: Callable[[Path], Checksum]) -> Checksum:
        assert self.folder is not None
        draft = self.folder / _INCOMING / uuid4().hex
        try:
            checksum = write(draft)
            _agree(checksum.digest, expected)
            target = self.folder / _key(organization_id, checksum.digest)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.chmod(0o440)
            draft.replace(target)
            for folder in (target.parent, target.parent.parent, self.folder):
                _flush_folder(folder)
        except OSError as error:
            if is_full(error):
                raise StorageFull(folder=str(self.folder)) from error
            raise StorageUnavailable(problem=error.strerror or str(error)) from error
        finally:
            draft.unlink(missing_ok=True)
        return checksum

    def _put_remote(self, organization_id: UUID, checksum: Checksum, data: Any) -> None:
        key = _key(organization_id, checksum.digest)
        with _said(checksum.digest):
            obstore.put(self._store, key, data)
            stored = int(obstore.head(self._store, key)["size"])
            if stored != checksum.size_bytes:
                obstore.delete(self._store, key)
                raise BlobCorrupt(digest=checksum.digest, found=f"{stored} B")


def _key(organization_id: UUID, digest: str) -> str:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise BlobMissing(digest=digest[:80])
    return f"{organization_id}/{digest[:2]}/{digest}"


def _agree(found: str, expected: str | None) -> None:
    if expected is not None and found != expected:
        raise BlobCorrupt(digest=expected, found=found)


@contextmanager
def _said(digest: str) -> Iterator[None]:
    """Turn the store's errors into ours."""
    try:
        yield
    except (FileNotFoundError, NotFoundError) as error:
        raise BlobMissing(digest=digest) from error
    except (OSError, BaseError) as error:
        raise StorageUnavailable(problem=str(error).splitlines()[0]) from error


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

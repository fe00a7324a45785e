"""Blobs in a folder: each a read-only file, flushed to the disk before it has its name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID, uuid4

from coverslip.errors import system_problem
from coverslip.storage import checksums
from coverslip.storage.apart import of_folder
from coverslip.storage.checksums import Checksum
from coverslip.storage.errors import (
    BlobMissing,
    BlobUnreadable,
    StorageFull,
    StorageUnavailable,
    is_full,
    is_unreadable,
)
from coverslip.storage.place import (
    ASIDE,
    INCOMING,
    Leftover,
    Progress,
    StoredBlob,
    agree,
    blob_of,
    key_of,
    require_within,
)


class LocalPlace:
    """A folder; the file system below it keeps what was flushed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        with self._said("-"):
            (self._folder / INCOMING).mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def folder(self) -> Path:
        """As `Place.folder`."""
        return self._folder

    @property
    def address(self) -> tuple[str, ...]:
        """As `Place.address`."""
        return of_folder(self._folder)

    def put(
        self,
        organization_id: UUID,
        source: IO[bytes],
        size_bytes: int | None,
        expected: str | None,
        progress: Progress | None = None,
    ) -> Checksum:
        """As `Place.put`."""
        draft = self._folder / INCOMING / uuid4().hex
        try:
            checksum = checksums.copy_stream(source, draft, progress)
            agree(checksum.digest, expected)
            target = self._folder / key_of(organization_id, checksum.digest)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.chmod(0o440)
            draft.replace(target)
            for folder in (target.parent, target.parent.parent, self._folder):
                _flush_folder(folder)
        except OSError as error:
            raise self._error(error, StorageUnavailable) from error
        finally:
            draft.unlink(missing_ok=True)
        return checksum

    def path(self, organization_id: UUID, digest: str) -> Path:
        """The blob's file, to be read only. Raises `BlobMissing`."""
        path = self._folder / key_of(organization_id, digest)
        if not path.is_file():
            raise BlobMissing(digest=digest)
        return path

    def size(self, organization_id: UUID, digest: str) -> int | None:
        """As `Place.size`."""
        try:
            with self._said(digest):
                return (self._folder / key_of(organization_id, digest)).stat().st_size
        except BlobMissing:
            return None

    def read_range(self, organization_id: UUID, digest: str, start: int, length: int) -> bytes:
        """As `Place.read_range`."""
        with self._said(digest), self.path(organization_id, digest).open("rb") as file:
            file.seek(start)
            data = file.read(length)
        if len(data) != length:
            raise StorageUnavailable(problem="storage_cut_off", arrived=len(data), size=length)
        return data

    def pieces(self, organization_id: UUID, digest: str) -> Iterator[bytes]:
        """As `Place.pieces`."""
        with self._said(digest), self.path(organization_id, digest).open("rb") as file:
            while piece := file.read(checksums.CHUNK_BYTES):
                yield piece

    def delete(self, organization_id: UUID, digest: str) -> None:
        """As `Place.delete`."""
        try:
            with self._said(digest):
                (self._folder / key_of(organization_id, digest)).unlink()
        except BlobMissing:
            return

    def listed(self, organization_id: UUID | None = None) -> Iterator[StoredBlob]:
        """As `Place.listed`."""
        top = self._folder if organization_id is None else self._folder / str(organization_id)
        for path in self._files(top):
            blob = blob_of(path.relative_to(self._folder).as_posix(), path.stat().st_size)
            if blob is not None:
                yield blob

    def leftovers(self) -> Iterator[Leftover]:
        """As `Place.leftovers`."""
        for path in self._files(self._folder):
            name, state = path.relative_to(self._folder).as_posix(), path.stat()
            if blob_of(name, 0) is None:
                yield Leftover(name, state.st_size, time.time() - state.st_mtime)

    def remove_leftover(self, name: str) -> None:
        """As `Place.remove_leftover`."""
        require_within(INCOMING, name)
        with self._said("-"):
            (self._folder / name).unlink(missing_ok=True)

    def leave_mark(self) -> str:
        """As `Place.leave_mark`."""
        name = f"{INCOMING}/{uuid4().hex}"
        with self._said("-"):
            (self._folder / name).touch(exist_ok=False)
        return name

    def has_mark(self, name: str) -> bool:
        """As `Place.has_mark`."""
        require_within(INCOMING, name)
        return (self._folder / name).is_file()

    def set_aside(self, organization_id: UUID, digest: str, name: str) -> None:
        """As `Place.set_aside`."""
        require_within(ASIDE, name)
        with self._said(digest):
            target = self._folder / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self._folder / key_of(organization_id, digest)).replace(target)
            _flush_folder(target.parent)

    def drop_aside(self, name: str) -> None:
        """As `Place.drop_aside`."""
        require_within(ASIDE, name)
        with self._said("-"):
            (self._folder / name).unlink(missing_ok=True)

    def _files(self, top: Path) -> Iterator[Path]:
        with self._said("-"):
            for entry in sorted(top.iterdir()) if top.is_dir() else ():
                if entry.is_dir():
                    yield from self._files(entry)
                else:
                    yield entry

    @contextmanager
    def _said(self, digest: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise BlobMissing(digest=digest) from error
        except OSError as error:
            raise self._error(error) from error

    def _error(
        self, error: OSError, unreadable: type[StorageUnavailable] = BlobUnreadable
    ) -> StorageFull | StorageUnavailable:
        if is_full(error):
            return StorageFull(folder=str(self._folder))
        kind = unreadable if is_unreadable(error) else StorageUnavailable
        return kind(problem=system_problem(error))


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

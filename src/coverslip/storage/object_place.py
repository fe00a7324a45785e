"""Blobs in object storage, by obstore: S3 and what speaks its protocol.

A blob of known digest is sent to its name in one pass and completed only when the digest was right: parts that are not
completed are no object. One whose digest is not known beforehand is sent under a name of its own while it is hashed and
copied to its place by the storage itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

import obstore
from obstore.exceptions import BaseError, NotFoundError

from coverslip.errors import system_problem
from coverslip.storage import checksums
from coverslip.storage.ahead import ahead
from coverslip.storage.checksums import CHUNK_BYTES, Checksum
from coverslip.storage.errors import BlobCorrupt, BlobMissing, StorageFull, StorageUnavailable, is_full
from coverslip.storage.pieces import as_file
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

PART_BYTES = 16 * 1024 * 1024
"""S3 takes 10,000 parts: blobs of up to 156 GiB."""
PARTS_AT_ONCE = 4
LARGEST_COPY = 5 * 1000**3
"""Bytes that S3 copies in one call (CopyObject). What is larger is sent in parts, by reading it a second time: obstore
offers no UploadPartCopy."""


class ObjectPlace:
    """A bucket, or a prefix in one."""

    folder: Path | None = None

    def __init__(self, store: Any, address: tuple[str, ...] = ()) -> None:
        """`store`: one of obstore's, its retries, time limits and credentials included. `address`: see `apart`."""
        self._store = store
        self.address = address or ("memory", uuid4().hex)

    def put(
        self,
        organization_id: UUID,
        source: IO[bytes],
        size_bytes: int | None,
        expected: str | None,
        progress: Progress | None = None,
    ) -> Checksum:
        """As `Place.put`; a source said to be larger than `LARGEST_COPY` must be seekable: it is hashed first."""
        if expected is None and size_bytes is not None and size_bytes > LARGEST_COPY:
            expected = checksums.of_stream(source).digest
            source.seek(0)
        if expected is not None:
            key = key_of(organization_id, expected)
            checksum = self._sent(key, source, expected, progress)
            self._stored(key, checksum)
            return checksum
        draft = f"{INCOMING}/{uuid4().hex}"
        try:
            checksum = self._sent(draft, source, None, progress)
            key = key_of(organization_id, checksum.digest)
            self._copied(draft, key, checksum)
        finally:
            self._cleared(draft)
        self._stored(key, checksum)
        return checksum

    def size(self, organization_id: UUID, digest: str) -> int | None:
        """As `Place.size`."""
        try:
            with _said(digest):
                return int(obstore.head(self._store, key_of(organization_id, digest))["size"])
        except BlobMissing:
            return None

    def read_range(self, organization_id: UUID, digest: str, start: int, length: int) -> bytes:
        """As `Place.read_range`."""
        with _said(digest):
            data = bytes(obstore.get_range(self._store, key_of(organization_id, digest), start=start, length=length))
        if len(data) != length:
            raise StorageUnavailable(problem="storage_cut_off", arrived=len(data), size=length)
        return data

    def pieces(self, organization_id: UUID, digest: str) -> Iterator[bytes]:
        """As `Place.pieces`."""
        return self._pieces(key_of(organization_id, digest), digest)

    def _pieces(self, key: str, digest: str) -> Iterator[bytes]:
        with _said(digest):
            got = obstore.get(self._store, key)
            size, arrived = int(got.meta["size"]), 0
            stream = iter(got.stream(CHUNK_BYTES))
        while True:
            with _said(digest):
                piece = next(stream, None)
            if piece is None:
                break
            arrived += len(piece)
            yield bytes(piece)
        if arrived != size:
            raise StorageUnavailable(problem="storage_cut_off", arrived=arrived, size=size)

    def delete(self, organization_id: UUID, digest: str) -> None:
        """As `Place.delete`."""
        self._delete(key_of(organization_id, digest))

    def listed(self, organization_id: UUID | None = None) -> Iterator[StoredBlob]:
        """As `Place.listed`."""
        for entry in self._entries(None if organization_id is None else f"{organization_id}/"):
            blob = blob_of(str(entry["path"]), int(entry["size"]))
            if blob is not None:
                yield blob

    def leftovers(self) -> Iterator[Leftover]:
        """As `Place.leftovers`."""
        for entry in self._entries(None):
            name = str(entry["path"])
            if blob_of(name, 0) is None:
                age = (datetime.now(UTC) - entry["last_modified"]).total_seconds()
                yield Leftover(name, int(entry["size"]), age)

    def remove_leftover(self, name: str) -> None:
        """As `Place.remove_leftover`."""
        require_within(INCOMING, name)
        self._delete(name)

    def leave_mark(self) -> str:
        """As `Place.leave_mark`."""
        name = f"{INCOMING}/{uuid4().hex}"
        with _said("-"):
            obstore.put(self._store, name, name.encode(), use_multipart=False)
        return name

    def has_mark(self, name: str) -> bool:
        """As `Place.has_mark`."""
        require_within(INCOMING, name)
        try:
            with _said("-"):
                obstore.head(self._store, name)
        except BlobMissing:
            return False
        return True

    def set_aside(self, organization_id: UUID, digest: str, name: str) -> None:
        """As `Place.set_aside`."""
        require_within(ASIDE, name)
        key = key_of(organization_id, digest)
        size = self.size(organization_id, digest)
        with _said(digest):
            if size is not None and size > LARGEST_COPY:
                with ahead(self._pieces(key, digest)) as pieces:
                    self._put_parts(name, pieces)
            else:
                obstore.copy(self._store, key, name)
            obstore.delete(self._store, key)

    def drop_aside(self, name: str) -> None:
        """As `Place.drop_aside`."""
        require_within(ASIDE, name)
        self._delete(name)

    def _sent(self, key: str, source: IO[bytes], expected: str | None, progress: Progress | None) -> Checksum:
        """Send everything to one key. The last part is not sent before the digest is known to be right."""
        running = checksums.Running()
        first = _read(source, PART_BYTES)
        if len(first) < PART_BYTES:
            running.update(first)
            agree(running.checksum().digest, expected)
            with _said(expected or "-"):
                obstore.put(self._store, key, first, use_multipart=False)
            if progress is not None:
                progress(len(first))
            return running.checksum()
        failure: list[Exception] = []

        def parts() -> Iterator[bytes]:
            part = first
            try:
                while part:
                    running.update(part)
                    following = _read(source, PART_BYTES)
                    if not following:
                        agree(running.checksum().digest, expected)
                    yield part
                    if progress is not None:
                        progress(len(part))
                    part = following
            except (BlobCorrupt, OSError) as error:
                failure.append(error)
                raise

        try:
            with _said(expected or "-"), ahead(parts()) as read:
                self._put_parts(key, read)
        except (StorageUnavailable, BlobCorrupt):
            if failure and isinstance(failure[0], OSError):
                raise _error(failure[0]) from failure[0]
            if failure:
                raise failure[0] from None
            raise
        return running.checksum()

    def _put_parts(self, key: str, parts: Iterator[bytes]) -> None:
        obstore.put(self._store, key, parts, use_multipart=True, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE)

    def _copied(self, draft: str, key: str, checksum: Checksum) -> None:
        """Give a draft its name. The storage copies it; one too large for that passes through here a second time."""
        if checksum.size_bytes <= LARGEST_COPY:
            with _said(checksum.digest):
                obstore.copy(self._store, draft, key)
            return
        with as_file(self._pieces(draft, checksum.digest)) as reading:
            self._sent(key, reading, checksum.digest, None)

    def _stored(self, key: str, checksum: Checksum) -> None:
        """Raise `BlobCorrupt`, and leave nothing, where the storage does not hold what was sent to it."""
        with _said(checksum.digest):
            size = int(obstore.head(self._store, key)["size"])
        if size != checksum.size_bytes:
            self._delete(key)
            raise BlobCorrupt(digest=checksum.digest, found=f"{size} B")

    def _delete(self, key: str) -> None:
        try:
            with _said(key):
                obstore.delete(self._store, key)
        except BlobMissing:
            return

    def _cleared(self, key: str) -> None:
        """Remove a draft; where the storage is away it stays, and `coverslip check` names it."""
        try:
            self._delete(key)
        except StorageUnavailable:
            return

    def _entries(self, prefix: str | None) -> Iterator[Any]:
        with _said("-"):
            for batch in obstore.list(self._store, prefix=prefix):
                yield from batch


def _read(source: IO[bytes], count: int) -> bytes:
    """Exactly `count` bytes unless the source ends. Raises `StorageUnavailable` where it cannot be read."""
    pieces, missing = [], count
    try:
        while missing and (piece := source.read(min(missing, CHUNK_BYTES))):
            pieces.append(piece)
            missing -= len(piece)
    except OSError as error:
        raise _error(error) from error
    return b"".join(pieces)


def _error(error: OSError) -> StorageFull | StorageUnavailable:
    if is_full(error):
        return StorageFull(folder=str(error.filename or "-"))
    return StorageUnavailable(problem=system_problem(error))


@contextmanager
def _said(digest: str) -> Iterator[None]:
    """Turn the store's errors into ours."""
    try:
        yield
    except (FileNotFoundError, NotFoundError) as error:
        raise BlobMissing(digest=digest) from error
    except (OSError, BaseError) as error:
        raise StorageUnavailable(problem="storage_refused", technical=str(error).splitlines()[0]) from error

"""Files that are still arriving, on the disk: the offset of an upload is the size of its file, nothing else.

A part is locked while it is written (`flock`: a killed process holds none). What a client was told has arrived is on
the disk (`fsync` before the answer); what came before a cut connection is flushed, too, and after `kill -9` the system
still holds it. Bytes that come with a checksum count only once it has been compared: until then a mark beside the part
says from where, and whoever opens the part next cuts it back there.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from coverslip.errors import system_problem
from coverslip.ingest.upload_errors import (
    UploadBusy,
    UploadChecksumWrong,
    UploadDiskFull,
    UploadGone,
    UploadOffsetWrong,
    UploadTooMuch,
)
from coverslip.storage.errors import StorageUnavailable, is_full

CHECKSUMS = ("sha256", "sha1")
"""Algorithms of the tus checksum extension; the protocol asks for sha1."""
FLUSH_BYTES = 1 << 20
"""Bytes kept in memory before they are written."""


@dataclass(frozen=True, slots=True)
class PartId:
    """Where a part lies: hospital, batch, upload."""

    organization_id: UUID
    batch_id: UUID
    upload_id: UUID


@dataclass(frozen=True, slots=True)
class Expected:
    """The checksum that the bytes of one request must have: algorithm of `CHECKSUMS`, and digest."""

    algorithm: str
    digest: bytes


class Spool:
    """The folder of unfinished uploads of one installation; one folder a hospital and batch in it."""

    def __init__(self, folder: Path, reserve_bytes: int = 0) -> None:
        """`reserve_bytes`: left free on the disk for what else has to go on."""
        self.folder, self._reserve_bytes = folder, reserve_bytes

    def create(self, part: PartId) -> None:
        """Make an empty part. Raises `UploadDiskFull`, `StorageUnavailable`."""
        path = self._path(part)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            _fsync_folder(path.parent)
        except OSError as error:
            raise _as_fault(error) from error

    def offset(self, part: PartId) -> int:
        """Bytes that have arrived. Raises `UploadGone` where the part is no longer there."""
        path = self._path(part)
        if _mark(path).exists():
            try:
                with _Locked(path) as held:
                    return _settle(path, held.descriptor)
            except UploadBusy:
                return _marked(path) or 0
        try:
            return path.stat().st_size
        except FileNotFoundError as error:
            raise UploadGone() from error

    def write(self, part: PartId, offset: int, size_bytes: int, expected: Expected | None = None) -> PartWriter:
        """Go on writing at `offset`; only there, and by one request at a time.

        Raises `UploadGone`, `UploadBusy`, `UploadOffsetWrong`, `StorageUnavailable`.
        """
        return PartWriter(self._path(part), offset, size_bytes, expected)

    def require_room(self, size_bytes: int) -> None:
        """Raise `UploadDiskFull` where the disk has no room for so many bytes more."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise _as_fault(error) from error
        if free < size_bytes + self._reserve_bytes:
            raise UploadDiskFull(free_gb=round(free / 1e9, 1))

    def lay_out(self, organization_id: UUID, batch_id: UUID, names: Iterable[tuple[UUID, str]]) -> Path:
        """Give the parts of a batch their names in a folder of their own; doing it again changes nothing.

        Raises `UploadGone` where a part is missing, `StorageUnavailable`.
        """
        root = self._batch(organization_id, batch_id) / "files"
        for upload_id, name in names:
            part, target = self._path(PartId(organization_id, batch_id, upload_id)), root / name
            try:
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                part.rename(target)
            except FileNotFoundError as error:
                if not target.is_file():
                    raise UploadGone() from error
            except OSError as error:
                raise _as_fault(error) from error
        return root

    def remove_part(self, part: PartId) -> None:
        """Forget what arrived of one file. Raises `UploadBusy` while it is being written."""
        path = self._path(part)
        try:
            with _Locked(path):
                _mark(path).unlink(missing_ok=True)
                path.unlink(missing_ok=True)
        except UploadGone:
            return

    def remove_batch(self, organization_id: UUID, batch_id: UUID) -> None:
        """Forget every file of a batch."""
        shutil.rmtree(self._batch(organization_id, batch_id), ignore_errors=True)

    def batches(self, organization_id: UUID, older_than: timedelta) -> list[UUID]:
        """Batches whose folder was made longer ago than this."""
        folder, latest = self.folder / str(organization_id), time.time() - older_than.total_seconds()
        found = [path for path in folder.iterdir() if _is_uuid(path.name)] if folder.is_dir() else []
        return [UUID(path.name) for path in found if path.stat().st_mtime < latest]

    def _batch(self, organization_id: UUID, batch_id: UUID) -> Path:
        return self.folder / str(organization_id) / str(batch_id)

    def _path(self, part: PartId) -> Path:
        return self._batch(part.organization_id, part.batch_id) / f"{part.upload_id}.part"


class PartWriter:
    """Appends to one part and holds its lock; ends by `finish` or by `abandon`.

    `append` keeps bytes until there are `FLUSH_BYTES` of them and then says so; every other method writes to the disk
    and belongs in a thread.
    """

    def __init__(self, path: Path, offset: int, size_bytes: int, expected: Expected | None) -> None:
        self._path, self._size, self._expected = path, size_bytes, expected
        self._hash = hashlib.new(expected.algorithm) if expected else None
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._locked = _Locked(path)
        try:
            self.offset = _settle(path, self._locked.descriptor)
            if self.offset != offset:
                raise UploadOffsetWrong(offset=self.offset, given=offset)
            if expected is not None:
                _set_mark(path, offset)
        except BaseException:
            self._locked.close()
            raise

    def append(self, chunk: bytes) -> bool:
        """Keep bytes to be written; True when `flush` is due. Raises `UploadTooMuch` beyond the announced size."""
        self._waiting_bytes += len(chunk)
        if self.offset + self._waiting_bytes > self._size:
            self._waiting_bytes -= len(chunk)
            raise UploadTooMuch(size_bytes=self._size)
        self._waiting.append(chunk)
        return self._waiting_bytes >= FLUSH_BYTES

    def flush(self) -> None:
        """Write what waits. Raises `UploadDiskFull` (what had room is kept), `StorageUnavailable`."""
        waiting, self._waiting, self._waiting_bytes = b"".join(self._waiting), [], 0
        if self._hash is not None:
            self._hash.update(waiting)
        view = memoryview(waiting)
        try:
            while view:
                written = os.pwrite(self._locked.descriptor, view, self.offset)
                self.offset, view = self.offset + written, view[written:]
        except OSError as error:
            raise _as_fault(error) from error

    def finish(self) -> int:
        """Write the rest, compare the checksum, bring it to the disk, let go; the new offset.

        Raises `UploadChecksumWrong` (nothing of the request is kept), `UploadDiskFull`, `StorageUnavailable`.
        """
        try:
            self.flush()
            if self._hash is not None and self._expected is not None:
                if self._hash.digest() != self._expected.digest:
                    raise UploadChecksumWrong(algorithm=self._expected.algorithm)
                os.fsync(self._locked.descriptor)
                _mark(self._path).unlink()
            else:
                os.fsync(self._locked.descriptor)
        except OSError as error:
            raise _as_fault(error) from error
        finally:
            self._let_go()
        return self.offset

    def abandon(self) -> None:
        """Keep what came before the connection was cut, unless a checksum over it can no longer be compared."""
        try:
            if self._expected is None:
                self.flush()
                os.fsync(self._locked.descriptor)
        except UploadDiskFull:
            pass  # what had room is kept; the next request says that there is none
        finally:
            self._let_go()

    def _let_go(self) -> None:
        try:
            _settle(self._path, self._locked.descriptor)
        finally:
            self._locked.close()


class _Locked:
    """An open part that nobody else writes. Raises `UploadGone`, `UploadBusy`."""

    def __init__(self, path: Path) -> None:
        try:
            self.descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError as error:
            raise UploadGone() from error
        except OSError as error:
            raise _as_fault(error) from error
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self.descriptor)
            raise UploadBusy(seconds=2) from error

    def close(self) -> None:
        """Let others write."""
        os.close(self.descriptor)

    def __enter__(self) -> _Locked:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def parse_checksum(header: str) -> Expected | None:
    """The header `Upload-Checksum`; None where it names no algorithm of `CHECKSUMS` or holds no digest of it."""
    algorithm, _, text = header.strip().partition(" ")
    try:
        digest = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    if algorithm not in CHECKSUMS or len(digest) != hashlib.new(algorithm).digest_size:
        return None
    return Expected(algorithm, digest)


def _settle(path: Path, descriptor: int) -> int:
    """Cut off what was never compared with its checksum; the size then. The part must be locked."""
    marked = _marked(path)
    if marked is not None:
        if os.fstat(descriptor).st_size > marked:
            os.ftruncate(descriptor, marked)
            os.fsync(descriptor)
        _mark(path).unlink(missing_ok=True)
    return os.fstat(descriptor).st_size


def _mark(path: Path) -> Path:
    return path.with_suffix(".unverified")


def _marked(path: Path) -> int | None:
    try:
        text = _mark(path).read_text()
    except FileNotFoundError:
        return None
    return int(text) if text.isdigit() else 0


def _set_mark(path: Path, offset: int) -> None:
    descriptor = os.open(_mark(path), os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, str(offset).encode())
        os.fsync(descriptor)
    except OSError as error:
        raise _as_fault(error) from error
    finally:
        os.close(descriptor)
    _fsync_folder(path.parent)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _as_fault(error: OSError) -> UploadDiskFull | StorageUnavailable:
    if is_full(error):
        return UploadDiskFull(free_gb=0)
    return StorageUnavailable(problem=system_problem(error))


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False

"""One blob of object storage in the local cache: a sparse file with the same bytes at the same places.

Beside it lies a map with a CRC-32 for each block that has arrived (zero: not yet). Any number of processes read and
fill the same pair: they write the same bytes. A block is compared with its CRC once by each process before it is used,
so that what a power failure or a failing disk left behind is fetched again and not shown.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import mmap
import os
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from coverslip.errors import system_problem
from coverslip.storage.errors import BlobCorrupt, StorageFull, StorageUnavailable, is_full

logger = logging.getLogger(__name__)

BLOCK_BYTES = 128 * 1024
MOST_AT_ONCE = 64
"""Blocks asked for in one request: 8 MiB."""
LOOK_SECONDS = 1.0
"""How long a blob that another process has thrown out of the cache may still be read from here."""
TOUCH_SECONDS = 30.0

_HEAD = struct.Struct("<8sIIQ")
_MAGIC = b"CVSLMAP1"
_CRC = struct.Struct("<I")
_WHOLE = struct.pack("<Q", 1)

Fetch = Callable[[int, int], bytes]
"""Bytes from the storage: start, length."""


class CannotKeep(Exception):
    """The cache's disk takes nothing; the bytes have to be used without being kept."""


class _Files:
    """The pair of files as one generation of them is open here; closed when the last reader lets go of it."""

    def __init__(self, path: Path, size: int) -> None:
        """Raises OSError."""
        self.blocks = -(-size // BLOCK_BYTES)
        self.good = bytearray(self.blocks)
        self._descriptors: list[int] = []
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self.data = self._kept(os.open(path, flags, 0o600))
        self.map_file = self._kept(os.open(map_of(path), flags, 0o600))
        length = _HEAD.size + _CRC.size * self.blocks
        head = _HEAD.pack(_MAGIC, BLOCK_BYTES, self.blocks, 0)
        known = os.pread(self.map_file, _HEAD.size, 0)
        if not any(known):
            os.ftruncate(self.map_file, length)
            os.pwrite(self.map_file, head, 0)
        elif known[:16] != head[:16] or os.fstat(self.map_file).st_size != length:
            raise _OfAnotherKind
        if os.fstat(self.data).st_size != size:
            os.ftruncate(self.data, size)
        self.map = mmap.mmap(self.map_file, length)

    def _kept(self, descriptor: int) -> int:
        self._descriptors.append(descriptor)
        return descriptor

    def __del__(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)

    @classmethod
    def opened(cls, path: Path, size: int) -> Self:
        """Raises `StorageFull`, `StorageUnavailable`."""
        try:
            try:
                return cls(path, size)
            except _OfAnotherKind:
                path.unlink(missing_ok=True)
                map_of(path).unlink(missing_ok=True)
                return cls(path, size)
        except OSError as error:
            if is_full(error):
                raise StorageFull(folder=str(path.parent)) from error
            raise StorageUnavailable(problem=system_problem(error)) from error

    @property
    def here(self) -> bool:
        """Whether no process has thrown them out."""
        return os.fstat(self.map_file).st_nlink > 0 and os.fstat(self.data).st_nlink > 0

    @property
    def whole(self) -> bool:
        """Whether everything is here and was compared with the digest."""
        return self.map[16:24] == _WHOLE

    def is_good(self, block: int) -> bool:
        """Whether a block is here as it was fetched."""
        if self.good[block]:
            return True
        at = _HEAD.size + _CRC.size * block
        (expected,) = _CRC.unpack_from(self.map, at)
        if expected == 0:
            return False
        if _crc(os.pread(self.data, BLOCK_BYTES, block * BLOCK_BYTES)) != expected:
            logger.warning("cache.block_damaged", extra={"block": block})
            self.map[16:24] = bytes(8)
            _CRC.pack_into(self.map, at, 0)
            return False
        self.good[block] = 1
        return True

    def keep(self, first: int, data: bytes) -> None:
        """Take fetched blocks in. Raises OSError."""
        view = memoryview(data)
        done = 0
        while done < len(data):
            done += os.pwrite(self.data, view[done:], first * BLOCK_BYTES + done)
        for number in range(-(-len(data) // BLOCK_BYTES)):
            crc = _crc(view[number * BLOCK_BYTES : (number + 1) * BLOCK_BYTES])
            _CRC.pack_into(self.map, _HEAD.size + _CRC.size * (first + number), crc)
            self.good[first + number] = 1


class _OfAnotherKind(Exception):
    """The map is of another size of blocks, or damaged."""


class CachedBlob:
    """May be used from many threads."""

    def __init__(self, data: Path, size: int, fetch: Fetch, written: Callable[[int], None]) -> None:
        """`data`: where the bytes lie; `written` is told the bytes added to the cache. Raises `StorageUnavailable`."""
        self.path = data
        self.size = size
        self._fetch, self._written = fetch, written
        self._lock = threading.Lock()
        self._arriving: dict[int, threading.Event] = {}
        self._pins: list[_Files] = []
        self._look_at = self._touched = 0.0
        self._files: _Files | None = None

    def read_now(self, start: int, length: int) -> bytes | None:
        """The bytes where all of them are here, without waiting for anything; else None."""
        files = self._files
        if files is None or start < 0 or start + length > self.size or time.monotonic() >= self._look_at:
            return None
        for block in range(start // BLOCK_BYTES, (start + length - 1) // BLOCK_BYTES + 1):
            if not files.good[block]:
                return None
        return os.pread(files.data, length, start)

    def read_at(self, start: int, length: int) -> bytes:
        """Up to `length` bytes from `start`, fetched where they are not here; fewer only at the blob's end.

        Raises `BlobMissing`, `StorageUnavailable`. Where the cache's disk is full, nothing is kept.
        """
        length = max(0, min(length, self.size - start))
        if length == 0:
            return b""
        first, last = start // BLOCK_BYTES, (start + length - 1) // BLOCK_BYTES
        pieces = []
        for begin in range(first, last + 1, MOST_AT_ONCE):
            end = min(last, begin + MOST_AT_ONCE - 1)
            from_, to = max(start, begin * BLOCK_BYTES), min(start + length, (end + 1) * BLOCK_BYTES)
            try:
                files = self._here()
                self._ensure(files, begin, end)
                pieces.append(os.pread(files.data, to - from_, from_))
            except (CannotKeep, StorageFull):
                pieces.append(self._fetch(from_, to - from_))
        return b"".join(pieces)

    def whole(self, digest: str) -> Path:
        """The whole blob as a file: what is missing is fetched, then everything is compared with its digest.

        Raises `BlobCorrupt`, `BlobMissing`, `StorageFull`, `StorageUnavailable`.
        """
        files = self._here()
        if files.whole:
            return self.path
        try:
            for first in range(0, files.blocks, MOST_AT_ONCE):
                self._ensure(files, first, min(files.blocks, first + MOST_AT_ONCE) - 1)
        except CannotKeep as error:
            raise StorageFull(folder=str(self.path.parent)) from error
        found = hashlib.sha256()
        for start in range(0, self.size, 8 * 1024 * 1024):
            found.update(os.pread(files.data, 8 * 1024 * 1024, start))
        if found.hexdigest() != digest:
            self.forget()
            raise BlobCorrupt(digest=digest, found=found.hexdigest())
        files.map[16:24] = _WHOLE
        return self.path

    def pin(self) -> None:
        """Keep it in the cache until `unpin`, whatever process wants the room; ends with this process."""
        while True:
            files = self._here(look=True)
            fcntl.flock(files.map_file, fcntl.LOCK_SH)
            if files.here:
                with self._lock:
                    self._pins.append(files)
                return

    def unpin(self) -> None:
        """Undo one `pin`."""
        with self._lock:
            files = self._pins.pop()
            if not self._pins:
                fcntl.flock(files.map_file, fcntl.LOCK_UN)

    @property
    def pinned(self) -> bool:
        """Whether somebody in this process needs the file."""
        return bool(self._pins)

    def forget(self) -> None:
        """Remove it from the cache."""
        self.path.unlink(missing_ok=True)
        map_of(self.path).unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Give the files back; they are opened again where they are needed again."""
        with self._lock:
            self._files = None

    def _here(self, *, look: bool = False) -> _Files:
        """The files as they are in the cache now; looked for again every second."""
        now = time.monotonic()
        with self._lock:
            files = self._files
            if files is not None and now < self._look_at and not look:
                return files
            if files is None or not files.here:
                files = self._files = _Files.opened(self.path, self.size)
            self._look_at = now + LOOK_SECONDS
            if now - self._touched > TOUCH_SECONDS:
                self._touched = now
                os.utime(files.map_file)
            return files

    def _ensure(self, files: _Files, first: int, last: int) -> None:
        """Have these blocks here. Two that want the same block ask for it once. Raises `CannotKeep`."""
        while True:
            with self._lock:
                missing = [block for block in range(first, last + 1) if not files.is_good(block)]
                if not missing:
                    return
                mine = [block for block in missing if block not in self._arriving]
                waiting = None if mine else self._arriving[missing[0]]
                arrived = threading.Event()
                self._arriving.update(dict.fromkeys(mine, arrived))
            if waiting is not None:
                waiting.wait()
                continue
            try:
                for run in _runs(mine):
                    self._take(files, run[0], run[-1])
            finally:
                with self._lock:
                    for block in mine:
                        del self._arriving[block]
                arrived.set()

    def _take(self, files: _Files, first: int, last: int) -> None:
        start = first * BLOCK_BYTES
        data = self._fetch(start, min(self.size, (last + 1) * BLOCK_BYTES) - start)
        try:
            files.keep(first, data)
        except OSError as error:
            raise CannotKeep from error
        self._written(len(data))


def map_of(data: Path) -> Path:
    """The map beside a data file."""
    return data.with_suffix(".map")


def _crc(data: bytes | memoryview) -> int:
    """CRC-32, never the zero that means absent."""
    return zlib.crc32(data) or 1


def _runs(blocks: list[int]) -> Iterator[list[int]]:
    """Neighbouring numbers together."""
    run: list[int] = []
    for block in blocks:
        if run and block != run[-1] + 1:
            yield run
            run = []
        run.append(block)
    if run:
        yield run

"""The bounded local cache of what is read from object storage, shared by the processes of one machine.

The blobs that nobody has read for longest go first, whole; one that a decoder needs as a file is pinned and stays. What
is in it survives a restart, and losing all of it loses nothing.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from coverslip.errors import system_problem
from coverslip.storage.cached_blob import CachedBlob, Fetch, map_of
from coverslip.storage.errors import CacheFull, StorageUnavailable

OPEN_BLOBS = 256
LOOK_EVERY = 64
"""The folder is looked over when this part of the limit was written by one process since."""

_FULL, _ROOM = 7 / 8, 3 / 4
"""Blobs are thrown out above the first part of the limit, until the second is reached: what several processes write
between two looks fits into the rest."""


class Cache:
    """May be used from many threads and by many processes at once."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        """Raises `StorageUnavailable` where the folder cannot be made."""
        self.folder = folder.absolute()
        self.limit_bytes = limit_bytes
        self._open: OrderedDict[str, CachedBlob] = OrderedDict()
        self._pinned: dict[Path, list[CachedBlob]] = {}
        self._lock = threading.Lock()
        self._since_look = limit_bytes
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageUnavailable(problem=system_problem(error)) from error

    def blob(self, organization_id: UUID, digest: str, size: Callable[[], int], fetch: Fetch) -> CachedBlob:
        """The blob in the cache, not yet with all or any of its bytes; `size` is asked once. Raises what they raise."""
        name = f"{organization_id}-{digest}"
        with self._lock:
            known = self._open.get(name)
            if known is not None:
                self._open.move_to_end(name)
                return known
        made = CachedBlob(self.folder / f"{name}.data", size(), fetch, self._wrote)
        with self._lock:
            known = self._open.setdefault(name, made)
            surplus = self._surplus()
        if known is not made:
            made.close()
        for blob in surplus:
            blob.close()
        return known

    def whole(self, blob: CachedBlob, digest: str, folder: Path) -> Path:
        """The blob as a file, kept until `release(folder)` or until that folder is gone.

        Raises `CacheFull` and as `CachedBlob.whole`.
        """
        self._release_gone()
        if blob.size > self.limit_bytes * _FULL:
            raise self._full(blob)
        blob.pin()
        try:
            room, own = int(self.limit_bytes * _FULL) - blob.size, _occupied(blob.path)
            if self.used() - own > room and self.trim(room + own) - own > room:
                raise self._full(blob)
            path = blob.whole(digest)
        except BaseException:
            blob.unpin()
            raise
        with self._lock:
            self._pinned.setdefault(folder, []).append(blob)
        return path

    def release(self, folder: Path) -> None:
        """What was kept for this folder may go; nothing happens where nothing was."""
        with self._lock:
            blobs = self._pinned.pop(folder, [])
        for blob in blobs:
            blob.unpin()

    def _release_gone(self) -> None:
        with self._lock:
            gone = [folder for folder in self._pinned if not folder.exists()]
        for folder in gone:
            self.release(folder)

    def _full(self, blob: CachedBlob) -> CacheFull:
        return CacheFull(needed_mb=blob.size // 1_000_000 + 1, limit_mb=self.limit_bytes // 1_000_000)

    def forget(self, organization_id: UUID, digest: str) -> None:
        """Remove a blob from the cache, such as one that was deleted or repaired in its store."""
        name = f"{organization_id}-{digest}"
        with self._lock:
            blob = self._open.pop(name, None)
        if blob is not None:
            blob.forget()
            blob.close()
        else:
            (self.folder / f"{name}.data").unlink(missing_ok=True)
            (self.folder / f"{name}.map").unlink(missing_ok=True)

    def trim(self, most_bytes: int | None = None) -> int:
        """Throw out what was not read for longest until at most `most_bytes` are left; returns what is left.

        Without a number: to three quarters of the limit, where seven eighths are in use.
        """
        most = self.limit_bytes * _ROOM if most_bytes is None else most_bytes
        lock = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entries = sorted(self._entries())
            used = sum(size for _, size, _ in entries)
            if most_bytes is None and used <= self.limit_bytes * _FULL:
                return used
            for _, size, data in entries:
                if used <= most:
                    break
                if _thrown_out(data):
                    used -= size
            return used
        finally:
            os.close(lock)

    def close(self) -> None:
        """Give files back; what is cached stays."""
        with self._lock:
            blobs, self._open = list(self._open.values()), OrderedDict()
        for blob in blobs:
            blob.close()

    def _surplus(self) -> list[CachedBlob]:
        surplus = []
        for name in list(self._open):
            if len(self._open) <= OPEN_BLOBS:
                break
            if not self._open[name].pinned:
                surplus.append(self._open.pop(name))
        return surplus

    def _wrote(self, count: int) -> None:
        with self._lock:
            self._since_look += count
            look = self._since_look >= self.limit_bytes / LOOK_EVERY
            self._since_look = 0 if look else self._since_look
        if look:
            self.trim()

    def used(self) -> int:
        """Bytes that the cache takes on the disk."""
        return sum(size for _, size, _ in self._entries())

    def _entries(self) -> list[tuple[float, int, Path]]:
        """When each blob was read last, the bytes it takes on the disk, and its data file."""
        found = []
        for data in self.folder.glob("*.data"):
            try:
                found.append((map_of(data).stat().st_mtime, _occupied(data), data))
            except FileNotFoundError:
                data.unlink(missing_ok=True)
        return found


def _occupied(data: Path) -> int:
    """Bytes on the disk, which are fewer than the file's size where blocks are missing."""
    try:
        return data.stat().st_blocks * 512 + map_of(data).stat().st_blocks * 512
    except FileNotFoundError:
        return 0


def _thrown_out(data: Path) -> bool:
    """Remove a blob unless somebody has it pinned."""
    try:
        descriptor = os.open(map_of(data), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        data.unlink(missing_ok=True)
        map_of(data).unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)

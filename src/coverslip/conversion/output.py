"""Results appear under their name only when they are complete and on the disk."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coverslip.conversion.errors import DiskFull, OutputExists, OutputNotWritable

MEGABYTE = 1024 * 1024
SPARE_BYTES = 16 * MEGABYTE
"""Left free beside the result."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to write into that becomes `target` when the block ends well, and vanishes when it does not.

    `target` must not exist, or be an empty folder. Raises `OutputExists`, `OutputNotWritable`, `DiskFull`.
    """
    target = target.absolute()
    with disk_errors(target):
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise OutputExists(file=str(target))
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}-", suffix=".part", dir=target.parent))
        try:
            made.chmod(0o777 & ~_umask())
            yield made
            synced(made)
            try:
                made.rename(target)  # POSIX: takes the place of an empty folder, and of nothing else
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                    raise OutputExists(file=str(target)) from error
                raise
            synced(target.parent)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """As `new_folder`, for one file; an existing file is never replaced."""
    target = target.absolute()
    with disk_errors(target):
        if target.exists():
            raise OutputExists(file=str(target))
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}-", suffix=".part", dir=target.parent)
        os.close(handle)
        made = Path(name)
        try:
            made.chmod(0o666 & ~_umask())
            yield made
            synced(made)
            try:
                os.link(made, target)  # unlike a rename, never takes the place of a file made meanwhile
            except FileExistsError as error:
                raise OutputExists(file=str(target)) from error
            synced(target.parent)
        finally:
            made.unlink(missing_ok=True)


@contextmanager
def disk_errors(target: Path) -> Iterator[None]:
    """Turns what a disk says into an error with words; others pass."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull(file=str(target), needed_mb=0, free_mb=free_bytes(target) // MEGABYTE) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST):
            raise OutputNotWritable(file=str(target), reason=os.strerror(error.errno)) from error
        raise


def require_room(folder: Path, needed: int, target: Path) -> None:
    """Before a byte is written. Raises `DiskFull` where `needed` bytes do not fit."""
    free = free_bytes(folder)
    if needed + SPARE_BYTES > free:
        raise DiskFull(file=str(target), needed_mb=-(-needed // MEGABYTE), free_mb=free // MEGABYTE)


def free_bytes(path: Path) -> int:
    """On the disk of the nearest folder that exists."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def synced(path: Path) -> None:
    """Ask the system to bring a file or a folder's list of names to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    """What the process withholds from new files; Linux tells it without a change."""
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return 0o077

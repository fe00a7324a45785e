"""SHA-256 of files, computed while they are copied."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

CHUNK_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Checksum:
    """Digest (SHA-256, lower-case hex) and size of some bytes."""

    digest: str
    size_bytes: int


class Running:
    """A checksum in the making."""

    def __init__(self) -> None:
        self._digest, self._size = hashlib.sha256(), 0

    def update(self, chunk: bytes) -> None:
        """Take the next bytes in."""
        self._digest.update(chunk)
        self._size += len(chunk)

    def checksum(self) -> Checksum:
        """The checksum of everything so far."""
        return Checksum(self._digest.hexdigest(), self._size)


def of_bytes(data: bytes) -> Checksum:
    """Checksum of bytes in memory."""
    return Checksum(hashlib.sha256(data).hexdigest(), len(data))


def of_file(path: Path, progress: Callable[[int], None] | None = None) -> Checksum:
    """Checksum of a file; `progress` is told the bytes of each chunk."""
    with path.open("rb") as source:
        return _pump(source, None, progress)


def of_stream(source: IO[bytes]) -> Checksum:
    """Checksum of what is read from `source` to its end."""
    return _pump(source, None, None)


def copy(source: Path, target: Path, progress: Callable[[int], None] | None = None) -> Checksum:
    """Copy a file and compute its checksum in one pass; the copy is on the disk when this returns.

    Raises OSError; a target begun by then is the caller's to remove.
    """
    with source.open("rb") as reading:
        return copy_stream(reading, target, progress)


def copy_stream(source: IO[bytes], target: Path, progress: Callable[[int], None] | None = None) -> Checksum:
    """As `copy`, from an open file to its end."""
    with target.open("xb") as writing:
        checksum = _pump(source, writing, progress)
        writing.flush()
        os.fsync(writing.fileno())
    return checksum


def _pump(source: IO[bytes], target: IO[bytes] | None, progress: Callable[[int], None] | None) -> Checksum:
    running = Running()
    while chunk := source.read(CHUNK_BYTES):
        running.update(chunk)
        if target is not None:
            target.write(chunk)
        if progress is not None:
            progress(len(chunk))
    return running.checksum()

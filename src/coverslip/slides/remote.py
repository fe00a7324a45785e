"""Slides whose bytes lie in object storage, in a decoder process that has no network.

Such a slide has a path below `ROOT` that exists on no disk. The server sends the names and sizes of its files with each
request; the decoder asks for ranges over the socket on which the request came, and the server answers from its cache or
the storage, for files of that slide only. `open_source`, `is_folder` and `list_folder` of `source` know these paths.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

ROOT = "/coverslip-remote/"
"""Then `<organization>/<content digest>/<relative name>`."""
LONGEST_RANGE = 64 * 1024 * 1024
"""Bytes asked for at once."""
CHUNK_BYTES = 64 * 1024
CHUNKS_KEPT = 64
"""For each open file: small reads near each other are one question."""

Ask = Callable[[str, int, int], bytes]
"""Path, offset, length; raises OSError."""


class Ranges(Protocol):
    """The server's side: what a decoder may ask for. May be used from many threads."""

    def sizes(self, path: str) -> Mapping[str, int]:
        """Path and size of every file of the slide at this path. Raises `SlideMissing`."""
        ...

    def read(self, path: str, offset: int, length: int) -> bytes:
        """A range of one of them. Raises `StorageUnavailable`, `BlobMissing`."""
        ...


def is_remote(path: str | os.PathLike[str]) -> bool:
    """Whether a path is that of a slide in object storage."""
    return os.fspath(path).startswith(ROOT)


class RemoteFiles:
    """The decoder's side: the files it was told of, and whom to ask."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._ask: Ask | None = None

    def serve(self, sizes: Mapping[str, int], ask: Ask) -> None:
        """For the request at hand: these files may be asked for."""
        self._sizes, self._ask = dict(sizes), ask

    def size(self, path: str) -> int | None:
        """Bytes of a file, None where there is no such file."""
        return self._sizes.get(path)

    def is_folder(self, path: str) -> bool:
        """Whether files lie below this path."""
        return any(name.startswith(f"{path}/") for name in self._sizes)

    def listed(self, path: str) -> list[Path]:
        """The files directly in a folder, sorted by name."""
        return sorted(Path(name) for name in self._sizes if name.rpartition("/")[0] == path)

    def read(self, path: str, offset: int, length: int) -> bytes:
        """A range of a file. Raises OSError."""
        if self._ask is None or path not in self._sizes:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        pieces = []
        for start in range(offset, offset + length, LONGEST_RANGE):
            wanted = min(LONGEST_RANGE, offset + length - start)
            piece = self._ask(path, start, wanted)
            if len(piece) != wanted:
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
            pieces.append(piece)
        return b"".join(pieces)


FILES = RemoteFiles()
"""Those of this process."""


class RemoteSource:
    """One file of object storage as a `Source`."""

    def __init__(self, path: Path) -> None:
        """Raises FileNotFoundError."""
        self._path = str(path)
        size = FILES.size(self._path)
        if size is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path.name)
        self.name = path.name
        self.size = size
        self._chunks: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def read_at(self, offset: int, length: int) -> bytes:
        """As `Source.read_at`."""
        length = max(0, min(length, self.size - offset))
        if length == 0:
            return b""
        if length >= 2 * CHUNK_BYTES:
            with self._lock:
                return FILES.read(self._path, offset, length)
        first, last = offset // CHUNK_BYTES, (offset + length - 1) // CHUNK_BYTES
        with self._lock:
            data = b"".join(self._chunk(number) for number in range(first, last + 1))
        start = offset - first * CHUNK_BYTES
        return data[start : start + length]

    def close(self) -> None:
        """Forget what was read; calling it again does nothing."""
        with self._lock:
            self._chunks.clear()

    def _chunk(self, number: int) -> bytes:
        kept = self._chunks.get(number)
        if kept is not None:
            self._chunks.move_to_end(number)
            return kept
        start = number * CHUNK_BYTES
        made = self._chunks[number] = FILES.read(self._path, start, min(CHUNK_BYTES, self.size - start))
        if len(self._chunks) > CHUNKS_KEPT:
            self._chunks.popitem(last=False)
        return made

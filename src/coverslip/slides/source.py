"""The bytes of a slide's file, read by place: a local file today, ranges of an object in a store tomorrow.

Readers of our own ask a `Source` for bytes and never open a file themselves, so the same reader serves a slide that
lies on the disk and one that lies in object storage and is read by range without being copied first.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from coverslip.slides import remote
from coverslip.slides.errors import SlideMissing


class Source(Protocol):
    """One file's bytes. May be read from several threads; closed after use."""

    @property
    def name(self) -> str:
        """The file's own name, for messages."""
        ...

    @property
    def size(self) -> int:
        """Bytes in all."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; fewer only where the file ends. Raises `OSError`."""
        ...

    def close(self) -> None:
        """Give it back; calling it again does nothing."""
        ...


class LocalSource:
    """A file on a disk, read by `os.pread`."""

    def __init__(self, path: Path) -> None:
        """Raises `SlideMissing`."""
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise SlideMissing(file=path.name) from error
        self.name = path.name
        self.size = os.fstat(self._descriptor).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        """As `Source.read_at`."""
        data = os.pread(self._descriptor, length, offset)
        if len(data) == length or offset + len(data) >= self.size:
            return data
        # The kernel gives at most 2 GiB at a time, and less where a signal came between.
        pieces = [data]
        done = len(data)
        while done < length and (piece := os.pread(self._descriptor, length - done, offset + done)):
            pieces.append(piece)
            done += len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Give the file back; calling it again does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SourceFile(io.RawIOBase):
    """A source as the seekable binary file that tifffile and pydicom want; closing it leaves the source open."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._position = 0
        self.name = source.name

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """Bytes from the start."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of every file. Raises ValueError before the start."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the start of the file")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]  # any writable buffer
        """Fill the buffer from where the file stands; 0 at its end."""
        view = memoryview(buffer).cast("B")
        data = self._source.read_at(self._position, len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


def is_folder(path: Path) -> bool:
    """Whether this is a folder of files, such as those of one DICOM slide."""
    return remote.FILES.is_folder(str(path)) if remote.is_remote(path) else path.is_dir()


def list_folder(path: Path) -> list[Path]:
    """The files directly in a folder, sorted by name; folders in it are left out. Raises `OSError`."""
    if remote.is_remote(path):
        return remote.FILES.listed(str(path))
    return sorted(entry for entry in path.iterdir() if entry.is_file())


def open_source(path: Path) -> Source:
    """The bytes of one file. Raises `SlideMissing`, `OSError`."""
    if not remote.is_remote(path):
        return LocalSource(path)
    try:
        return remote.RemoteSource(path)
    except FileNotFoundError as error:
        raise SlideMissing(file=path.name) from error


class _BoundedReader(io.BufferedReader):
    """Never makes room for more than the file holds, whatever length a damaged header asks for."""

    def __init__(self, source: Source) -> None:
        super().__init__(SourceFile(source))
        self._size = source.size

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self.tell())
        return super().read(left if size is None or size < 0 else min(size, left))


def as_file(source: Source) -> io.BufferedReader:
    """A buffered, seekable file over a source."""
    return _BoundedReader(source)

"""Tile indexes kept on the disk, so that a slide's stored tiles are served without a decoder looking at it again, and
without holding the places of a hundred thousand tiles in memory.

An index is worked out once, in the sandbox, by whichever process asks first; all processes of a machine share the
folder, which may be deleted at any time. File names are kept relative to the slide, because a slide in object storage
lies in another folder each time.
"""

from __future__ import annotations

import json
import logging
import os
import struct
from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import cast, overload

from coverslip.slides import wire
from coverslip.slides.tile_index import TileIndex

logger = logging.getLogger(__name__)

VERSION = 3
"""Part of every file's name; raised when a reader would give another index than before."""
MOST_BYTES = 512 * 1024 * 1024
"""On the disk: about 500 slides of 60,000 x 60,000 pixels."""
LENGTH_BYTES = 8
LONGEST_HEADER = 64 * 1024 * 1024


class HeldFile:
    """An open file that is closed when nobody holds it any more, so that nobody ever reads from another one."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self.descriptor = -1
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size_bytes = os.fstat(self.descriptor).st_size

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)


class DiskColumn(Sequence[int]):
    """Numbers that stay on the disk, each read when it is asked for: 2 microseconds, and no memory.

    A slide of 60,000 x 60,000 pixels has a megabyte of them, and a department looks at hundreds of slides.
    """

    __slots__ = ("_at", "_count", "_held", "_number")

    def __init__(self, held: HeldFile, at: int, kind: str, count: int) -> None:
        """`count` numbers of the `array` type code `kind`, `at` bytes from the start of the file."""
        self._held, self._at, self._count = held, at, count
        self._number = struct.Struct("=" + kind)

    @property
    def size_bytes(self) -> int:
        """On the disk."""
        return self._count * self._number.size

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, position: int) -> int: ...

    @overload
    def __getitem__(self, position: slice) -> list[int]: ...

    def __getitem__(self, position: int | slice) -> int | list[int]:
        if isinstance(position, slice):
            return [self[number] for number in range(self._count)[position]]
        if not 0 <= position < self._count:
            raise IndexError(position)
        data = os.pread(self._held.descriptor, self._number.size, self._at + position * self._number.size)
        return int(self._number.unpack(data)[0])


class IndexStore:
    """A folder of indexes; the ones unused longest go first. May be used from many processes and threads."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def load(self, name: str, roots: Sequence[Path]) -> TileIndex | None:
        """The index kept under `name`, its files beside `roots`; None where there is none that can be read."""
        path = self._path(name)
        try:
            held = HeldFile(path)
            length = int.from_bytes(os.pread(held.descriptor, LENGTH_BYTES, 0), "big")
            header = json.loads(os.pread(held.descriptor, min(length, LONGEST_HEADER), LENGTH_BYTES))
            at = LENGTH_BYTES + length

            def take(kind: str, count: int) -> array[int]:
                nonlocal at
                column = DiskColumn(held, at, kind, count)
                at += column.size_bytes
                return cast("array[int]", column)  # read like one; whoever needs more asks the decoder

            index = wire.index_of(header, take)
            if at != held.size_bytes:
                raise ValueError("a file of another length")
            files = tuple(_absolute(roots, *json.loads(file)) for file in index.files)
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, LookupError) as error:
            logger.warning("tile index %s is made anew: %s", path.name, error)
            return None
        return replace(index, files=files)

    def save(self, name: str, index: TileIndex, roots: Sequence[Path]) -> None:
        """Keep an index; a disk that is full or not writable is no reason to fail."""
        relative = replace(index, files=tuple(json.dumps(_relative(roots, file)) for file in index.files))
        header, payload = wire.pack_index(relative)
        text = json.dumps(header).encode()
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as draft:
                try:
                    draft.write(len(text).to_bytes(LENGTH_BYTES, "big") + text + payload)
                    draft.close()
                    Path(draft.name).replace(self._path(name))
                except OSError:
                    Path(draft.name).unlink(missing_ok=True)
                    raise
            self._make_room()
        except OSError as error:
            logger.warning("tile index %s is not kept: %s", name, error)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}-{VERSION}.idx"

    def _make_room(self) -> None:
        entries = []
        for entry in os.scandir(self._folder):
            with suppress(FileNotFoundError):  # another process has just given its draft its name
                entries.append((entry.stat(), entry.path))
        total = sum(state.st_size for state, _ in entries)
        for state, path in sorted(entries, key=lambda entry: entry[0].st_mtime_ns):
            if total <= self._most_bytes:
                return
            Path(path).unlink(missing_ok=True)
            total -= state.st_size


def _relative(roots: Sequence[Path], file: str) -> tuple[int, str]:
    """(number of the root, the file's name from the folder that the root lies in). Raises ValueError for any other."""
    path = Path(file)
    for number, root in enumerate(roots):
        if path.is_relative_to(root.absolute().parent):
            return number, str(path.relative_to(root.absolute().parent))
    raise ValueError("a file that is not the slide's")


def _absolute(roots: Sequence[Path], number: int, name: str) -> str:
    root = roots[number].absolute()
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError("a file that is not the slide's")
    return str(root.parent / name)

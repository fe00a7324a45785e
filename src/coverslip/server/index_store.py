"""Tile indexes kept on the disk, so that a slide's stored tiles are served without a decoder looking at it again.

An index is worked out once, in the sandbox, by whichever process asks first; all processes of a machine share the
folder, which may be deleted at any time. File names are kept relative to the slide, because a slide in object storage
lies in another folder each time.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile

from coverslip.slides import wire
from coverslip.slides.tile_index import TileIndex

logger = logging.getLogger(__name__)

VERSION = 1
"""Part of every file's name; raised when a reader would give another index than before."""
MOST_BYTES = 512 * 1024 * 1024
"""On the disk: about 500 slides of 60,000 x 60,000 pixels."""
LENGTH_BYTES = 8


class IndexStore:
    """A folder of indexes; the ones unused longest go first. May be used from many processes and threads."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def load(self, name: str, roots: Sequence[Path]) -> TileIndex | None:
        """The index kept under `name`, its files beside `roots`; None where there is none that can be read."""
        path = self._path(name)
        try:
            data = path.read_bytes()
            split = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "big")
            header = json.loads(data[LENGTH_BYTES:split])
            index = wire.unpack_index(header, data[split:])
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
        entries = [(entry.stat(), entry.path) for entry in os.scandir(self._folder)]
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

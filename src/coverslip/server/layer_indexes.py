"""Where the stored tiles of focal planes and channels lie: on the disk beside the slides' own, a few of them open.

A slide may have 64 planes of 64 channels; whoever walks through them must not fill the server's memory.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from coverslip.server.index_store import IndexStore
from coverslip.slides.tile_index import LevelIndex, TileIndex

Layer = tuple[int | None, int | None]
"""Focal plane and channel by their position."""

MOST_LAYERS = 64
"""Of all slides together; each holds a file descriptor where it lies on the disk."""
MOST_BYTES = 16 * 1024 * 1024
"""Memory of those that could not be left on the disk."""
LARGEST_SHORT = 2**32 - 1


class LayerIndexes:
    """The layers one process looked at last. May be used from many threads."""

    def __init__(self, store: IndexStore | None = None) -> None:
        """`store`: keeps them on the disk; without one they stay in memory."""
        self._store = store
        self._kept: OrderedDict[tuple[str, Layer], TileIndex] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def known(self, slide: str, layer: Layer) -> TileIndex | None:
        """The index, if it is at hand; `slide` names content and place of a slide."""
        with self._lock:
            found = self._kept.get((slide, layer))
            if found is not None:
                self._kept.move_to_end((slide, layer))
            return found

    def made(self, slide: str, layer: Layer, roots: Sequence[Path], make: Callable[[], TileIndex]) -> TileIndex:
        """The index, from the disk or made by `make`, which may raise what it likes."""
        name = f"{slide}-{_of(layer[0])}-{_of(layer[1])}"
        index = None if self._store is None else self._store.load(name, roots)
        if index is None:
            index = make()
            if self._store is not None and roots:
                self._store.save(name, index, roots)
                index = self._store.load(name, roots) or index
            index = compact(index)
        self._keep((slide, layer), index)
        return index

    def __len__(self) -> int:
        return len(self._kept)

    def _keep(self, key: tuple[str, Layer], index: TileIndex) -> None:
        with self._lock:
            replaced = self._kept.pop(key, None)
            self._kept[key] = index
            self._bytes += size_of(index) - (0 if replaced is None else size_of(replaced))
            while len(self._kept) > 1 and (len(self._kept) > MOST_LAYERS or self._bytes > MOST_BYTES):
                self._bytes -= size_of(self._kept.popitem(last=False)[1])


def compact(index: TileIndex) -> TileIndex:
    """The same index in less memory: lengths of tiles in four bytes each."""
    return replace(index, levels=tuple(None if level is None else _compact(level) for level in index.levels))


def size_of(index: TileIndex) -> int:
    """Bytes that its numbers take in memory; those on the disk take none."""
    columns = [
        column for level in index.levels if level is not None for column in (level.offsets, level.lengths, level.files)
    ]
    return sum(len(column) * column.itemsize for column in columns if isinstance(column, array))


def _compact(level: LevelIndex) -> LevelIndex:
    if not isinstance(level.lengths, array) or max(level.lengths, default=0) > LARGEST_SHORT:
        return level
    return replace(level, lengths=array("I", level.lengths))


def _of(number: int | None) -> str:
    return "all" if number is None else str(number)

"""Where tiles lie that no browser shows but another format can hold as they are: JPEG 2000 and HTJ2K codestreams.

The `TileIndex` is what is served; this is what is converted. Plain numbers too, so it comes out of the sandbox.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast, get_args, runtime_checkable

from coverslip.slides import wire
from coverslip.slides.tile_index import LevelIndex, TileIndex

Codestream = Literal["jpeg2000", "htj2k"]
Components = Literal["rgb", "ycbcr", "grey"]


@dataclass(frozen=True, slots=True)
class StoredLevel:
    """Tiles of one level, row by row, each a codestream of its own. A tile of length 0 is not stored."""

    columns: int
    rows: int
    offsets: array[int]
    """Type code Q, bytes from the start of the file."""
    lengths: array[int]
    """Type code Q, bytes."""
    files: array[int] | None
    """Type code H, positions in `StoredIndex.files`; None: all in the first."""
    codestream: Codestream
    components: Components
    """What went into the codec; its own colour transform is its own affair."""
    lossless: bool | None
    """None where the file does not say."""


@dataclass(frozen=True, slots=True)
class StoredIndex:
    """Of a slide; None for a level whose tiles are served, or must be decoded."""

    files: tuple[str, ...]
    """Absolute paths."""
    levels: tuple[StoredLevel | None, ...]


@runtime_checkable
class StoredSlide(Protocol):
    """A slide that can say where its codestreams lie."""

    def stored_index(self) -> StoredIndex:
        """Where each lies. Raises `SlideError`."""
        ...


def pack(index: StoredIndex) -> tuple[wire.Header, bytes]:
    """As a message between processes."""
    header, payload = wire.pack_index(TileIndex(index.files, tuple(map(_numbers, index.levels))))
    header["stored"] = [
        None if level is None else [level.codestream, level.components, level.lossless] for level in index.levels
    ]
    return header, payload


def unpack(header: wire.Header, payload: bytes | bytearray) -> StoredIndex:
    """The inverse of `pack`. Raises KeyError, TypeError or ValueError for what makes no sense."""
    numbers = wire.unpack_index(header, payload)
    told = header["stored"]
    if len(told) != len(numbers.levels):
        raise ValueError("an index of another number of levels")
    return StoredIndex(numbers.files, tuple(_level(*pair) for pair in zip(numbers.levels, told, strict=True)))


def _numbers(level: StoredLevel | None) -> LevelIndex | None:
    if level is None:
        return None
    # The media type travels along unread: what the bytes are is said beside it.
    numbers = level.offsets, level.lengths, level.files
    return LevelIndex(level.columns, level.rows, *numbers, (0, 0), b"", 0, "image/jpeg")


def _level(numbers: LevelIndex | None, told: Any) -> StoredLevel | None:
    if numbers is None or told is None:
        return None
    codestream, components, lossless = told
    if codestream not in get_args(Codestream) or components not in get_args(Components):
        raise ValueError("a codestream of no known kind")
    return StoredLevel(
        columns=numbers.columns,
        rows=numbers.rows,
        offsets=numbers.offsets,
        lengths=numbers.lengths,
        files=numbers.files,
        codestream=cast(Codestream, codestream),
        components=cast(Components, components),
        lossless=None if lossless is None else bool(lossless),
    )

"""What a decoder process answers, checked before the server acts on it: a hostile file may speak through it.

The server reads stored tiles itself, outside the sandbox, at the places an index names. So an index names the slide's
own files only, places inside them, and no tile that would take the server's memory. Everything here raises ValueError
(or KeyError or TypeError, where a part is missing or of another kind).
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import cast, get_args

import numpy as np

from coverslip.slides import stored, wire
from coverslip.slides.restarts import Restarts
from coverslip.slides.slide import EncodedTile, RgbImage
from coverslip.slides.stored import StoredIndex, StoredLevel
from coverslip.slides.tile_index import LevelIndex, MediaType, TileIndex

LAST_PLACE = 2**62
"""Bytes; beyond it the kernel takes no offset."""
LONGEST_HEAD = 1024 * 1024
"""Of what replaces the start of each tile of a level: tables and markers; a few hundred bytes where honest."""
LARGEST_TILE_BYTES = 64 * 1024 * 1024
"""Of a tile that a decoder made: 4096 x 4096 pixels as a JPEG without any loss are less."""
MOST_LINES = 65_535
"""Pixels: a JPEG is no higher (T.81, B.2.2)."""
LONGEST_INTERVAL = 64 * 1024 * 1024
MOST_INTERVALS = 2**32


def index_of(answer: wire.Header, payload: bytes | bytearray, own: Path, sizes: Mapping[str, int]) -> TileIndex:
    """Where the stored tiles lie; `own`: the slide, absolute; `sizes`: of files that do not lie on a disk."""
    index = wire.unpack_index(answer, payload)
    _check_files(index.files, own)
    for level in index.levels:
        if level is not None:
            _check_level(level)
            _check_passed(level)
            if level.restarts is not None:
                _check_restarts(level.restarts, level, _size(index.files[0], sizes))
    return index


def stored_of(answer: wire.Header, payload: bytes | bytearray, own: Path) -> StoredIndex:
    """Where codestreams lie that a conversion takes as they are; as `index_of`."""
    index = stored.unpack(answer, payload)
    _check_files(index.files, own)
    for level in index.levels:
        if level is not None:
            _check_level(level)
    return index


def picture_of(answer: wire.Header, payload: bytes | bytearray) -> EncodedTile:
    """A picture as it goes to a browser."""
    if len(payload) > LARGEST_TILE_BYTES:
        raise ValueError(f"a tile of {len(payload)} bytes")
    return EncodedTile(media_type_of(answer["media_type"]), bytes(payload))


def pixels_of(answer: wire.Header, payload: bytes | bytearray) -> RgbImage:
    """Decoded pixels, (h, w, 3) uint8."""
    return np.frombuffer(payload, dtype=np.uint8).reshape(answer["height"], answer["width"], 3)


def media_type_of(given: object) -> MediaType:
    """One of the pictures that are served: a browser would run what is sent to it as a page."""
    for known in get_args(MediaType):
        if given == known:
            return cast(MediaType, known)
    raise ValueError("a tile that is no picture")


def _check_files(names: Sequence[str], own: Path) -> None:
    for name in names:
        # A folder's files lie directly in it; a name that leads out of it is not one of them.
        if Path(name) != own and (Path(name).parent != own or Path(name).name == ".."):
            raise ValueError("a file that is not the slide's")


def _check_level(level: LevelIndex | StoredLevel) -> None:
    _check_count("columns", level.columns, 0, LAST_PLACE)
    _check_count("rows", level.rows, 0, LAST_PLACE)
    if max(level.lengths, default=0) > LAST_PLACE or max(level.offsets, default=0) > LAST_PLACE:
        raise ValueError("a tile beyond any file")


def _check_passed(level: LevelIndex) -> None:
    """What is put before each tile, and what is left of it."""
    media_type_of(level.media_type)
    _check_count("skip", level.skip, 0, LONGEST_HEAD)
    for pixels in level.size:
        _check_count("size", pixels, 1, MOST_LINES)
    if len(level.head) > LONGEST_HEAD:
        raise ValueError(f"a head of {len(level.head)} bytes")


def _check_restarts(cut: Restarts, level: LevelIndex, size: int) -> None:
    """Every number of it, because each is one that the server reads or counts by."""
    for field in fields(Restarts):
        number = getattr(cut, field.name)
        if field.name != "high_table" or number is not None:
            _check_count(field.name, number, 0, LAST_PLACE)
    _check_count("across", cut.across, 1, MOST_INTERVALS)
    _check_count("down", cut.down, 1, MOST_INTERVALS)
    _check_count("lines", cut.lines, 1, cut.down + MOST_LINES)
    _check_count("line_height", cut.line_height, 1, MOST_LINES)
    _check_count("longest", cut.longest, 1, LONGEST_INTERVAL)
    table = 4 * cut.across * cut.down
    if min(cut.lines, cut.down) * cut.line_height > MOST_LINES or cut.height_at + 2 > len(level.head):
        raise ValueError("tiles that are no JPEG")
    if (level.columns, level.rows) != (cut.across, -(-cut.down // cut.lines)):
        raise ValueError("another number of tiles than of intervals")
    if not cut.stream < cut.stream_end <= size:
        raise ValueError("a stream beyond the file")
    if any(place is not None and place + table > size for place in (cut.table, cut.high_table)):
        raise ValueError("a table beyond the file")
    if len(level.offsets) or len(level.lengths) or level.files not in (None, array("H")):
        raise ValueError("places of tiles that lie in a stream")


def _check_count(name: str, number: object, least: int, most: int) -> None:
    if type(number) is not int or not least <= number <= most:
        raise ValueError(f"{name} of {number!r}"[:80])


def _size(name: str, sizes: Mapping[str, int]) -> int:
    """Of a file in bytes."""
    if name in sizes:
        return sizes[name]
    try:
        return Path(name).stat().st_size
    except OSError as error:
        raise ValueError("a file that is not there") from error

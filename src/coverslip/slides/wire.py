"""Messages between a server and its decoder processes: a JSON header and raw bytes, over a socket pair.

No pickle: a decoder process that a hostile file has taken over can send wrong pixels, not code.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from coverslip.slides.restarts import Restarts
from coverslip.slides.tile_index import LevelIndex, TileIndex

PREFIX = struct.Struct(">IQ")
SENT_TOGETHER = 128 * 1024
LONGEST_HEADER = 64 * 1024 * 1024
LONGEST_PAYLOAD = 1024 * 1024 * 1024

Header = dict[str, Any]


class Closed(EOFError):
    """The other side is gone."""


def send(connection: socket.socket, header: Header, payload: bytes | memoryview = b"") -> None:
    """Send one message. Raises `Closed` where the other side is gone."""
    text = json.dumps(header).encode()
    try:
        start = PREFIX.pack(len(text), len(payload)) + text
        if len(payload) <= SENT_TOGETHER:
            connection.sendall(start + payload)  # one wake-up of the other side instead of two
            return
        connection.sendall(start)
        connection.sendall(payload)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise Closed from error


def receive(connection: socket.socket, seconds: float | None = None) -> tuple[Header, bytearray]:
    """Wait for one message, at most `seconds`. Raises `Closed`, TimeoutError, ValueError for nonsense.

    A short message is taken in one call. Nothing follows a message before it is answered, so nothing is read too much.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    start = bytearray(SENT_TOGETHER)
    filled = _some(connection, memoryview(start), deadline)
    while filled < PREFIX.size:
        filled += _some(connection, memoryview(start)[filled:], deadline)
    header_bytes, payload_bytes = PREFIX.unpack_from(start)
    if header_bytes > LONGEST_HEADER or payload_bytes > LONGEST_PAYLOAD:
        raise ValueError("a message too long")
    rest = memoryview(start)[PREFIX.size : filled]
    if len(rest) > header_bytes + payload_bytes:
        raise ValueError("more than one message")
    header = json.loads(bytes(_filled(connection, rest[:header_bytes], header_bytes, deadline)))
    if not isinstance(header, dict):
        raise ValueError("a message without a header")
    return header, _filled(connection, rest[header_bytes:], payload_bytes, deadline)


def _filled(connection: socket.socket, start: memoryview, count: int, deadline: float | None) -> bytearray:
    """`count` bytes, of which the first have come already."""
    if len(start) == count:
        return bytearray(start)
    data = bytearray(count)
    data[: len(start)] = start
    filled = len(start)
    while filled < count:
        filled += _some(connection, memoryview(data)[filled:], deadline)
    return data


def _some(connection: socket.socket, space: memoryview, deadline: float | None) -> int:
    """How many bytes came, at least one. Raises `Closed`, TimeoutError."""
    if deadline is not None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
    try:
        got = connection.recv_into(space)
    except ConnectionResetError as error:
        raise Closed from error
    if got == 0:
        raise Closed
    return got


def pack_index(index: TileIndex) -> tuple[Header, bytes]:
    """A tile index as a message."""
    levels: list[Header | None] = []
    payload = b""
    for level in index.levels:
        if level is None:
            levels.append(None)
            continue
        levels.append(
            {
                "columns": level.columns,
                "rows": level.rows,
                "stored": len(level.offsets),
                "size": list(level.size),
                "head": b64encode(level.head).decode("ascii"),
                "skip": level.skip,
                "media_type": level.media_type,
                "several_files": level.files is not None,
                "restarts": None if level.restarts is None else asdict(level.restarts),
            }
        )
        payload += level.offsets.tobytes() + level.lengths.tobytes()
        payload += level.files.tobytes() if level.files is not None else b""
    return {"files": list(index.files), "levels": levels}, payload


def unpack_index(header: Header, payload: bytes | bytearray) -> TileIndex:
    """The inverse of `pack_index`. Raises ValueError where numbers do not fit together."""
    view, at = memoryview(payload), 0

    def take(kind: str, count: int) -> array[int]:
        nonlocal at
        numbers = array(kind)
        numbers.frombytes(view[at : at + count * numbers.itemsize])
        at += count * numbers.itemsize
        if len(numbers) != count:
            raise ValueError("a tile index too short")
        return numbers

    index = index_of(header, take)
    for level in index.levels:
        if level is not None and level.files is not None and max(level.files, default=0) >= len(index.files):
            raise ValueError("a tile index that names no file")
    return index


def index_of(header: Header, take: Callable[[str, int], array[int]]) -> TileIndex:
    """The index of a header of `pack_index`, its columns of numbers given in their order by `take(kind, count)`."""
    levels: list[LevelIndex | None] = []
    for level in header["levels"]:
        if level is None:
            levels.append(None)
            continue
        count = level["stored"]
        if count < level["columns"] * level["rows"] and level["restarts"] is None:
            raise ValueError("a tile index too short")
        offsets, lengths = take("Q", count), take("Q", count)
        levels.append(
            LevelIndex(
                columns=level["columns"],
                rows=level["rows"],
                offsets=offsets,
                lengths=lengths,
                files=take("H", count) if level["several_files"] else None,
                size=(level["size"][0], level["size"][1]),
                head=b64decode(level["head"]),
                skip=level["skip"],
                media_type=level["media_type"],
                restarts=None if level["restarts"] is None else Restarts(**level["restarts"]),
            )
        )
    return TileIndex(tuple(header["files"]), tuple(levels))

"""The pieces of a blob as a file, to be copied elsewhere without standing in memory whole."""

from __future__ import annotations

import io
from collections.abc import Iterator


def as_file(pieces: Iterator[bytes]) -> io.BufferedReader:
    """Read once, from its beginning to its end; reading raises what the pieces raise."""
    return io.BufferedReader(_Pieces(pieces), 1024 * 1024)


class _Pieces(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]  # any writable buffer
        view = memoryview(buffer).cast("B")
        if not self._left:
            self._left = memoryview(next(self._pieces, b""))
        count = min(len(view), len(self._left))
        view[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

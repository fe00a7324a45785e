"""Memory in which a decoder process lays pixels and its server finds them, instead of sending them through a socket.

The size is sealed: a decoder that a hostile file has taken over can change the pixels, which it could anyway, but not
take the memory away from under the server.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import resource

SIZE = 16 * 1024 * 1024
"""Bytes; a region of 2,300 x 2,300 pixels. Larger ones are sent."""


class SharedPixels:
    """One such memory, as one of the two processes sees it."""

    def __init__(self, descriptor: int, *, writable: bool) -> None:
        """The memory behind the descriptor, which may be closed afterwards."""
        access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
        self._size = os.fstat(descriptor).st_size
        self._map = mmap.mmap(descriptor, self._size, access=access)

    def lay(self, data: bytes | memoryview) -> bool:
        """Put bytes at its start; False where they do not fit."""
        if len(data) > self._size:
            return False
        self._map[: len(data)] = data
        return True

    def taken(self, length: int) -> bytearray:
        """A copy of the first bytes. Raises ValueError for more than there are."""
        if not 0 <= length <= self._size:
            raise ValueError("more pixels than were shared")
        with memoryview(self._map) as view:
            return bytearray(view[:length])

    def close(self) -> None:
        """Give the memory back."""
        self._map.close()


def create() -> int:
    """A new memory; returns its descriptor. Raises OSError where the kernel has none to give."""
    descriptor = os.memfd_create("coverslip-pixels", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
        os.ftruncate(descriptor, SIZE if limit == resource.RLIM_INFINITY else max(1, min(SIZE, limit)))
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor

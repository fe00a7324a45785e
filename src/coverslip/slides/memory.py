"""Freed memory is kept for the next tile.

Decoded tiles of 256 px have 196 kB, just above glibc's limit for memory that it gives back to the kernel at once, so
each tile would be paid for again in page faults: measured, a region of 1,024 px took 1.2 to 1.8 times as long.
"""

from __future__ import annotations

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 128 * 1024 * 1024
"""Freed memory at the heap's end that the process keeps."""
LARGEST_KEPT_BYTES = 16 * 1024 * 1024
"""Arrays above this still go back to the kernel when freed."""


def keep_freed_memory() -> bool:
    """For a process that decodes tiles one after the other; False where the C library is not glibc."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    settings = ((M_MMAP_THRESHOLD, LARGEST_KEPT_BYTES), (M_TRIM_THRESHOLD, KEPT_BYTES))
    taken = [library.mallopt(option, value) for option, value in settings]
    return all(answer == 1 for answer in taken)

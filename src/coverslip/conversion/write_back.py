"""Bringing a file to the disk while it is being written: the system would keep two gigabytes and then let one wait."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor

EVERY_BYTES = 64 * 1024 * 1024


class WriteBack:
    """Of one open file. Used by one thread; `finish` is called once, also after an error."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._threads = ThreadPoolExecutor(1, "write-back")
        self._running: Future[None] | None = None
        self._waiting = 0

    def wrote(self, count: int) -> None:
        """Say that so many bytes were written. Raises `OSError` for what an earlier turn met."""
        self._waiting += count
        if self._waiting < EVERY_BYTES or (self._running is not None and not self._running.done()):
            return
        self._raise()
        self._waiting = 0
        self._running = self._threads.submit(os.fdatasync, self._descriptor)

    def finish(self) -> None:
        """Wait for the turn under way. Raises `OSError`: the system tells of a failed write once, and may have told it
        here."""
        self._threads.shutdown()
        self._raise()

    def _raise(self) -> None:
        if self._running is not None:
            running, self._running = self._running, None
            running.result()

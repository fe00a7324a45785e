"""What is sent is read on a thread of its own, a little ahead.

obstore asks for the next part while it drives its own tasks; whoever then reads from object storage (a move from one
bucket to another) would start them a second time, which it refuses by a panic.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

LOOK_SECONDS = 0.2


@contextmanager
def ahead(parts: Iterator[bytes], most: int = 1) -> Iterator[Iterator[bytes]]:
    """The same parts, at most so many read ahead; what reading raises is raised where they are taken.

    Nothing reads any more once the block is left.
    """
    waiting: queue.Queue[bytes | None] = queue.Queue(most)
    left = threading.Event()

    def hand(item: bytes | None) -> None:
        while not left.is_set():
            try:
                waiting.put(item, timeout=LOOK_SECONDS)
            except queue.Full:
                continue
            break

    def read() -> None:
        try:
            for part in parts:
                hand(part)
                if left.is_set():
                    break
        finally:
            hand(None)

    with ThreadPoolExecutor(1, "coverslip-send") as threads:
        reading = threads.submit(read)

        def taken() -> Iterator[bytes]:
            while (part := waiting.get()) is not None:
                yield part
            reading.result()

        try:
            yield taken()
        finally:
            left.set()

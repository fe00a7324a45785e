"""Reading while writing: an iterator that is a few steps ahead, in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

Thing = TypeVar("Thing")
STEPS = 4
WAIT_SECONDS = 0.2
"""Between two looks whether the reader of the queue is still there."""


class _End:
    """The iterator's end, or what ended it."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(things: Iterable[Thing], steps: int = STEPS) -> Iterator[Thing]:
    """The same things; up to `steps` of them are made while the caller works. Raises what the iterator raises."""
    waiting: queue.Queue[Thing | _End] = queue.Queue(steps)
    stop = threading.Event()

    def put(thing: Thing | _End) -> bool:
        while not stop.is_set():
            try:
                waiting.put(thing, timeout=WAIT_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        error: BaseException | None = None
        try:
            for thing in things:
                if not put(thing):
                    return
        except BaseException as raised:  # noqa: BLE001  handed to the caller, who raises it
            error = raised
        put(_End(error))

    thread = threading.Thread(target=work, name="convert-ahead", daemon=True)
    thread.start()
    try:
        while True:
            thing = waiting.get()
            if not isinstance(thing, _End):
                yield thing
            elif thing.error is not None:
                raise thing.error
            else:
                return
    finally:
        stop.set()
        thread.join()

"""A scanner writes for minutes: a file is taken only when it has stopped changing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coverslip.ingest.errors import FileChanged, FileStillGrowing, FileUnreadable
from coverslip.slides.errors import SlideEmpty, SlideMissing
from coverslip.vocabulary.text import storable


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a file has to rest, and how long to wait for that; seconds."""

    quiet_seconds: float = 3.0
    longest_seconds: float = 600.0
    poll_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class FileState:
    """What changes when somebody writes."""

    size_bytes: int
    modified_ns: int


def wait_until_settled(
    path: Path,
    patience: Patience | None = None,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> FileState:
    """Wait until size and time of change have rested; a file that has rested long enough is not waited for.

    Raises `SlideMissing`, `FileUnreadable`, `FileStillGrowing`, and `SlideEmpty` for a file that rests at 0 bytes.
    """
    chosen = patience or Patience()
    state, began = state_of(path), now()
    if 0 <= began - state.modified_ns / 1e9 < chosen.quiet_seconds or state.modified_ns / 1e9 > began:
        rested_since = began
        while now() - rested_since < chosen.quiet_seconds:
            if now() - began > chosen.longest_seconds:
                raise FileStillGrowing(file=storable(path.name), seconds=chosen.longest_seconds)
            sleep(chosen.poll_seconds)
            found = state_of(path)
            if found != state:
                state, rested_since = found, now()
    if state.size_bytes == 0:
        raise SlideEmpty(file=storable(path.name))
    return state


def require_unchanged(path: Path, before: FileState) -> None:
    """Raise `FileChanged` where somebody wrote since."""
    if state_of(path) != before:
        raise FileChanged(file=storable(path.name))


def state_of(path: Path) -> FileState:
    """Size and time of change. Raises `SlideMissing`, `FileUnreadable`."""
    try:
        found = path.stat()
        if not path.is_file():
            raise FileUnreadable(file=storable(path.name), problem="not a regular file")
        with path.open("rb"):
            return FileState(found.st_size, found.st_mtime_ns)
    except FileNotFoundError as error:
        raise SlideMissing(file=storable(path.name)) from error
    except OSError as error:
        raise FileUnreadable(file=storable(path.name), problem=error.strerror or str(error)) from error

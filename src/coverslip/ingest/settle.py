"""A scanner writes for minutes, and a slide may arrive in pieces: it is taken only when all of it has stopped changing.

At rest is a slide whose files have kept size and time of change, none of which still bears the name of an unfinished
copy, and which lacks none of the files it names.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import IO, cast

from coverslip.errors import system_problem
from coverslip.ingest.errors import FileChanged, FileStillGrowing, FileUnreadable
from coverslip.slides.bundle import Bundle, bundle_of, folder_files, is_dicom_name
from coverslip.slides.bundle_errors import SlideIncomplete
from coverslip.slides.errors import SlideEmpty, SlideMissing
from coverslip.vocabulary.text import storable

UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".download", ".!ut", ".aria2")
"""Endings of files that a transfer has not finished."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a slide has to rest, and how long to wait for that; seconds."""

    quiet_seconds: float = 3.0
    longest_seconds: float = 600.0
    poll_seconds: float = 0.5

    @property
    def pieces_seconds(self) -> float:
        """How long files that the slide names and that are not there are waited for after the last change."""
        return 20 * self.quiet_seconds


@dataclass(frozen=True, slots=True)
class FileState:
    """What changes when somebody writes, or puts another file there. `changed_ns` is the system's, nobody sets it."""

    path: Path
    size_bytes: int
    modified_ns: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class Settled:
    """A slide at rest: its files and the state they were found in."""

    bundle: Bundle
    states: tuple[FileState, ...]

    @property
    def size_bytes(self) -> int:
        """Of all files of the slide."""
        paths = {file.path for file in self.bundle.files}
        return sum(state.size_bytes for state in self.states if state.path in paths)


def wait_until_settled(
    source: Path | Bundle,
    patience: Patience | None = None,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Settled:
    """Wait until the slide is at rest; one that has rested long enough is not waited for.

    Raises `SlideMissing`, `FileUnreadable`, `FileStillGrowing`, `SlideIncomplete`, `SlideEmpty` for a file that rests
    at 0 bytes, and what `bundle_of` raises.
    """
    chosen = patience or Patience()
    path = source.main if isinstance(source, Bundle) else source
    states, began = states_of(path), now()
    newest = max((state.modified_ns / 1e9 for state in states), default=0.0)
    rested_since = newest if began - newest >= 0 else began
    while True:
        unfinished = next(
            (state.path for state in states if state.path != path and is_unfinished(state.path.name)), None
        )
        rests = unfinished is None and now() - rested_since >= chosen.quiet_seconds
        missing = None
        if rests:
            try:
                bundle = source if isinstance(source, Bundle) else bundle_of(path)
                _require_content(bundle)
                return Settled(bundle, states)
            except SlideIncomplete as error:
                missing = error
            except OSError as error:
                raise _unreadable(path, error) from error
        if missing is not None and now() - rested_since >= chosen.pieces_seconds:
            raise missing
        if now() - began > chosen.longest_seconds or (unfinished is not None and chosen.quiet_seconds == 0):
            raise FileStillGrowing(file=storable((unfinished or path).name), seconds=chosen.longest_seconds)
        sleep(chosen.poll_seconds)
        found = states_of(path)
        if found != states:
            states, rested_since = found, now()


def require_unchanged(before: Settled) -> None:
    """Raise `FileChanged` where somebody wrote since, or where another file came."""
    path = before.bundle.main
    try:
        same = states_of(path) == before.states
    except SlideMissing:
        same = False
    if not same:
        raise FileChanged(file=storable(path.name))


def states_of(path: Path) -> tuple[FileState, ...]:
    """Of every file that is or may be part of the slide at a path. Raises `SlideMissing`, `FileUnreadable`."""
    try:
        if path.is_dir():
            instances = (file for file in folder_files(path) if is_dicom_name(file.name) or is_unfinished(file.name))
            return tuple(state_of(file) for file in sorted(instances))
        states = [state_of(path)]
        beside = path.with_suffix("")
        if path.suffix.lower() == ".mrxs" and beside.is_dir():
            states += [state_of(file) for file in sorted(folder_files(beside))]
        elif path.suffix.lower() in (".vms", ".vmu"):
            states += [state_of(file) for file in _named_and_there(path)]
        return tuple(states)
    except OSError as error:
        raise _unreadable(path, error) from error


def state_of(path: Path) -> FileState:
    """Size and time of change of one file. Raises `SlideMissing`, `FileUnreadable`."""
    try:
        if not path.is_file():
            path.stat()
            raise FileUnreadable(file=storable(path.name), problem="file_not_regular")
        with path.open("rb") as file:
            found = os.fstat(file.fileno())  # an open file's are the share's, not those a client remembers
            return FileState(path, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    except FileNotFoundError as error:
        raise SlideMissing(file=storable(path.name)) from error
    except OSError as error:
        raise _unreadable(path, error) from error


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a source, whose faults are told from those of the store. Raises `SlideMissing`, `FileUnreadable`."""
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise SlideMissing(file=storable(path.name)) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    with file:
        yield cast(IO[bytes], _Reading(path, file))


class _Reading:
    """A file whose share may go away while it is read."""

    def __init__(self, path: Path, file: FileIO) -> None:
        self._path, self._file = path, file

    def read(self, length: int = -1) -> bytes:
        try:
            return self._file.read(length) or b""
        except OSError as error:
            raise _unreadable(self._path, error) from error


def is_unfinished(name: str) -> bool:
    """Whether a file bears the name that a transfer gives it until it is whole."""
    return name.lower().endswith(UNFINISHED) or name.startswith("~$")


def _named_and_there(path: Path) -> list[Path]:
    try:
        return [file.path for file in bundle_of(path).files[1:]]
    except SlideIncomplete:
        return []


def _require_content(bundle: Bundle) -> None:
    """Of an MRXS or VMS slide the bundle itself has asked for the bytes of every file it needs."""
    if bundle.kind == "file" and bundle.main.stat().st_size == 0:
        raise SlideEmpty(file=storable(bundle.main.name))


def _unreadable(path: Path, error: OSError) -> FileUnreadable:
    return FileUnreadable(file=storable(path.name), problem=system_problem(error))

"""Taking one file out of a scanner's folder, and never another one that took its name meanwhile.

A file is told by what the system says of it: size, time of writing, inode, time of change. It is given a name of its
own first, where no scanner writes, looked at again under that name, and only then removed; another file goes back.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from coverslip.ingest.errors import SourceNotCleared

PREFIX = ".coverslip-clearing-"
"""Of the name that a file bears while it is removed; hidden names are never taken for slides."""
AFTER_RENAMING = 3
"""So many of a file's marks stay as they are under another name; the time of change does not."""

Marks = Sequence[int]


def marks_of(path: Path) -> list[int]:
    """Size in bytes, time of writing, inode, time of change of a file, as the share says it now. Raises `OSError`."""
    with path.open("rb") as stream:
        return marks_of_open(stream)


def marks_of_open(stream: IO[bytes]) -> list[int]:
    """The same of an open file."""
    return _marks(os.fstat(stream.fileno()))


def remove(path: Path, marks: Marks) -> None:
    """Remove the file that has these marks; one that a killed process had begun to remove, too.

    Another file under its name stays. Raises `SourceNotCleared` where the same size and time hide another file.
    """
    aside = path.with_name(f"{PREFIX}{_short(path.name)}-{marks[1]}")
    if os.path.lexists(aside) and _holds(aside, marks[:AFTER_RENAMING], path):
        aside.unlink()
    if not _is_there(path, marks):
        return
    path.rename(aside)
    if not _holds(aside, marks[:AFTER_RENAMING], path):
        raise SourceNotCleared(file=path.name, problem="clear_changed")
    aside.unlink()


def move(path: Path, target: Path, marks: Marks) -> None:
    """Move the file that has these marks to where no file lies; as `remove`."""
    if not _is_there(path, marks):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(target):
        raise SourceNotCleared(file=path.name, problem="clear_changed")
    path.rename(target)
    if not _holds(target, marks[:AFTER_RENAMING], path):
        raise SourceNotCleared(file=path.name, problem="clear_changed")


def _is_there(path: Path, marks: Marks) -> bool:
    """Whether the file with these marks lies at the path; False where none or quite another one does."""
    try:
        found = _marks(path.stat())[: len(marks)]
    except FileNotFoundError:
        return False
    if found[:2] != list(marks[:2]):
        return False
    if found != list(marks):
        raise SourceNotCleared(file=path.name, problem="clear_changed")
    return True


def _holds(aside: Path, marks: Marks, path: Path) -> bool:
    """Whether the file with these marks lies aside; another one is put back at its path, or beside what came there."""
    if _marks(aside.lstat())[: len(marks)] == list(marks):
        return True
    number = 0
    while True:
        back = path if number == 0 else path.with_name(f"{path.stem} ({number}){path.suffix}")
        with suppress(FileExistsError):
            _rename_to_free(aside, back)
            return False
        number += 1


def _rename_to_free(source: Path, target: Path) -> None:
    """Rename without ever writing over a file. Raises `FileExistsError`."""
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # shares that know no links
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        source.rename(target)
        return
    source.unlink()


def _short(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:16]


def _marks(state: os.stat_result) -> list[int]:
    return [state.st_size, state.st_mtime_ns, state.st_ino, state.st_ctime_ns]

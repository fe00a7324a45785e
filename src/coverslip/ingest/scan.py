"""What lies in a scanner's folder: every slide below it as far as names and sizes tell, without opening a file.

Polled, because network shares (SMB, NFS) tell nobody of changes made elsewhere. Links to folders are not followed,
links to files only within the folder; what a scanner has not finished and what systems leave about is passed over.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from coverslip.errors import Problem, system_problem
from coverslip.ingest.settle import is_unfinished
from coverslip.slides.bundle import (
    LEADING,
    Bundle,
    bundle_of,
    dicom_bundles,
    is_clutter,
    is_dicom_name,
    named_beside,
    single,
)
from coverslip.slides.errors import SlideError

DEEPEST = 32
TAKEN_FOLDER = "coverslip-taken"
"""Where slides are moved once they are in; never looked into."""
PIECES = re.compile(r"(?i)^(data\d+\.dat|index\.dat|slidedat\.ini)$|\(\d+,\d+\)\.jpg$|_map2\.jpg$|\.opt$")
"""Files of an MRXS or VMS slide whose leading file has not arrived."""


@dataclass(frozen=True, slots=True)
class Found:
    """A slide as it lies there. `path`: the leading file, or the folder of DICOM instances.

    `key`: bytes of the path below the watched folder. `fingerprint` changes with any file of it.
    """

    path: Path
    key: bytes
    fingerprint: str
    size_bytes: int
    unfinished: bool = False

    @property
    def name(self) -> str:
        """The path below the watched folder; bytes that are no text stand as they are in Python."""
        return os.fsdecode(self.key)

    def bundles(self) -> list[Bundle]:
        """The slides it is made of: several where a folder holds DICOM instances of several.

        Raises what `bundle_of` raises, `OSError`.
        """
        if not self.path.is_dir():
            return [bundle_of(self.path)]
        return dicom_bundles(self.path) or [single(path) for path in sorted(_dicom_named(self.path))]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A folder below that cannot be entered, or a link that leads out."""

    key: bytes
    problem: Problem

    @property
    def name(self) -> str:
        """The path below the watched folder; the folder's own is `.`."""
        return os.fsdecode(self.key)


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything below a folder. `entries`: how many names were seen, of whatever kind."""

    found: tuple[Found, ...]
    unreadable: tuple[Unreadable, ...]
    entries: int


@dataclass(slots=True)
class _Folder:
    """The names of one folder, read once."""

    path: Path
    files: dict[str, os.stat_result]
    folders: list[str]
    entries: int


def scan(root: Path) -> Scan:
    """Look through a folder. Raises `OSError` where the folder itself cannot be read."""
    found: list[Found] = []
    unreadable: list[Unreadable] = []
    entries = 0
    waiting: list[tuple[Path, int]] = [(root, 0)]
    real_root = Path(os.path.realpath(root))
    while waiting:
        path, depth = waiting.pop()
        try:
            folder = _listed(path, real_root, root, unreadable)
        except OSError as error:
            if path == root:
                raise
            unreadable.append(Unreadable(_key(path, root), system_problem(error)))
            continue
        entries += folder.entries
        claimed = set()
        for slide in _slides_of(folder, root):
            found.append(slide)
            if slide.path.suffix.lower() == ".mrxs":
                claimed.add(slide.path.stem)
        if depth < DEEPEST:
            waiting += [(path / name, depth + 1) for name in folder.folders if name not in claimed]
        elif folder.folders:
            unreadable.append(Unreadable(_key(path, root), Problem("watch_deep", deepest=DEEPEST)))
    return Scan(tuple(found), tuple(unreadable), entries)


def is_unchanged(found: Found, root: Path) -> bool:
    """Whether the slide lies there as it was found. Raises `OSError` where its folder cannot be read."""
    folder = found.path if found.path.is_dir() else found.path.parent
    again = _listed(folder, Path(os.path.realpath(root)), root, [])
    return any(one.key == found.key and one.fingerprint == found.fingerprint for one in _slides_of(again, root))


def _listed(path: Path, real_root: Path, root: Path, unreadable: list[Unreadable]) -> _Folder:
    files: dict[str, os.stat_result] = {}
    folders = []
    entries = 0
    with os.scandir(path) as listing:
        for entry in listing:
            entries += 1
            if is_clutter(entry.name):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != TAKEN_FOLDER:
                        folders.append(entry.name)
                    continue
                if entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(real_root):
                    leads_out = Problem("watch_link")
                    unreadable.append(Unreadable(_key(Path(entry.path), root), leads_out))
                elif entry.is_file():
                    files[entry.name] = entry.stat()
            except OSError:
                continue  # gone between the listing and the look: the next scan tells
    return _Folder(path, files, sorted(folders), entries)


def _slides_of(folder: _Folder, root: Path) -> Iterator[Found]:
    """The slides of one folder: leading files with their parts, DICOM instances together, every other file alone."""
    taken: set[str] = set()
    for name in sorted(folder.files):
        kind = LEADING.get(name[-5:].lower()) or LEADING.get(name[-4:].lower())
        if kind == "mrxs" and Path(name).stem in folder.folders:
            taken.add(name)
            yield _mrxs(folder, name, root)
        elif kind == "vms":
            parts = _parts(folder.path / name)
            taken |= {name, *parts}
            yield _found(
                folder.path / name, root, {part: folder.files[part] for part in (name, *parts) if part in folder.files}
            )
    dicom = {}
    for name, state in sorted(folder.files.items()):
        if name in taken or PIECES.search(name):
            continue
        if is_dicom_name(name):
            dicom[name] = state
        elif not is_unfinished(name):
            yield _found(folder.path / name, root, {name: state})
    if dicom:
        unfinished = any(is_unfinished(name) for name in folder.files)
        yield _found(folder.path, root, dicom, unfinished=unfinished)


def _mrxs(folder: _Folder, name: str, root: Path) -> Found:
    states = {name: folder.files[name]}
    unfinished = False
    beside = folder.path / Path(name).stem
    try:
        with os.scandir(beside) as listing:
            for entry in listing:
                unfinished = unfinished or is_unfinished(entry.name)
                if entry.is_file():
                    states[f"{beside.name}/{entry.name}"] = entry.stat()
    except OSError:
        unfinished = True
    return _found(folder.path / name, root, states, unfinished=unfinished)


def _parts(path: Path) -> tuple[str, ...]:
    """The names of the files beside it that a VMS file names; none where it cannot be read yet."""
    try:
        return named_beside(path)
    except (SlideError, OSError):
        return ()


def _found(path: Path, root: Path, states: dict[str, os.stat_result], *, unfinished: bool = False) -> Found:
    if len(states) == 1:  # nearly every slide, of perhaps a hundred thousand
        (state,) = states.values()
        return Found(path, _key(path, root), f"{state.st_size}-{state.st_mtime_ns}", state.st_size, unfinished)
    size = sum(state.st_size for state in states.values())
    return Found(path, _key(path, root), _fingerprint(states.items()), size, unfinished)


def _fingerprint(states: Iterable[tuple[str, os.stat_result]]) -> str:
    listed = sorted((os.fsencode(name), state.st_size, state.st_mtime_ns) for name, state in states)
    return hashlib.sha256(repr(listed).encode()).hexdigest()


def _dicom_named(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as listing:
        for entry in listing:
            if entry.is_file() and is_dicom_name(entry.name) and not is_clutter(entry.name):
                yield Path(entry.path)


def _key(path: Path, root: Path) -> bytes:
    return os.fsencode(path)[len(os.fsencode(root)) :].lstrip(b"/") or b"."

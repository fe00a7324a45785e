"""Which files make one slide: a file, a leading file with the files it names, or the DICOM instances of a folder.

- `.mrxs`: the file and the folder beside it of the same name, whose `Slidedat.ini` names the data files;
- `.vms`, `.vmu`: the file and the siblings it names;
- DICOM: the instances of one series, or of several series of one glass in one frame of reference, as far as their
  levels show one piece of the glass.

Names within a bundle are relative, with `/`, as the rows of a slide's files keep them. A name that leads out of the
bundle's own folder (`..`, an absolute path, a link to elsewhere) is refused.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from coverslip.slides.bundle_errors import BundleNameRefused, SeveralSlides, SlideIncomplete
from coverslip.slides.dicom_area import pieces_of
from coverslip.slides.dicom_identity import DicomIdentity, dicom_identity
from coverslip.slides.errors import NotASlide, SlideMissing
from coverslip.vocabulary.text import storable

BundleKind = Literal["file", "mrxs", "vms", "dicom"]
LEADING: dict[str, BundleKind] = {".mrxs": "mrxs", ".vms": "vms", ".vmu": "vms"}
"""Endings of files that name others."""
MRXS_INDEX = "Slidedat.ini"
VMS_SECTIONS = ("[virtual microscope specimen]", "[uncompressed virtual microscope specimen]")
VMS_KEYS = ("imagefile", "mapfile", "optimisationfile", "macroimage")
OPTIONAL = ("optimisationfile", "macroimage")
JPEG_HEAD = b"\xff\xd8\xff"
MOST_FILES = 8192
MOST_INDEX_BYTES = 4 * 1024 * 1024
LONGEST_NAME_BYTES = 200
"""Of one part of a stored name, so that it can be laid out on any file system."""


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file of a slide: `relative_name` as its row keeps it, `path` where its bytes lie now."""

    relative_name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of one slide, the leading one first.

    `main`: what a reader opens, the leading file or the DICOM folder. `name`: what people call it.
    """

    main: Path
    name: str
    files: tuple[BundleFile, ...]
    kind: BundleKind

    def content_digest(self, digests: Sequence[str]) -> str:
        """SHA-256 of the whole from those of the files, in their order."""
        return content_digest([file.relative_name for file in self.files], digests)


def bundle_of(path: Path) -> Bundle:
    """The slide at a path: a file, a leading file, or a folder that holds one slide's DICOM instances.

    Raises `SlideMissing`, `NotASlide` (a folder without DICOM), `SeveralSlides`, `SlideIncomplete`,
    `BundleNameRefused`, `OSError`.
    """
    if path.is_dir():
        found = dicom_bundles(path)
        if not found:
            raise NotASlide(file=storable(path.name))
        if len(found) > 1:
            raise SeveralSlides(file=storable(path.name), count=len(found))
        return found[0]
    kind = LEADING.get(path.suffix.lower(), "file")
    if kind == "mrxs" and _head(path, 3) == JPEG_HEAD:
        return _mrxs(path)
    if kind == "vms":
        keys = _named_in(path)
        if keys is not None:
            return _vms(path, keys)
    return single(path)


def named_beside(path: Path) -> tuple[str, ...]:
    """The names of the siblings that a VMS or VMU file names, there or not. Raises `BundleNameRefused`, `OSError`."""
    named = _named_in(path) or []
    values = [value for key, value in named if value and key.partition("(")[0].strip() in VMS_KEYS]
    return tuple(dict.fromkeys(_bare(value, storable(path.name)) for value in values[:MOST_FILES]))


def single(path: Path) -> Bundle:
    """One file, whatever it is called."""
    name = storable(path.name)
    return Bundle(path, name, (BundleFile(_short(name), path),), "file")


def dicom_bundles(folder: Path) -> list[Bundle]:
    """Every slide among the DICOM files directly in a folder, in the order of their names.

    What is DICOM but no image of a slide is left out where there is one. Raises `OSError`, `BundleNameRefused`.
    """
    known = []
    for path in sorted(path for path in folder_files(folder) if is_dicom_name(path.name)):
        identity = dicom_identity(path)
        if identity is not None and path.name.upper() != "DICOMDIR":
            _stay_within(path, folder)
            known.append((path, identity))
    slides = [entry for entry in known if entry[1].is_whole_slide]
    groups = [part for group in _grouped(slides or known) for part in _by_piece(group)]
    bundles: list[Bundle] = []
    for number, group in enumerate(groups, start=1):
        paths = [path for path, _ in group]
        container = group[0][1].container
        several = container or f"{folder.name}-{number}"
        if several in {bundle.name for bundle in bundles}:
            several = f"{several}-{number}"
        bundles.append(_dicom(folder, paths, storable(folder.name if len(groups) == 1 else several)))
    return bundles


def leading_name(names: Sequence[str]) -> str | None:
    """Of the names of a slide's files, the one a reader opens; None where it opens the folder they lie in."""
    if len(names) == 1 or PurePosixPath(names[0]).suffix.lower() in LEADING:
        return names[0]
    return None


def content_digest(names: Sequence[str], digests: Sequence[str]) -> str:
    """The digest of a slide's content from the names and SHA-256 of its files.

    Of one file its own. Of several that of the sorted list of name and digest, in which what the slide itself is called
    does not count: the leading file's name and that of its folder, and all names of DICOM instances, which say nothing.
    """
    if len(digests) == 1:
        return digests[0]
    leading = leading_name(names)
    lines = sorted(f"{_neutral(name, leading)}\0{digest}\n" for name, digest in zip(names, digests, strict=True))
    return hashlib.sha256(b"coverslip bundle 1\n" + "".join(lines).encode()).hexdigest()


def folder_files(folder: Path) -> list[Path]:
    """Regular files directly in a folder, clutter left out."""
    with os.scandir(folder) as entries:
        found = [Path(entry.path) for entry in entries if not is_clutter(entry.name) and entry.is_file()]
    if len(found) > MOST_FILES:
        raise SeveralSlides(file=storable(folder.name), count=len(found))
    return found


def is_clutter(name: str) -> bool:
    """Whether a name is of what file managers and systems leave about: hidden files, `Thumbs.db`, `desktop.ini`."""
    return name.startswith((".", "~$")) or name.lower() in ("thumbs.db", "desktop.ini")


def is_dicom_name(name: str) -> bool:
    """Whether a file of this name may be a DICOM instance: its ending says so, or it has none but a part of a UID."""
    stem, _, ending = name.rpartition(".")
    return not stem or ending.lower() in ("dcm", "dicom", "dic", "ima") or ending.isdigit()


def is_relative_name(name: str) -> bool:
    """Whether a stored name stays in the folder it is laid out in."""
    parts = name.split("/")
    return not any(part in ("", ".", "..") for part in parts) and "\0" not in name and "\\" not in name


def _neutral(name: str, leading: str | None) -> str:
    if leading is None:
        return ""
    start = PurePosixPath(leading)
    if name == leading:
        return f"*{start.suffix.lower()}"
    head, slash, rest = name.partition("/")
    return f"*/{rest}" if slash and head == start.stem else name


def _mrxs(path: Path) -> Bundle:
    folder = path.with_suffix("")
    index = folder / MRXS_INDEX
    name, stem = storable(path.name), _short(storable(path.stem))
    if not index.is_file():
        raise SlideIncomplete(file=name, missing=f"{storable(folder.name)}/{MRXS_INDEX}")
    _stay_within(folder, path.parent)
    for wanted in _mrxs_parts(index, name):
        part = folder / wanted
        if not part.is_file() or part.stat().st_size == 0:
            raise SlideIncomplete(file=name, missing=f"{storable(folder.name)}/{storable(wanted)}")
    files = [BundleFile(f"{stem}{path.suffix}", path)]
    for part in sorted(folder_files(folder)):
        _stay_within(part, folder)
        files.append(BundleFile(f"{stem}/{_part_name(part)}", part))
    return Bundle(path, name, tuple(files), "mrxs")


def _mrxs_parts(index: Path, slide: str) -> list[str]:
    """The files that `Slidedat.ini` names: `FILE_0`, `FILE_1`, ... of [DATAFILE] and `INDEXFILE` of [HIERARCHICAL]."""
    parts, section = [], ""
    for line in _lines(index):
        if line.startswith("["):
            section = line.strip("[]").upper()
        key, _, value = (part.strip() for part in line.partition("="))
        numbered = section == "DATAFILE" and key.upper().startswith("FILE_") and key[5:].isdigit()
        if numbered or (section == "HIERARCHICAL" and key.upper() == "INDEXFILE"):
            parts.append(_bare(value, slide))
    return parts[:MOST_FILES]


def _named_in(path: Path) -> list[tuple[str, str]] | None:
    """(key, value) lines of a VMS or VMU file; None where it is something else under that name."""
    lines = _lines(path)
    if not any(line.lower() in VMS_SECTIONS for line in lines[:5]):
        return None
    pairs = (line.partition("=") for line in lines)
    return [(key.strip().lower(), value.strip()) for key, _, value in pairs]


def _vms(path: Path, named: list[tuple[str, str]]) -> Bundle:
    name = storable(path.name)
    files = {path.name: BundleFile(_short(name), path)}
    for key, value in named:
        kind = key.partition("(")[0].strip()
        if kind not in VMS_KEYS or not value or len(files) >= MOST_FILES:
            continue
        part = path.parent / _bare(value, name)
        if not part.is_file() or part.stat().st_size == 0:
            if kind in OPTIONAL:
                continue
            raise SlideIncomplete(file=name, missing=storable(value))
        _stay_within(part, path.parent)
        files[part.name] = BundleFile(_part_name(part), part)
    return Bundle(path, name, tuple(files.values()), "vms")


def _dicom(folder: Path, paths: list[Path], name: str) -> Bundle:
    if len(paths) == 1:
        return Bundle(paths[0], name, (BundleFile(_short(storable(paths[0].name)), paths[0]),), "dicom")
    files: dict[str, BundleFile] = {}
    for number, path in enumerate(paths):
        wanted = _short(storable(path.name))
        stored = wanted if wanted not in files else f"{number}-{wanted}"
        files[stored] = BundleFile(stored, path)
    return Bundle(folder, name, tuple(files.values()), "dicom")


def _grouped(known: list[tuple[Path, DicomIdentity]]) -> list[list[tuple[Path, DicomIdentity]]]:
    """One group a slide: by series and glass; series of one glass in one frame of reference are one slide."""
    containers: dict[str, set[str]] = {}
    for _, identity in known:
        if identity.container:
            containers.setdefault(identity.series, set()).add(identity.container)
    group_of: dict[tuple[str, ...], list[tuple[Path, DicomIdentity]]] = {}
    for path, identity in known:
        series, container = identity.series, identity.container
        of_series = containers.get(series, set())
        if not container and len(of_series) == 1:
            container = next(iter(of_series))
        traits: list[tuple[str, ...]] = [("series", series, container) if series else ("file", path.name)]
        if container and identity.frame_of_reference:
            traits.append(("glass", container, identity.frame_of_reference))
        merged = [(path, identity)]
        for group in {id(group_of[trait]): group_of[trait] for trait in traits if trait in group_of}.values():
            merged += group
        same = {id(group_of[trait]) for trait in traits if trait in group_of}
        for trait in [*traits, *(trait for trait, group in group_of.items() if id(group) in same)]:
            group_of[trait] = merged
    groups = {id(group): sorted(group, key=lambda entry: entry[0]) for group in group_of.values()}
    return sorted(groups.values(), key=lambda group: group[0][0])


def _by_piece(group: list[tuple[Path, DicomIdentity]]) -> list[list[tuple[Path, DicomIdentity]]]:
    """One group a piece of the glass; label, overview and what cannot be told go with their series, else the first."""
    levels = [(entry, entry[1].area) for entry in group if entry[1].area is not None]
    pieces = pieces_of([(area, entry[1].series) for entry, area in levels if area is not None])
    if len(pieces) < 2:
        return [group]
    parts = [[levels[number][0] for number in piece.images] for piece in pieces]
    for entry in group:
        if entry[1].area is None:
            own = (part for part, piece in zip(parts, pieces, strict=True) if entry[1].series in piece.series)
            next(own, parts[0]).append(entry)
    return [sorted(part, key=lambda entry: entry[0]) for part in parts]


def _stay_within(path: Path, folder: Path) -> None:
    """Raise `BundleNameRefused` for a link that leads out of the folder."""
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        raise BundleNameRefused(file=storable(path.name), name=storable(path.name))


def _bare(value: str, slide: str) -> str:
    """A name that a leading file gives: of a file beside it, nothing that leads elsewhere."""
    if value in ("", ".", "..") or any(letter in value for letter in "/\\\0"):
        raise BundleNameRefused(file=slide, name=storable(value)[:200])
    return value


def _part_name(path: Path) -> str:
    name = storable(path.name)
    return name if is_relative_name(name) else name.replace("\\", "_")


def _short(name: str) -> str:
    """The name, its stem shortened where a file system could refuse it."""
    name = name.replace("\\", "_")
    if len(name.encode()) <= LONGEST_NAME_BYTES:
        return name
    suffix = PurePosixPath(name).suffix[:16]
    return f"{hashlib.sha256(name.removesuffix(suffix).encode()).hexdigest()[:32]}{suffix}"


def _lines(path: Path) -> list[str]:
    """Of a small text file in whatever encoding; names in it are the bytes that the file system has."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_INDEX_BYTES)
    except FileNotFoundError as error:
        raise SlideMissing(file=storable(path.name)) from error
    return [os.fsdecode(line).strip() for line in content.removeprefix(b"\xef\xbb\xbf").splitlines()]


def _head(path: Path, length: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(length)
    except FileNotFoundError as error:
        raise SlideMissing(file=storable(path.name)) from error

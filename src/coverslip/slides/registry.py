"""Which reader reads a file: decided by its content, never by its name."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from coverslip.errors import CoverslipError, InvalidInput
from coverslip.settings import settings
from coverslip.slides.errors import NotASlide, SlideCorrupt, SlideEmpty, SlideMissing, damage_is_corruption
from coverslip.slides.remote import is_remote
from coverslip.slides.slide import Slide, SlideReader
from coverslip.slides.source import is_folder, open_source

GROUP = "coverslip.slide_readers"
HEAD_BYTES = 4096


def open_slide(path: str | os.PathLike[str]) -> Slide:
    """Open a slide file (or the folder of a DICOM slide) in this process; for files from outside use `open_isolated`.

    Raises a `SlideError` that says what is wrong with the file.
    """
    path = Path(path)
    reader = reader_for(path)
    with damage_is_corruption(path.name):
        slide: Slide = reader.open(path)
    try:
        _require_pixels(slide, path.name)
    except CoverslipError:
        slide.close()
        raise
    return slide


def _require_pixels(slide: Slide, file: str) -> None:
    """Raises `SlideCorrupt` where there is nothing to show; no reader needs a look of its own."""
    properties = slide.properties
    sides = [properties.width, properties.height]
    for level in properties.levels:
        sides += [level.width, level.height, level.tile_width, level.tile_height]
    if not properties.levels or min(sides) < 1:
        raise SlideCorrupt(file=file, problem="level_empty")


def reader_for(path: str | os.PathLike[str]) -> SlideReader:
    """The first enabled reader that accepts the file; of a slide in object storage, one that reads by range.

    Raises `SlideMissing`, `SlideEmpty`, `NotASlide`.
    """
    path = Path(path)
    head = _head(path)
    with damage_is_corruption(path.name):
        for name in settings().slide_readers:
            reader = reader_named(name)
            if (not is_remote(path) or reader.reads_ranges) and reader.accepts(path, head):
                return reader
    raise NotASlide(file=path.name)


def load_readers() -> None:
    """Import every enabled reader, which takes longer than opening a slide; one that is missing says so when asked."""
    for name in settings().slide_readers:
        with suppress(CoverslipError):
            reader_named(name)


@cache
def reader_named(name: str) -> SlideReader:
    """The reader of that entry-point name. Raises `InvalidInput` where none is installed."""
    for entry in entry_points(group=GROUP, name=name):
        reader: SlideReader = entry.load()()
        return reader
    raise InvalidInput(field="COVERSLIP_SLIDE_READERS", problem="reader_not_installed", value=name)


def _head(path: Path) -> bytes:
    try:
        if is_folder(path):
            return b""
        with closing(open_source(path)) as source:
            head = source.read_at(0, HEAD_BYTES)
    except FileNotFoundError as error:
        raise SlideMissing(file=path.name) from error
    if not head:
        raise SlideEmpty(file=path.name)
    return head

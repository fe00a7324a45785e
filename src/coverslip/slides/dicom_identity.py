"""Which slide a DICOM instance is of, read from the first part of its file; no pixel is looked at.

Only a bounded head is read and parsed, in Python, so that a file from outside costs little here whatever it holds.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag, Tag

from coverslip.slides.errors import PARSER_ERRORS
from coverslip.slides.source import open_source

PREFIX_AT, PREFIX = 128, b"DICM"
HEAD_BYTES = 1024 * 1024
"""The identifiers stand in the groups 0008, 0020 and 0040, before pixels and, as a rule, before anything large."""
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
"""SOP class VL Whole Slide Microscopy Image Storage (PS3.4 B.5)."""
DEFLATED = "1.2.840.10008.1.2.1.99"
"""Its head cannot be bounded: a few bytes may unfold to gigabytes. No whole slide is stored so."""
PREAMBLE_BYTES = 4096
"""The file's own description (group 0002) stands within it."""
_LAST_TAG = 0x0040_0512
_WANTED = ["SOPClassUID", "SeriesInstanceUID", "FrameOfReferenceUID", "ContainerIdentifier"]
_TAGS: list[BaseTag | int] = [Tag(keyword) for keyword in _WANTED]


@dataclass(frozen=True, slots=True)
class DicomIdentity:
    """What tells instances of one slide from those of another; empty where the file does not say."""

    sop_class: str = ""
    series: str = ""
    frame_of_reference: str = ""
    container: str = ""
    """Container Identifier (PS3.3 C.7.6.22): the glass."""

    @property
    def is_whole_slide(self) -> bool:
        """Whether it is an image of a slide; annotations and reports lie beside them."""
        return self.sop_class == WHOLE_SLIDE


def dicom_identity(path: Path) -> DicomIdentity | None:
    """The identity an instance states; None for a file that is no DICOM file. Raises `SlideMissing`, `OSError`."""
    source = open_source(path)
    try:
        start = source.read_at(0, PREFIX_AT + len(PREFIX))
        if start[PREFIX_AT:] != PREFIX:
            return None
        head = source.read_at(0, HEAD_BYTES)
    finally:
        source.close()
    if DEFLATED.encode() in head[:PREAMBLE_BYTES]:
        return DicomIdentity()
    try:
        found = read_partial(io.BytesIO(head), stop_when=_is_past, specific_tags=_TAGS)
    except (InvalidDicomError, *PARSER_ERRORS):
        return DicomIdentity()
    return DicomIdentity(*(_text(found, keyword) for keyword in _WANTED))


def _is_past(tag: object, vr: str | None, length: int) -> bool:
    return int(tag) > _LAST_TAG  # type: ignore[call-overload,no-any-return]  # pydicom's BaseTag is an int


def _text(found: pydicom.Dataset, keyword: str) -> str:
    return str(found.get(keyword, "") or "").strip()

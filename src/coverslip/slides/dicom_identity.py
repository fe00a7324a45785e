"""Which slide a DICOM instance is of, read from the first part of its file; no pixel is looked at.

Only a bounded head is read and parsed, in Python, so that a file from outside costs little here whatever it holds.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag, Tag

from coverslip.slides.dicom_area import Area, area_of, flavour_of
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
_LAST_TAG_OF_AREA = 0x5200_9229
_OF_AREA: list[BaseTag | int] = [
    Tag(keyword)
    for keyword in (
        "ImageType",
        "PyramidUID",
        "Rows",
        "Columns",
        "ImagedVolumeWidth",
        "ImagedVolumeHeight",
        "TotalPixelMatrixColumns",
        "TotalPixelMatrixRows",
        "TotalPixelMatrixOriginSequence",
        "ImageOrientationSlide",
        "SharedFunctionalGroupsSequence",
    )
]


@dataclass(frozen=True, slots=True)
class DicomIdentity:
    """What tells instances of one slide from those of another; empty where the file does not say."""

    sop_class: str = ""
    series: str = ""
    frame_of_reference: str = ""
    container: str = ""
    """Container Identifier (PS3.3 C.7.6.22): the glass."""
    area: Area | None = None
    """The piece of glass that a level shows; None for label, overview and thumbnail, and where it cannot be read."""

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
        found = read_partial(io.BytesIO(head), stop_when=_is_past(_LAST_TAG), specific_tags=_TAGS)
    except (InvalidDicomError, *PARSER_ERRORS):
        return DicomIdentity()
    sop_class, series, frame_of_reference, glass = (_text(found, keyword) for keyword in _WANTED)
    identity = DicomIdentity(sop_class, series, frame_of_reference, glass)
    return replace(identity, area=_area(head)) if identity.is_whole_slide else identity


def _area(head: bytes) -> Area | None:
    """A colour profile of more than `HEAD_BYTES` stands before some of it: such a slide's place is not known here."""
    try:
        found = read_partial(io.BytesIO(head), stop_when=_is_past(_LAST_TAG_OF_AREA), specific_tags=_OF_AREA)
        return None if flavour_of(found) is not None else area_of(found)
    except (InvalidDicomError, *PARSER_ERRORS):
        return None


def _is_past(last: int) -> Callable[[BaseTag, str | None, int], bool]:
    return lambda tag, vr, length: int(tag) > last


def _text(found: pydicom.Dataset, keyword: str) -> str:
    return str(found.get(keyword, "") or "").strip()

"""Which vendor's dialect a TIFF file speaks, told from its first directory; the name of the file plays no part.

One place for all readers, so that no file is claimed by two of them.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Literal

from tifffile import TiffFile

from coverslip.slides.readers.tiff_chain import is_tiff
from coverslip.slides.readers.tiff_file import DAMAGE, XMP, Page, tag_text
from coverslip.slides.source import Source, as_file, open_source

Dialect = Literal["none", "plain", "bif", "scn", "philips", "ndpi", "qptiff", "trestle", "subsampled", "other"]
"""`none`: not TIFF; `plain`: no vendor's dialect, or too damaged to tell; `subsampled`:
Aperio's JPEG 2000 with halved chroma, which imagecodecs refuses and OpenSlide reads; `other`: of a kind no slide is."""

NDPI_TAG = 65420
LEICA_NAMESPACE = "http://www.leica-microsystems.com/scn/"
OTHER = ("is_lsm", "is_stk", "is_fluoview")
MOST_NDPI_TAGS = 512
APERIO_YCBCR_JPEG2000 = 33003


def dialect(path: Path, head: bytes) -> Dialect:
    """The dialect of a file; `head`: its first 4,096 bytes."""
    if not is_tiff(head):
        return "none"
    source = open_source(path)
    try:
        if _is_ndpi(source, head):
            return "ndpi"
        with TiffFile(as_file(source), _multifile=False, is_ndpi=False) as tiff:
            if any(getattr(tiff, flag) for flag in OTHER):
                return "other"
            first = tiff.pages.first
            return "subsampled" if _has_subsampled_jpeg2000(first, source) else _of(first)
    except DAMAGE:
        return "plain"
    finally:
        source.close()


def _of(page: Page) -> Dialect:
    software, description = tag_text(page, "Software"), page.description or ""
    if "<iScan" in tag_text(page, XMP):
        return "bif"
    if LEICA_NAMESPACE in description:
        return "scn"
    if software.startswith("Philips") and "DPUfsImport" in description:
        return "philips"
    if software.startswith("PerkinElmer-QPI") or "<PerkinElmer-QPI-ImageDescription" in description:
        return "qptiff"
    return "trestle" if software.startswith("MedScan") else "plain"


def _is_ndpi(source: Source, head: bytes) -> bool:
    """Hamamatsu's first directory stands at a 64-bit offset, in a classic TIFF, and has a tag of Hamamatsu's."""
    if head[:4] != b"II*\x00" or len(head) < 12:
        return False
    offset = struct.unpack("<Q", head[4:12])[0]
    if offset + 2 > source.size:
        return False
    count = int.from_bytes(source.read_at(offset, 2), "little")
    entries = source.read_at(offset + 2, 12 * min(count, MOST_NDPI_TAGS))
    return any(entries[at : at + 2] == NDPI_TAG.to_bytes(2, "little") for at in range(0, len(entries), 12))


def _has_subsampled_jpeg2000(page: Page, source: Source) -> bool:
    """Whether the first tile's JPEG 2000 header (SIZ, ISO 15444-1 A.5.1) states chroma of its own size."""
    if int(page.compression) != APERIO_YCBCR_JPEG2000 or not page.dataoffsets:
        return False
    head = source.read_at(page.dataoffsets[0], 64)
    components = int.from_bytes(head[40:42], "big")
    return any(head[42 + 3 * number + 1 : 42 + 3 * number + 3] != b"\x01\x01" for number in range(min(components, 4)))

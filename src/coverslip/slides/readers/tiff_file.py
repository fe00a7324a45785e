"""An open TIFF file: its bytes by range and its directories as tifffile parses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tifffile import TiffFile, TiffFileError

from coverslip.slides.errors import SlideCorrupt, damage_is_corruption
from coverslip.slides.readers.tiff_chain import check_chain
from coverslip.slides.source import Source, as_file, open_source

Page = Any
"""tifffile's TiffPage, which ships no types."""
DAMAGE = (TiffFileError, OSError, ValueError, LookupError, TypeError, AttributeError)
ICC_PROFILE, XMP = 34675, 700


@dataclass(frozen=True, slots=True)
class OpenTiff:
    """One file, open until `close`."""

    path: Path
    source: Source
    tiff: Any

    @property
    def pages(self) -> list[Page]:
        """All main directories."""
        return list(self.tiff.pages)

    def close(self) -> None:
        """Give the file back; calling it again does nothing."""
        self.tiff.close()
        self.source.close()


@contextmanager
def opening(path: Path, *, ndpi: bool = False) -> Iterator[OpenTiff]:
    """The file, for a reader that opens a slide: stays open unless what follows fails.

    `ndpi`: Hamamatsu's TIFF, whose offsets have 64 bits. Raises `SlideTruncated`, `SlideTooLarge`, `SlideCorrupt`.
    """
    source = open_source(path)
    try:
        if not ndpi:
            check_chain(source)
        with damage_is_corruption(path.name):
            opened = OpenTiff(path, source, TiffFile(as_file(source), _multifile=False, is_ndpi=ndpi))
            yield opened
    except BaseException:
        source.close()
        raise


def tag_text(page: Page, name: str | int) -> str:
    """A tag as text without what pads it; empty where it is missing."""
    tag = page.tags.get(name)
    if tag is None:
        return ""
    value = tag.value
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.strip("\0 \t\r\n")


def icc_profile(page: Page, file: str) -> bytes | None:
    """The colour profile of an image. Raises `SlideCorrupt` where it is not bytes."""
    value = page.iccprofile
    if value is None:
        return None
    if not isinstance(value, bytes):
        raise SlideCorrupt(file=file, problem="profile_not_bytes")
    return value or None

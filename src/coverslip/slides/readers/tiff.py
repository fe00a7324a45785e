"""TIFF slides: Aperio SVS, pyramidal and plain TIFF, OME-TIFF; JPEG tiles are passed through undecoded."""

from __future__ import annotations

from pathlib import Path

from coverslip.slides.errors import FormatDeclined
from coverslip.slides.readers.ome_layers import open_layers
from coverslip.slides.readers.tiff_decodable import undecodable, unread_codestream
from coverslip.slides.readers.tiff_dialect import dialect
from coverslip.slides.readers.tiff_file import OpenTiff, icc_profile, opening
from coverslip.slides.readers.tiff_images import TiffImage
from coverslip.slides.readers.tiff_metadata import tag_metadata
from coverslip.slides.readers.tiff_pages import read_contents
from coverslip.slides.readers.tiff_slide import TiffSlide, described
from coverslip.slides.slide import SlideProperties
from coverslip.slides.spacing import StatedSpacing, checked_by_levels


class TiffReader:
    """Reads TIFF whose layout is understood completely; leaves vendors' own dialects to readers of their own."""

    name = "tiff"
    reads_ranges = True

    def accepts(self, path: Path, head: bytes) -> bool:
        """True for TIFF without a vendor dialect; also when it is too damaged to tell, so that `open` says why."""
        return dialect(path, head) == "plain"

    def open(self, path: Path) -> TiffSlide:
        """Open it. Raises `SlideTruncated`, `SlideTooLarge`, `SlideCorrupt`, `FormatDeclined`."""
        with opening(path) as opened:
            return _opened(opened)


def _opened(opened: OpenTiff) -> TiffSlide:
    file = opened.path.name
    layered = open_layers(opened, TiffReader.name)
    if layered is not None:
        return layered
    contents = read_contents(opened.pages, file)
    for page in contents.levels:
        problem = undecodable(page) or unread_codestream(page, opened.source)
        if problem is not None:
            raise FormatDeclined(file=file, problem=problem)
    images = [TiffImage(page, opened.source) for page in contents.levels]
    associated = {
        name: TiffImage(page, opened.source)
        for name, page in contents.associated.items()
        if undecodable(page) is None and unread_codestream(page, opened.source) is None
    }
    for image in (*images, *associated.values()):
        image.check_storage()
    metadata, levels = contents.metadata, described(images)
    stated = checked_by_levels(
        StatedSpacing(metadata.spacing, metadata.spacing_problem),
        [None, *(tag_metadata("", page.tags).spacing for page in contents.levels[1:])],
        [level.downsample for level in levels],
    )
    properties = SlideProperties(
        format=metadata.format,
        reader=TiffReader.name,
        vendor=metadata.vendor,
        width=images[0].width,
        height=images[0].height,
        levels=levels,
        spacing=stated.spacing,
        objective_power=metadata.objective_power,
        associated=tuple(sorted(associated)),
        barcode=metadata.barcode,
        icc_profile=icc_profile(contents.levels[0], file),
        scanner_model=metadata.scanner_model,
        scanned_at=metadata.scanned_at,
        spacing_problem=stated.problem,
    )
    return TiffSlide(properties, opened, images, {name: image.whole for name, image in associated.items()})

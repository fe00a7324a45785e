"""TIFF slides: Aperio SVS, pyramidal and plain TIFF, OME-TIFF; JPEG tiles are passed through undecoded."""

from __future__ import annotations

from pathlib import Path

from tifffile import TiffFile

from coverslip.slides.errors import FormatDeclined
from coverslip.slides.readers.tiff_chain import is_tiff
from coverslip.slides.readers.tiff_file import DAMAGE, OpenTiff, icc_profile, opening
from coverslip.slides.readers.tiff_images import TiffImage, undecodable
from coverslip.slides.readers.tiff_pages import read_contents
from coverslip.slides.readers.tiff_slide import TiffSlide, described
from coverslip.slides.slide import SlideProperties
from coverslip.slides.source import as_file, open_source

OTHER_VENDORS = ("is_ndpi", "is_scn", "is_bif", "is_philips", "is_qpi", "is_lsm", "is_stk", "is_fluoview")
TRESTLE = "MedScan"
APERIO_YCBCR_JPEG2000 = 33003


class TiffReader:
    """Reads TIFF whose layout is understood completely; leaves vendors' own dialects to readers of their own."""

    name = "tiff"
    reads_ranges = True

    def accepts(self, path: Path, head: bytes) -> bool:
        """True for TIFF without a vendor dialect; also when it is too damaged to tell, so that `open` says why."""
        if not is_tiff(head):
            return False
        source = open_source(path)
        try:
            with TiffFile(as_file(source), _multifile=False) as tiff:
                first = tiff.pages.first
                software = first.tags.get("Software")
                dialect = any(getattr(tiff, flag) for flag in OTHER_VENDORS)
                trestle = software is not None and str(software.value).startswith(TRESTLE)
                return not (dialect or trestle or _has_subsampled_jpeg2000(tiff))
        except DAMAGE:
            return True
        finally:
            source.close()

    def open(self, path: Path) -> TiffSlide:
        """Open it. Raises `SlideTruncated`, `SlideTooLarge`, `SlideCorrupt`, `FormatDeclined`."""
        with opening(path) as opened:
            return _opened(opened)


def _opened(opened: OpenTiff) -> TiffSlide:
    file = opened.path.name
    contents = read_contents(opened.pages, file)
    problem = undecodable(contents.levels[0])
    if problem is not None:
        raise FormatDeclined(file=file, problem=problem)
    images = [TiffImage(page, opened.source) for page in contents.levels]
    associated = {
        name: TiffImage(page, opened.source) for name, page in contents.associated.items() if undecodable(page) is None
    }
    for image in (*images, *associated.values()):
        image.check_storage()
    metadata = contents.metadata
    properties = SlideProperties(
        format=metadata.format,
        reader=TiffReader.name,
        vendor=metadata.vendor,
        width=images[0].width,
        height=images[0].height,
        levels=described(images),
        spacing=metadata.spacing,
        objective_power=metadata.objective_power,
        associated=tuple(sorted(associated)),
        barcode=metadata.barcode,
        icc_profile=icc_profile(contents.levels[0], file),
        scanner_model=metadata.scanner_model,
        scanned_at=metadata.scanned_at,
    )
    return TiffSlide(properties, opened, images, {name: image.whole for name, image in associated.items()})


def _has_subsampled_jpeg2000(tiff: TiffFile) -> bool:
    """Whether Aperio's YCbCr JPEG 2000 halves its chroma, which imagecodecs refuses and OpenSlide reads."""
    page = tiff.pages.first
    if int(page.compression) != APERIO_YCBCR_JPEG2000 or not page.dataoffsets:
        return False
    tiff.filehandle.seek(page.dataoffsets[0])
    head = tiff.filehandle.read(64)
    components = int.from_bytes(head[40:42], "big")
    return any(head[42 + 3 * number + 1 : 42 + 3 * number + 3] != b"\x01\x01" for number in range(min(components, 4)))

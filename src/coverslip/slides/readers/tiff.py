"""TIFF slides: Aperio SVS, pyramidal and plain TIFF, OME-TIFF; JPEG tiles are passed through undecoded."""

from __future__ import annotations

from pathlib import Path

from tifffile import TiffFile, TiffFileError

from coverslip.slides.errors import FormatDeclined, SlideCorrupt, damage_is_corruption
from coverslip.slides.readers.tiff_chain import check_chain, is_tiff
from coverslip.slides.readers.tiff_images import TiffImage, undecodable
from coverslip.slides.readers.tiff_pages import read_contents
from coverslip.slides.readers.tiff_slide import TiffSlide
from coverslip.slides.slide import Level, SlideProperties
from coverslip.slides.tiled import exact_downsample

OTHER_VENDORS = ("is_ndpi", "is_scn", "is_bif", "is_philips", "is_qpi", "is_lsm", "is_stk", "is_fluoview")
TRESTLE = "MedScan"
APERIO_YCBCR_JPEG2000 = 33003


class TiffReader:
    """Reads TIFF whose layout is understood completely; leaves vendors' own dialects to the OpenSlide reader."""

    name = "tiff"
    reads_ranges = False

    def accepts(self, path: Path, head: bytes) -> bool:
        """True for TIFF without a vendor dialect; also when it is too damaged to tell, so that `open` says why."""
        if not is_tiff(head):
            return False
        try:
            with TiffFile(path, _multifile=False) as tiff:
                first = tiff.pages.first
                software = first.tags.get("Software")
                dialect = any(getattr(tiff, flag) for flag in OTHER_VENDORS)
                trestle = software is not None and str(software.value).startswith(TRESTLE)
                return not (dialect or trestle or _has_subsampled_jpeg2000(tiff))
        except (TiffFileError, OSError, ValueError, LookupError, TypeError, AttributeError):
            return True

    def open(self, path: Path) -> TiffSlide:
        """Open it. Raises `SlideTruncated`, `SlideTooLarge`, `SlideCorrupt`, `FormatDeclined`."""
        with path.open("rb") as file:
            check_chain(file.fileno(), path.name)
        with damage_is_corruption(path.name):
            tiff = TiffFile(path, _multifile=False)
            try:
                return _opened(tiff, path)
            except BaseException:
                tiff.close()
                raise


def _opened(tiff: TiffFile, path: Path) -> TiffSlide:
    contents = read_contents(list(tiff.pages), path.name)
    problem = undecodable(contents.levels[0])
    if problem is not None:
        raise FormatDeclined(file=path.name, problem=problem)
    images = [TiffImage(page, tiff.filehandle.fileno(), path.name) for page in contents.levels]
    associated = {
        name: TiffImage(page, tiff.filehandle.fileno(), path.name)
        for name, page in contents.associated.items()
        if undecodable(page) is None
    }
    for image in (*images, *associated.values()):
        image.check_storage()
    base = images[0]
    levels = tuple(
        Level(
            width=image.width,
            height=image.height,
            downsample=exact_downsample((base.width, base.height), (image.width, image.height)),
            tile_width=image.tile_width,
            tile_height=image.tile_height,
            compression=image.compression,
            passthrough=image.passthrough is not None,
        )
        for image in images
    )
    metadata = contents.metadata
    properties = SlideProperties(
        format=metadata.format,
        reader=TiffReader.name,
        vendor=metadata.vendor,
        width=base.width,
        height=base.height,
        levels=levels,
        spacing=metadata.spacing,
        objective_power=metadata.objective_power,
        associated=tuple(sorted(associated)),
        barcode=metadata.barcode,
        icc_profile=_icc_profile(contents.levels[0].iccprofile, path.name),
        scanner_model=metadata.scanner_model,
        scanned_at=metadata.scanned_at,
    )
    return TiffSlide(properties, tiff, path, images, associated)


def _icc_profile(value: object, file: str) -> bytes | None:
    if value is None:
        return None
    if not isinstance(value, bytes):
        raise SlideCorrupt(file=file, problem="its colour profile is not bytes")
    return value or None


def _has_subsampled_jpeg2000(tiff: TiffFile) -> bool:
    """Whether Aperio's YCbCr JPEG 2000 halves its chroma, which imagecodecs refuses and OpenSlide reads."""
    page = tiff.pages.first
    if int(page.compression) != APERIO_YCBCR_JPEG2000 or not page.dataoffsets:
        return False
    tiff.filehandle.seek(page.dataoffsets[0])
    head = tiff.filehandle.read(64)
    components = int.from_bytes(head[40:42], "big")
    return any(head[42 + 3 * number + 1 : 42 + 3 * number + 3] != b"\x01\x01" for number in range(min(components, 4)))

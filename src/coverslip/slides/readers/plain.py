"""Plain pictures (PNG, JPEG, WebP, BMP): fields photographed at the microscope, regions exported from slides."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from coverslip.slides.errors import FormatDeclined, SlideCorrupt, SlideTooLarge, SlideTruncated, damage_is_corruption
from coverslip.slides.slide import EncodedTile, Level, RgbImage, SlideProperties
from coverslip.slides.spacing import CENTIMETRE, INCH, StatedSpacing, stated_by_resolution
from coverslip.slides.tiled import LARGEST_REGION_PX, TiledSlide

GRID = 512
JFIF_UNITS = {1: INCH, 2: CENTIMETRE}
"""Unit of a JPEG's density (JFIF 1.02) -> as TIFF counts it; 0 is none."""
MRXS = ".mrxs"
PNG, JPEG, WEBP, BMP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"WEBP", b"BM"
FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
DEEP = ("I", "I;16", "I;16B", "I;16L", "F")


class PlainImageReader:
    """Reads a whole picture into memory and shows it as a slide of one level with a grid of 512 px."""

    name = "plain"
    reads_ranges = False

    def accepts(self, path: Path, head: bytes) -> bool:
        """True for PNG, JPEG, WebP and BMP, by their first bytes. TIFF is the TIFF reader's.

        Not for an MRXS file, which is a JPEG picture too: what that shows is not the slide.
        """
        if path.suffix.lower() == MRXS:
            return False
        return head.startswith((PNG, JPEG, BMP)) or (head[:4] == b"RIFF" and head[8:12] == WEBP)

    def open(self, path: Path) -> PlainSlide:
        """Open it. Raises `SlideTooLarge`, `SlideTruncated`, `SlideCorrupt`, `FormatDeclined`."""
        with damage_is_corruption(path.name), warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked below, on our terms
            try:
                with Image.open(path, formats=FORMATS) as picture:
                    return _opened(picture, path)
            except Image.DecompressionBombError as error:
                raise SlideTooLarge(file=path.name, width=None, height=None) from error
            except UnidentifiedImageError as error:
                raise SlideCorrupt(file=path.name, problem="header_unread") from error


def _opened(picture: Image.Image, path: Path) -> PlainSlide:
    width, height = picture.size
    if width * height > LARGEST_REGION_PX:
        raise SlideTooLarge(file=path.name, width=width, height=height)
    if picture.mode in DEEP:
        raise FormatDeclined(file=path.name, problem="bits_a_channel", bits=16)
    if picture.mode == "CMYK":
        raise FormatDeclined(file=path.name, problem="cmyk")
    if getattr(picture, "n_frames", 1) > 1:
        raise FormatDeclined(file=path.name, problem="animation")
    spacing, profile, kind = _spacing(picture), picture.info.get("icc_profile"), picture.format
    try:
        pixels = _rgb(picture)
    except OSError as error:
        if "truncated" in str(error).lower():
            raise SlideTruncated(file=path.name, size=path.stat().st_size, needed=path.stat().st_size + 1) from error
        raise
    properties = SlideProperties(
        format="image",
        reader=PlainImageReader.name,
        vendor=None,
        width=width,
        height=height,
        levels=(
            Level(
                width=width,
                height=height,
                downsample=1.0,
                tile_width=min(GRID, width),
                tile_height=min(GRID, height),
                compression="jpeg"
                if kind == "JPEG"
                else "webp"
                if kind == "WEBP"
                else "none"
                if kind == "BMP"
                else "deflate",
                passthrough=False,
            ),
        ),
        spacing=spacing.spacing,
        objective_power=None,
        associated=(),
        barcode=None,
        icc_profile=profile if isinstance(profile, bytes) and profile else None,
        spacing_problem=spacing.problem,
    )
    return PlainSlide(properties, pixels)


def _rgb(picture: Image.Image) -> RgbImage:
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        opaque = Image.new("RGBA", picture.size, "white")
        opaque.alpha_composite(picture.convert("RGBA"))
        return np.asarray(opaque.convert("RGB"))
    return np.asarray(picture.convert("RGB"))


def _spacing(picture: Image.Image) -> StatedSpacing:
    """Only where the density is one that a microscope gives; programs write 72 or 96 dpi without meaning it."""
    unit, density = INCH, picture.info.get("dpi")
    if picture.format == "JPEG":
        unit, density = JFIF_UNITS.get(picture.info.get("jfif_unit", 0), 0), picture.info.get("jfif_density")
    return StatedSpacing() if density is None else stated_by_resolution(density[0], density[1], unit)


class PlainSlide(TiledSlide):
    """A picture in memory."""

    def __init__(self, properties: SlideProperties, pixels: RgbImage) -> None:
        super().__init__(properties)
        self._pixels = pixels

    def close(self) -> None:
        """The file is already closed; nothing is kept open."""
        self._cache.clear()

    def _decode(self, level: int, column: int, row: int, reduction: int) -> RgbImage:
        grid = self.level(level)
        x, y = column * grid.tile_width, row * grid.tile_height
        return self._pixels[y : y + grid.tile_height, x : x + grid.tile_width]

    def _stored(self, level: int, column: int, row: int) -> EncodedTile | None:
        return None

    def _associated(self, name: str) -> RgbImage:
        raise AssertionError(f"a plain picture has no {name}")

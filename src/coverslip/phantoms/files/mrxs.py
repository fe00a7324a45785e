"""3DHISTECH MRXS: a picture, and a folder beside it with `Slidedat.ini`, `Index.dat` and `Data0000.dat`.

From OpenSlide's description of the format: the camera's images lie in the data file; the index lists, for each zoom
level, pages of (number of the image, place, length, file), and for each other record one place. Images of a coarser
level stand for 2 x 2, 4 x 4, ... of the camera's. Written without overlap, as a scanner with exact stages would.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import simplejpeg

from coverslip.phantoms.files.picture import Rgb, cut, halved

VERSION = b"01.02"
SLIDE_ID = b"0123456789abcdef0123456789ABCDEF"
QUALITY = 92
RECORDS = (("ScanDataLayer_SlideThumbnail", "THUMBNAIL"), ("ScanDataLayer_SlideBarcode", "BARCODE"))
"""Other records, in order: the macro picture and the label."""

Place = tuple[int, int, int]
"""Number of the image, offset and length in the data file."""


def write_mrxs(
    path: Path,
    image: Rgb,
    *,
    macro: Rgb,
    label: Rgb,
    tile: int = 64,
    levels: int = 3,
    mpp: float = 0.25,
    power: int = 20,
) -> Path:
    """`path` ends in `.mrxs`; the picture is filled up with white to whole images. Returns `path`."""
    across, down = -(-image.shape[1] // tile), -(-image.shape[0] // tile)
    folder = path.with_suffix("")
    folder.mkdir()
    data = bytearray(VERSION + SLIDE_ID)
    pages: list[list[Place]] = []
    for level in range(levels):
        factor = 2**level
        canvas = _filled(image, across, down, tile, factor)
        smaller = halved(canvas, factor) if factor > 1 else canvas
        places = []
        columns = smaller.shape[1] // tile
        for number, pixels in enumerate(cut(smaller, (tile, tile))):
            x, y = number % columns * factor, number // columns * factor
            if x < across and y < down:
                places.append((y * across + x, *_append(data, pixels)))
        pages.append(places)
    others = [_append(data, picture) for picture in (macro, label)]
    (folder / "Data0000.dat").write_bytes(data)
    (folder / "Index.dat").write_bytes(_index(pages, others))
    (folder / "Slidedat.ini").write_text(_description(across, down, levels, tile, mpp, power), encoding="utf-8-sig")
    path.write_bytes(_jpeg(halved(image, 4)))
    return path


def _filled(image: Rgb, across: int, down: int, tile: int, factor: int) -> Rgb:
    width, height = -(-across // factor) * factor * tile, -(-down // factor) * factor * tile
    canvas = np.full((height, width, 3), 255, dtype=np.uint8)
    canvas[: image.shape[0], : image.shape[1]] = image
    return canvas


def _append(data: bytearray, pixels: Rgb) -> tuple[int, int]:
    stored = _jpeg(pixels)
    at = len(data)
    data += stored
    return at, len(stored)


def _jpeg(pixels: Rgb) -> bytes:
    return bytes(simplejpeg.encode_jpeg(pixels.copy(), quality=QUALITY, colorspace="RGB", colorsubsampling="444"))


def _index(pages: list[list[Place]], others: list[tuple[int, int]]) -> bytes:
    """Two roots behind version and slide; each points to a list, whose entries point to pages."""
    start = len(VERSION) + len(SLIDE_ID)
    body = bytearray(VERSION + SLIDE_ID + bytes(8))
    heads = []
    for places in pages:
        page = struct.pack("<ii", len(places), 0)
        page += b"".join(struct.pack("<iiii", number, at, length, 0) for number, at, length in places)
        heads.append(_listed(body, page))
    struct.pack_into("<i", body, start, len(body))
    body += struct.pack(f"<{len(heads)}i", *heads)
    heads = [_listed(body, struct.pack("<iiiiiii", 1, 0, 0, 0, at, length, 0)) for at, length in others]
    struct.pack_into("<i", body, start + 4, len(body))
    body += struct.pack(f"<{len(heads)}i", *heads)
    return bytes(body)


def _listed(body: bytearray, page: bytes) -> int:
    """Appends a page and its head (0, place of the page); the place of the head."""
    head = len(body)
    body += struct.pack("<ii", 0, head + 8) + page
    return head


def _description(across: int, down: int, levels: int, tile: int, mpp: float, power: int) -> str:
    lines = [
        "[GENERAL]",
        f"SLIDE_VERSION = {VERSION.decode()}",
        f"SLIDE_ID = {SLIDE_ID.decode()}",
        "SLIDE_NAME = example",
        f"IMAGENUMBER_X = {across}",
        f"IMAGENUMBER_Y = {down}",
        f"OBJECTIVE_MAGNIFICATION = {power}",
        "CameraImageDivisionsPerSide = 1",
        "[HIERARCHICAL]",
        "HIER_COUNT = 1",
        "HIER_0_NAME = Slide zoom level",
        f"HIER_0_COUNT = {levels}",
    ]
    for level in range(levels):
        lines += [
            f"HIER_0_VAL_{level} = ZoomLevel_{level}",
            f"HIER_0_VAL_{level}_SECTION = LAYER_0_LEVEL_{level}_SECTION",
        ]
    lines += ["NONHIER_COUNT = 1", "NONHIER_0_NAME = Scan data layer", f"NONHIER_0_COUNT = {len(RECORDS)}"]
    for number, (name, _) in enumerate(RECORDS):
        lines += [f"NONHIER_0_VAL_{number} = {name}", f"NONHIER_0_VAL_{number}_SECTION = NONHIERLAYER_{number}_SECTION"]
    lines += ["INDEXFILE = Index.dat", "[DATAFILE]", "FILE_COUNT = 1", "FILE_0 = Data0000.dat"]
    for level in range(levels):
        lines += [
            f"[LAYER_0_LEVEL_{level}_SECTION]",
            "OVERLAP_X = 0.0",
            "OVERLAP_Y = 0.0",
            f"MICROMETER_PER_PIXEL_X = {mpp * 2**level}",
            f"MICROMETER_PER_PIXEL_Y = {mpp * 2**level}",
            "IMAGE_FILL_COLOR_BGR = 16777215",
            f"DIGITIZER_WIDTH = {tile}",
            f"DIGITIZER_HEIGHT = {tile}",
            "IMAGE_FORMAT = JPEG",
            f"IMAGE_CONCAT_FACTOR = {0 if level == 0 else 1}",
        ]
    for number, (_, kind) in enumerate(RECORDS):
        lines += [f"[NONHIERLAYER_{number}_SECTION]", f"{kind}_IMAGE_TYPE = JPEG"]
    return "\r\n".join(lines) + "\r\n"

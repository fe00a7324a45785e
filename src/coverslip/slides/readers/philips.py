"""Philips TIFF (exported from iSyntax): padded levels, pixel sizes in XML, tiles without tissue left out.

Source: OpenSlide's documentation, "Philips format". The sizes in the tags include the padding, so those of the smaller
levels are worked out from the pixel sizes; what lies beyond them is filler.
"""

from __future__ import annotations

import base64
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from coverslip.slides import jpeg
from coverslip.slides.errors import FormatDeclined, SlideCorrupt
from coverslip.slides.readers.tiff_chain import check_size
from coverslip.slides.readers.tiff_decodable import undecodable
from coverslip.slides.readers.tiff_dialect import dialect
from coverslip.slides.readers.tiff_file import OpenTiff, icc_profile, opening
from coverslip.slides.readers.tiff_images import TiffImage
from coverslip.slides.readers.tiff_metadata import barcode_in_base64, iso_date
from coverslip.slides.readers.tiff_slide import Picture, TiffSlide, described
from coverslip.slides.slide import RgbImage, SlideProperties
from coverslip.slides.spacing import StatedSpacing, spacing_of_numbers

LARGEST_POWER = 200
ASSOCIATED = {"LABELIMAGE": "label", "MACROIMAGE": "macro"}
DATES = ("%Y%m%d%H%M%S.%f", "%Y%m%d%H%M%S")


class PhilipsReader:
    """Reads Philips TIFF by its software tag and XML."""

    name = "philips"
    reads_ranges = True

    def accepts(self, path: Path, head: bytes) -> bool:
        """True where the first directory is Philips'."""
        return dialect(path, head) == "philips"

    def open(self, path: Path) -> TiffSlide:
        """Open it. Raises `SlideTruncated`, `SlideTooLarge`, `SlideCorrupt`, `FormatDeclined`."""
        with opening(path) as opened:
            return _opened(opened)


def _opened(opened: OpenTiff) -> TiffSlide:
    file, pages = opened.path.name, opened.pages
    root = ElementTree.fromstring(pages[0].description)  # noqa: S314  expat limits entities, and this is the sandbox
    scans = [image for image in _objects(root, "PIM_DP_SCANNED_IMAGES") if _value(image, "PIM_DP_IMAGE_TYPE") == "WSI"]
    if len(scans) != 1:
        raise SlideCorrupt(file=file, problem="xml_slides", number=len(scans))
    stored = [page for page in pages if page.is_tiled]
    steps = _steps(scans[0], len(stored), file)
    images = []
    for page, step in zip(stored, steps, strict=True):
        problem = undecodable(page)
        if problem is not None:
            raise FormatDeclined(file=file, problem=problem)
        size = stored[0].imagewidth // step, stored[0].imagelength // step
        check_size(file, *size)
        if page.imagewidth < size[0] or page.imagelength < size[1]:
            raise SlideCorrupt(file=file, problem="level_spacing")
        image = TiffImage(page, opened.source, size)
        image.check_storage()
        images.append(image)
    pixel = _value(scans[0], "DICOM_PIXEL_SPACING")
    stated = spacing_of_numbers(*_spacing(pixel)) if (pixel or "").strip() else StatedSpacing()
    associated = _associated(root, pages, opened)
    properties = SlideProperties(
        format="philips-tiff",
        reader=PhilipsReader.name,
        vendor="Philips",
        width=images[0].width,
        height=images[0].height,
        levels=described(images, [float(step) for step in steps]),
        spacing=stated.spacing,
        objective_power=_power(_value(scans[0], "DICOM_DERIVATION_DESCRIPTION")),
        associated=tuple(sorted(associated)),
        barcode=barcode_in_base64(_value(root, "PIM_DP_UFS_BARCODE")),
        icc_profile=icc_profile(pages[0], file) or _profile(_value(scans[0], "DICOM_ICCPROFILE")),
        scanner_model=_value(root, "DICOM_MANUFACTURERS_MODEL_NAME"),
        scanned_at=iso_date(_value(root, "DICOM_ACQUISITION_DATETIME") or "", DATES),
        spacing_problem=stated.problem,
    )
    return TiffSlide(properties, opened, images, associated)


def _steps(scan: ElementTree.Element, count: int, file: str) -> list[int]:
    """Level-0 pixels that one pixel of each level spans: whole numbers, from the stated pixel sizes."""
    stated = [
        _spacing(_value(part, "DICOM_PIXEL_SPACING"))
        for part in _objects(scan, "PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE")
    ]
    if len(stated) != count or any(x is None or y is None for x, y in stated):
        raise SlideCorrupt(file=file, problem="levels_sizes", levels=count, stated=len(stated))
    base_x, base_y = stated[0]
    steps = [round((x / base_x + y / base_y) / 2) for x, y in stated if x and y and base_x and base_y]
    if steps[0] != 1 or any(finer >= coarser for finer, coarser in pairwise(steps)):
        raise SlideCorrupt(file=file, problem="levels_order")
    return steps


def _associated(root: ElementTree.Element, pages: list[Any], opened: OpenTiff) -> dict[str, Picture]:
    """Label and macro: directories whose text begins so, else pictures within the XML."""
    found: dict[str, Picture] = {}
    for page in pages:
        name = (page.description or "").strip().split(" ")[0].lower()
        if name in ASSOCIATED.values() and not page.is_tiled and undecodable(page) is None:
            image = TiffImage(page, opened.source)
            image.check_storage()
            found.setdefault(name, image.whole)
    for scan in _objects(root, "PIM_DP_SCANNED_IMAGES"):
        kind, data = ASSOCIATED.get(_value(scan, "PIM_DP_IMAGE_TYPE") or ""), _value(scan, "PIM_DP_IMAGE_DATA")
        if kind is not None and data:
            found.setdefault(kind, _embedded(data))
    return found


def _embedded(data: str) -> Picture:
    def picture() -> RgbImage:
        return jpeg.decode(base64.b64decode(data))

    return picture


def _objects(element: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """The objects in the array of that name."""
    return [
        found
        for attribute in element.findall("Attribute")
        if attribute.get("Name") == name
        for found in attribute.findall("Array/DataObject")
    ]


def _value(element: ElementTree.Element, name: str) -> str | None:
    for attribute in element.findall("Attribute"):
        if attribute.get("Name") == name:
            return (attribute.text or "").strip() or None
    return None


def _spacing(text: str | None) -> tuple[float | None, float | None]:
    """Micrometres in x and y from `"row" "column"` in millimetres."""
    sides = re.findall(r"[\d.]+(?:[eE][+-]?\d+)?", text or "")
    if len(sides) != 2 or "-" in re.sub(r"[eE]-", "", text or ""):
        return None, None
    down, across = (float(side) * 1000 for side in sides)
    return (across or None), (down or None)


def _power(derivation: str | None) -> float | None:
    """The first of `levels=40,...`, where it is a magnification."""
    match = re.search(r"(?:^|-)levels=(\d+)", derivation or "")
    power = int(match.group(1)) if match else 0
    return float(power) if 0 < power <= LARGEST_POWER else None


def _profile(text: str | None) -> bytes | None:
    """A colour profile in base64; None where it is none."""
    if text is None:
        return None
    try:
        data = base64.b64decode(text)
    except ValueError:
        return None
    return data if data[36:40] == b"acsp" else None

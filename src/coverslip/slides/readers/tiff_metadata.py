"""What a TIFF's texts and tags say of the scan: pixel size, objective, scanner, date, barcode. Nothing is guessed."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from coverslip.slides.readers.texts import elements
from coverslip.slides.spacing import (
    SpacingProblem,
    StatedSpacing,
    spacing_of_numbers,
    spacing_of_texts,
    stated_by_resolution,
)
from coverslip.vocabulary.units import Spacing

APERIO = "Aperio"
OME_LENGTHS_UM = {"nm": 1e-3, "µm": 1.0, "μm": 1.0, "um": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6, "Å": 1e-4}
IMAGEJ_LENGTHS_UM = {
    "um": 1.0,
    "µm": 1.0,
    "\\u00B5m": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "mm": 1e3,
    "cm": 1e4,
    "nm": 1e-3,
}
APERIO_DATES = ("%m/%d/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S")
TIFF_DATES = ("%Y:%m:%d %H:%M:%S", "%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True, slots=True)
class ScanMetadata:
    """What is known of the scan; None where the file does not say."""

    format: str
    vendor: str | None = None
    spacing: Spacing | None = None
    spacing_problem: SpacingProblem | None = None
    objective_power: float | None = None
    scanner_model: str | None = None
    scanned_at: str | None = None
    barcode: str | None = None


@dataclass(frozen=True, slots=True)
class OmeImage:
    """One `Image` of OME-XML (OME schema 2016-06): which directory holds it and how its pixels are arranged."""

    name: str
    directory: int
    channels: int
    samples: int
    planes: int
    """Focal planes times time points."""
    spacing: StatedSpacing
    objective_power: float | None
    acquired: str | None


def is_aperio(description: str) -> bool:
    """Whether the first directory's text is Aperio's."""
    return description.startswith(APERIO)


def is_ome(description: str) -> bool:
    """Whether the first directory's text is OME-XML."""
    return description.lstrip().startswith("<") and description.rstrip().endswith(("</OME>", "OME>"))


def aperio_metadata(description: str) -> ScanMetadata:
    """From Aperio's `ImageDescription`: `header|KEY = VALUE|KEY = VALUE ...`."""
    pairs = (part.partition("=") for part in description.split("|")[1:])
    values = {key.strip(): value.strip() for key, _, value in pairs if value.strip()}
    when = f"{values.get('Date', '')} {values.get('Time', '')}".strip()
    stated = spacing_of_texts(values.get("MPP"), values.get("MPP"))
    return ScanMetadata(
        format="svs",
        vendor=APERIO,
        spacing=stated.spacing,
        spacing_problem=stated.problem,
        objective_power=_positive(values.get("AppMag")),
        scanner_model=values.get("ScannerType") or values.get("ScanScope ID"),
        scanned_at=iso_date(when, APERIO_DATES),
        barcode=values.get("Barcode") or values.get("Slide Barcode"),
    )


def ome_images(description: str) -> list[OmeImage]:
    """The images of an OME-XML text, in order. Raises ElementTree.ParseError (a SyntaxError) for broken XML."""
    root = ElementTree.fromstring(description)  # noqa: S314  expat limits entity expansion, and this runs in the sandbox
    powers = {
        objective.get("ID"): _positive(objective.get("NominalMagnification"))
        for objective in elements(root, "Objective")
    }
    images, directory = [], 0
    for image in elements(root, "Image"):
        pixels = next(iter(elements(image, "Pixels")), None)
        if pixels is None:
            continue
        data = next(iter(elements(pixels, "TiffData")), None)
        stated = data.get("IFD") if data is not None else None
        here = directory if stated is None else int(stated)
        channels = elements(pixels, "Channel")
        planes = int(pixels.get("SizeZ", "1")) * int(pixels.get("SizeT", "1"))
        settings = next(iter(elements(image, "ObjectiveSettings")), None)
        acquired = next(iter(elements(image, "AcquisitionDate")), None)
        samples = int(channels[0].get("SamplesPerPixel", "1")) if channels else int(pixels.get("SizeC", "1"))
        images.append(
            OmeImage(
                name=image.get("Name", ""),
                directory=here,
                channels=max(1, len(channels)),
                samples=samples,
                planes=planes,
                spacing=_ome_spacing(pixels),
                objective_power=powers.get(settings.get("ID")) if settings is not None else None,
                acquired=acquired.text if acquired is not None else None,
            )
        )
        directory = here + planes * max(1, len(channels))
    return images


def ome_metadata(image: OmeImage, tags: Any) -> ScanMetadata:
    """From the OME image shown; the vendor from the TIFF tags, where they say."""
    plain = tag_metadata("", tags)
    return ScanMetadata(
        format="ome-tiff",
        vendor=plain.vendor,
        spacing=image.spacing.spacing,
        spacing_problem=image.spacing.problem,
        objective_power=image.objective_power,
        scanner_model=plain.scanner_model,
        scanned_at=image.acquired or plain.scanned_at,
    )


def tag_metadata(description: str, tags: Any) -> ScanMetadata:
    """From the baseline tags (Make, Model, DateTime, resolution), and ImageJ's text where there is one."""

    def text(name: str) -> str | None:
        tag = tags.get(name)
        return str(tag.value).strip() or None if tag is not None else None

    def ratio(name: str) -> float | None:
        tag = tags.get(name)
        if tag is None or not isinstance(tag.value, tuple) or len(tag.value) != 2 or not tag.value[1]:
            return None
        return float(tag.value[0]) / float(tag.value[1])

    x, y = ratio("XResolution"), ratio("YResolution")
    unit = tags.get("ResolutionUnit")
    stated = stated_by_resolution(x, y, int(unit.value) if unit is not None else 2)
    if description.startswith("ImageJ="):
        stated = _imagej_spacing(description, x, y)
    return ScanMetadata(
        format="tiff",
        vendor=text("Make"),
        spacing=stated.spacing,
        spacing_problem=stated.problem,
        scanner_model=text("Model"),
        scanned_at=iso_date(text("DateTime") or "", TIFF_DATES),
    )


def barcode_in_base64(text: str | None) -> str | None:
    """A barcode as Leica and Philips write it, in base64; one that is none is taken as it stands."""
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True).decode() or None
    except ValueError:
        return text


def with_format(metadata: ScanMetadata, name: str) -> ScanMetadata:
    """The same under another format name."""
    return replace(metadata, format=name)


def iso_date(text: str, patterns: tuple[str, ...]) -> str | None:
    """ISO 8601 of a date in one of these patterns; None where it is in none."""
    for pattern in patterns:
        try:
            return datetime.strptime(text, pattern).isoformat()  # scanners state no time zone
        except ValueError:
            continue
    return None


def _positive(text: str | None) -> float | None:
    match = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?)\s*[xX]?\s*", text or "")
    value = float(match.group(1).replace(",", ".")) if match else 0.0
    return value if value > 0 else None


def _ome_spacing(pixels: ElementTree.Element) -> StatedSpacing:
    sides = []
    for axis in "XY":
        text = pixels.get(f"PhysicalSize{axis}")
        if text is None:
            return StatedSpacing()
        unit = OME_LENGTHS_UM.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        if unit is None:
            return StatedSpacing()  # pixels, reference frames: no lengths
        size = _positive(text)
        sides.append(size * unit if size is not None else None)
    return spacing_of_numbers(sides[0], sides[1])


def _imagej_spacing(description: str, x: float | None, y: float | None) -> StatedSpacing:
    values = dict(line.split("=", 1) for line in description.splitlines() if "=" in line)
    unit = IMAGEJ_LENGTHS_UM.get(values.get("unit", "").strip())
    if unit is None or not x or not y:
        return StatedSpacing()
    return spacing_of_numbers(unit / x, unit / y)

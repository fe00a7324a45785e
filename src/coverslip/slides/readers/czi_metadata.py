"""What the XML of a CZI file says of the scan: spacing, lens, barcode, channels and their windows."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from xml.etree import ElementTree

from coverslip.slides.spacing import credible_spacing
from coverslip.vocabulary.units import Spacing

UM_PER_M = 1_000_000.0
COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{2})?([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})")
FULL_SCALE = 65_535


@dataclass(frozen=True, slots=True)
class CziChannel:
    """None for what the file does not say; `low`, `high`: shares of the range of stored values."""

    name: str | None
    wavelength_nm: float | None
    colour: tuple[int, int, int] | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class CziMetadata:
    """None for what the file does not say."""

    spacing: Spacing | None
    plane_step_um: float | None
    objective_power: float | None
    barcode: str | None
    scanner_model: str | None
    scanned_at: str | None
    channels: tuple[CziChannel, ...]


def read_metadata(xml: str) -> CziMetadata:
    """Raises ElementTree.ParseError (a SyntaxError) for broken XML."""
    if not xml.strip("\0 \r\n"):
        return CziMetadata(None, None, None, None, None, None, ())
    root = ElementTree.fromstring(xml.rstrip("\0"))  # noqa: S314  expat limits entity expansion; this runs in the sandbox
    steps = {entry.get("Id"): _number(entry.findtext("Value")) for entry in root.iterfind(".//Scaling/Items/Distance")}
    x, y, z = (steps.get(axis) for axis in "XYZ")
    return CziMetadata(
        spacing=credible_spacing(_um(x), _um(y)),
        plane_step_um=_um(z),
        objective_power=_number(root.findtext(".//Instrument/Objectives/Objective/NominalMagnification")),
        barcode=_text(root, ".//Barcodes/Barcode/Content"),
        scanner_model=_text(root, ".//Instrument/Microscopes/Microscope/Name") or _text(root, ".//Microscope/System"),
        scanned_at=_text(root, ".//Image/AcquisitionDateAndTime"),
        channels=_channels(root),
    )


def _channels(root: ElementTree.Element) -> tuple[CziChannel, ...]:
    """From the dimensions of the image; colour and window by the display settings, which come in the same order."""
    settings = list(root.iterfind(".//DisplaySetting/Channels/Channel"))
    by_id = {setting.get("Id"): setting for setting in settings}
    found = []
    for number, channel in enumerate(root.iterfind(".//Image/Dimensions/Channels/Channel")):
        shown = by_id.get(channel.get("Id"), settings[number] if number < len(settings) else None)
        colour = _text(shown, "Color") if shown is not None else None
        match = COLOUR.fullmatch(colour or _text(channel, "Color") or "")
        wavelength = _number(channel.findtext("EmissionWavelength"))
        found.append(
            CziChannel(
                name=channel.get("Name") or _text(channel, "Fluor") or _text(channel, "DyeName"),
                wavelength_nm=wavelength,
                colour=(int(match[1], 16), int(match[2], 16), int(match[3], 16)) if match else None,
                low=_share(shown, "Low", 0.0),
                high=_share(shown, "High", None),
            )
        )
    return tuple(found)


def _share(element: ElementTree.Element | None, name: str, default: float | None) -> float | None:
    text = element.findtext(name) if element is not None else None
    try:
        value = float(text) if text else default
    except ValueError:
        return None
    return value if value is not None and 0 <= value <= 1 else None


def _um(metres: float | None) -> float | None:
    return None if metres is None else metres * UM_PER_M


def _text(element: ElementTree.Element, path: str) -> str | None:
    return (element.findtext(path) or "").strip() or None


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else 0.0
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None

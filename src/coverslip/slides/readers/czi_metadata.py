"""What the XML of a CZI file says of the scan: spacing, lens, barcode, channels and their windows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from coverslip.slides.readers.texts import positive
from coverslip.slides.spacing import StatedSpacing, spacing_number, spacing_of_numbers

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

    spacing: StatedSpacing
    plane_step_um: float | None
    objective_power: float | None
    barcode: str | None
    scanner_model: str | None
    scanned_at: str | None
    channels: tuple[CziChannel, ...]


def read_metadata(xml: str) -> CziMetadata:
    """Raises ElementTree.ParseError (a SyntaxError) for broken XML."""
    if not xml.strip("\0 \r\n"):
        return CziMetadata(StatedSpacing(), None, None, None, None, None, ())
    root = ElementTree.fromstring(xml.rstrip("\0"))  # noqa: S314  expat limits entity expansion; this runs in the sandbox
    steps = {entry.get("Id"): entry.findtext("Value") for entry in root.iterfind(".//Scaling/Items/Distance")}
    return CziMetadata(
        spacing=_spacing(steps.get("X"), steps.get("Y")),
        plane_step_um=_um(positive(steps.get("Z"))),
        objective_power=positive(root.findtext(".//Instrument/Objectives/Objective/NominalMagnification")),
        barcode=_text(root, ".//Barcodes/Barcode/Content"),
        scanner_model=_text(root, ".//Instrument/Microscopes/Microscope/Name") or _text(root, ".//Microscope/System"),
        scanned_at=_text(root, ".//Image/AcquisitionDateAndTime"),
        channels=_channels(root),
    )


def _spacing(x: str | None, y: str | None) -> StatedSpacing:
    """From two texts in metres."""
    if not (x or "").strip() and not (y or "").strip():
        return StatedSpacing()
    return spacing_of_numbers(_um(spacing_number(x)), _um(spacing_number(y)))


def _channels(root: ElementTree.Element) -> tuple[CziChannel, ...]:
    """From the dimensions of the image; colour and window by the display settings, which come in the same order."""
    settings = list(root.iterfind(".//DisplaySetting/Channels/Channel"))
    by_id = {setting.get("Id"): setting for setting in settings}
    found = []
    for number, channel in enumerate(root.iterfind(".//Image/Dimensions/Channels/Channel")):
        shown = by_id.get(channel.get("Id"), settings[number] if number < len(settings) else None)
        colour = _text(shown, "Color") if shown is not None else None
        match = COLOUR.fullmatch(colour or _text(channel, "Color") or "")
        wavelength = positive(channel.findtext("EmissionWavelength"))
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

"""The OME-XML text of an OME-TIFF (OME model 2016-06): pixel size, objective, label and macro as further images."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from xml.etree import ElementTree

from coverslip import __version__
from coverslip.slides.slide import RgbImage, SlideProperties
from coverslip.vocabulary.units import Spacing

NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
Element = ElementTree.Element


def ome_xml(
    properties: SlideProperties, spacing: Spacing | None, pictures: Mapping[str, RgbImage], *, grey: bool = False
) -> str:
    """`pictures`: label and macro, in the order of their directories after the slide's. Pure ASCII."""
    root = Element("OME", xmlns=NAMESPACE)
    root.set("xmlns:xsi", INSTANCE)
    root.set("xsi:schemaLocation", f"{NAMESPACE} {NAMESPACE}/ome.xsd")
    root.set("Creator", f"Coverslip {__version__}")
    if properties.objective_power is not None or properties.scanner_model is not None:
        _add_instrument(root, properties)
    image = _add_image(root, 0, "slide", properties.scanned_at)
    if root.find("Instrument") is not None:
        ElementTree.SubElement(image, "InstrumentRef", ID="Instrument:0")
    if properties.objective_power is not None:
        ElementTree.SubElement(image, "ObjectiveSettings", ID="Objective:0")
    _add_pixels(image, 0, properties.width, properties.height, spacing, samples=1 if grey else 3)
    for number, (name, picture) in enumerate(pictures.items(), start=1):
        height, width = picture.shape[:2]
        _add_pixels(_add_image(root, number, name, None), number, width, height, None, samples=3)
    text = ElementTree.tostring(root, encoding="us-ascii").decode("ascii")
    return f'<?xml version="1.0" encoding="UTF-8"?>{text}'


def _add_instrument(root: Element, properties: SlideProperties) -> None:
    instrument = ElementTree.SubElement(root, "Instrument", ID="Instrument:0")
    if properties.scanner_model is not None:
        microscope = ElementTree.SubElement(instrument, "Microscope", Model=properties.scanner_model)
        if properties.vendor is not None:
            microscope.set("Manufacturer", properties.vendor)
    if properties.objective_power is not None:
        power = f"{properties.objective_power:g}"
        ElementTree.SubElement(instrument, "Objective", ID="Objective:0", NominalMagnification=power)


def _add_image(root: Element, number: int, name: str, scanned_at: str | None) -> Element:
    image = ElementTree.SubElement(root, "Image", ID=f"Image:{number}", Name=name)
    moment = _moment(scanned_at)
    if moment is not None:
        ElementTree.SubElement(image, "AcquisitionDate").text = moment
    return image


def _add_pixels(image: Element, number: int, width: int, height: int, spacing: Spacing | None, *, samples: int) -> None:
    pixels = ElementTree.SubElement(image, "Pixels", ID=f"Pixels:{number}", DimensionOrder="XYCZT", Type="uint8")
    pixels.set("Interleaved", "true")
    for name, size in (("X", width), ("Y", height), ("Z", 1), ("C", samples), ("T", 1)):
        pixels.set(f"Size{name}", str(size))
    if spacing is not None:
        for name, um in (("X", spacing.x_um), ("Y", spacing.y_um)):
            pixels.set(f"PhysicalSize{name}", repr(float(um)))
            pixels.set(f"PhysicalSize{name}Unit", "\u00b5m")
    ElementTree.SubElement(pixels, "Channel", ID=f"Channel:{number}:0", SamplesPerPixel=str(samples))
    ElementTree.SubElement(pixels, "TiffData", IFD=str(number), PlaneCount="1")


def _moment(iso: str | None) -> str | None:
    """xsd:dateTime of an ISO 8601 text that has a time of day."""
    try:
        return datetime.fromisoformat(iso or "").isoformat(timespec="seconds") if len(iso or "") > 10 else None
    except ValueError:
        return None

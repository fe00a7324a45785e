"""OME-TIFF with several focal planes or channels, or with brightness of 16 bits.

Source: the OME-XML schema 2016-06 and the OME-TIFF specification: `TiffData` says which directory holds which plane,
channel and time; the smaller levels of each are its sub-directories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from coverslip.errors import Problem
from coverslip.slides.errors import FormatDeclined, SlideCorrupt
from coverslip.slides.layers import colour_of
from coverslip.slides.readers.texts import elements
from coverslip.slides.readers.tiff_chain import check_size
from coverslip.slides.readers.tiff_decodable import COMPRESSIONS, MINISWHITE, undecodable
from coverslip.slides.readers.tiff_file import OpenTiff, Page, icc_profile
from coverslip.slides.readers.tiff_images import LevelImage, TiffImage
from coverslip.slides.readers.tiff_layers import ChannelImage, LayeredTiffSlide, measured_window
from coverslip.slides.readers.tiff_metadata import OME_LENGTHS_UM, OmeImage, is_ome, ome_images, ome_metadata
from coverslip.slides.readers.tiff_pages import associated_name, shown_image, with_smaller
from coverslip.slides.readers.tiff_slide import Picture, described
from coverslip.slides.slide import Channel, FocalPlane, SlideProperties

MOST_LAYERS = 4096
KINDS = ((8, 1), (16, 1), (32, 3))
"""Bits and sample format (TIFF tag 339) of brightness: unsigned, or floating-point."""
ORDERS = ("XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC")


@dataclass(frozen=True, slots=True)
class _Stack:
    """What the XML says of the image shown: directories by (plane, channel)."""

    planes: int
    channels: int
    samples: int
    directories: dict[tuple[int, int], int]
    step_um: float | None
    elements: tuple[ElementTree.Element, ...]


def needs_layers(page: Page, image: OmeImage) -> bool:
    """Whether an image is more than one picture in colour or in grey of 8 bits."""
    return image.planes > 1 or image.channels > 1 or (page.samplesperpixel == 1 and page.bitspersample != 8)


def open_layers(opened: OpenTiff, reader: str) -> LayeredTiffSlide | None:
    """The slide of an OME-TIFF with layers; None for every other TIFF.

    Raises `FormatDeclined`, `SlideCorrupt`, `SlideTruncated`.
    """
    pages = opened.pages
    xml = pages[0].description or ""
    images = ome_images(xml) if is_ome(xml) else []
    if not images or any(not 0 <= image.directory < len(pages) for image in images):
        return None
    shown = shown_image(images, opened.path.name)
    if not needs_layers(pages[shown.directory], shown):
        return None
    return _opened(opened, xml, images, shown, reader)


def _pictures(opened: OpenTiff, images: list[OmeImage], shown: OmeImage) -> dict[str, Picture]:
    found: dict[str, Picture] = {}
    for image in images:
        name, page = associated_name(image.name), opened.pages[image.directory]
        if name is not None and image is not shown and undecodable(page) is None:
            picture = TiffImage(page, opened.source)
            picture.check_storage()
            found.setdefault(name, picture.whole)
    return found


def _opened(opened: OpenTiff, xml: str, images: list[OmeImage], image: OmeImage, reader: str) -> LayeredTiffSlide:
    file, pages = opened.path.name, opened.pages
    number, associated = images.index(image), _pictures(opened, images, image)
    stack = _stack(_pixels(xml, number), image.directory, len(pages), file)
    stored = {
        layer: [_image(page, opened) for page in with_smaller(pages[directory], directory, file)]
        for layer, directory in stack.directories.items()
    }
    if len({tuple((level.width, level.height) for level in levels) for levels in stored.values()}) > 1:
        raise SlideCorrupt(file=file, problem="layers_differ")
    shown = stack.planes // 2
    grey = pages[image.directory].samplesperpixel == 1
    if not grey and stack.channels > 1:
        raise FormatDeclined(file=file, problem="channels_in_colour", number=stack.channels)
    channels = _channels(stack, [stored[shown, channel][-1] for channel in range(stack.channels)]) if grey else ()
    stacks: dict[tuple[int, int | None], Sequence[LevelImage]] = {}
    for plane in range(stack.planes):
        if not channels:
            stacks[plane, None] = stored[plane, 0]
            continue
        every = [stored[plane, channel] for channel in range(stack.channels)]
        stacks[plane, None] = [ChannelImage(same, channels) for same in zip(*every, strict=True)]
        for position, channel in enumerate(channels):
            stacks[plane, position] = [ChannelImage([level], [channel]) for level in stored[plane, position]]
    metadata, base = ome_metadata(image, pages[0].tags), stacks[shown, None]
    properties = SlideProperties(
        format=metadata.format,
        reader=reader,
        vendor=metadata.vendor,
        width=base[0].width,
        height=base[0].height,
        levels=described(base),
        spacing=metadata.spacing,
        objective_power=metadata.objective_power,
        associated=tuple(sorted(associated)),
        barcode=metadata.barcode,
        icc_profile=icc_profile(pages[image.directory], file),
        scanner_model=metadata.scanner_model,
        scanned_at=metadata.scanned_at,
        planes=_planes(stack, shown),
        shown_plane=shown,
        channels=channels,
        spacing_problem=metadata.spacing_problem,
    )
    return LayeredTiffSlide(properties, opened, stacks, associated)


def _pixels(xml: str, number: int) -> ElementTree.Element:
    """The `Pixels` element of an image, counted as `ome_images` counts."""
    root = ElementTree.fromstring(xml)  # noqa: S314  expat limits entity expansion, and this runs in the sandbox
    return [pixels for image in elements(root, "Image") for pixels in elements(image, "Pixels")[:1]][number]


def _stack(pixels: ElementTree.Element, first: int, pages: int, file: str) -> _Stack:
    sizes = {axis: int(pixels.get(f"Size{axis}", "1")) for axis in "ZCT"}
    stated = tuple(elements(pixels, "Channel"))
    samples = int(stated[0].get("SamplesPerPixel", "1")) if stated else 1
    channels = sizes["C"] // max(1, samples)
    if sizes["T"] > 1:
        raise FormatDeclined(file=file, problem="time_points", number=sizes["T"])
    if min(sizes["Z"], channels) < 1 or sizes["Z"] * channels > MOST_LAYERS:
        raise SlideCorrupt(file=file, problem="layers_count", planes=sizes["Z"], channels=channels)
    directories = _directories(pixels, sizes["Z"], channels, first, file)
    if len(directories) < sizes["Z"] * channels or not all(0 <= at < pages for at in directories.values()):
        raise SlideCorrupt(file=file, problem="ome_xml_misfit")
    step, unit = pixels.get("PhysicalSizeZ"), OME_LENGTHS_UM.get(pixels.get("PhysicalSizeZUnit", "µm"))
    step_um = float(step) * unit if step is not None and unit is not None else None
    return _Stack(sizes["Z"], channels, samples, directories, step_um if step_um and step_um > 0 else None, stated)


def _directories(
    pixels: ElementTree.Element, planes: int, channels: int, first: int, file: str
) -> dict[tuple[int, int], int]:
    order = pixels.get("DimensionOrder", ORDERS[0])
    if order not in ORDERS:
        raise SlideCorrupt(file=file, problem="ome_order", value=order[:8])
    planes_first = order.index("Z") < order.index("C")
    places = [
        (position % planes, position // planes) if planes_first else (position // channels, position % channels)
        for position in range(planes * channels)
    ]
    found: dict[tuple[int, int], int] = {}
    for data in elements(pixels, "TiffData"):
        if any(element.get("FileName") not in (None, file) for element in elements(data, "UUID")):
            raise FormatDeclined(file=file, problem="ome_several_files")
        start = places.index((int(data.get("FirstZ", "0")), int(data.get("FirstC", "0"))))
        directory = int(data.get("IFD", str(first)))
        alone = data.get("IFD") is not None and data.get("PlaneCount") is None
        count = 1 if alone else int(data.get("PlaneCount", str(len(places))))
        for position, place in enumerate(places[start : start + count]):
            found.setdefault(place, directory + position)
    return found or {place: first + position for position, place in enumerate(places)}


def _image(page: Page, opened: OpenTiff) -> TiffImage:
    file = opened.path.name
    check_size(file, page.imagewidth, page.imagelength)
    problem = undecodable(page) if page.samplesperpixel > 1 else _unread(page)
    if problem is not None:
        raise FormatDeclined(file=file, problem=problem)
    image = TiffImage(page, opened.source)
    image.check_storage()
    return image


def _unread(page: Page) -> Problem | None:
    """Why brightness cannot be shown as a channel, or None."""
    if (page.bitspersample, page.sampleformat or 1) not in KINDS or page.imagedepth != 1:
        return Problem("bits_a_channel", bits=page.bitspersample)
    if not page.is_tiled:
        return Problem("layers_not_tiled")
    if int(page.photometric) == MINISWHITE:
        return Problem("channels_inverted")
    if int(page.compression) not in COMPRESSIONS:
        return Problem("compression_unread", value=int(page.compression))
    return None


def _planes(stack: _Stack, shown: int) -> tuple[FocalPlane, ...]:
    if stack.planes == 1 or stack.step_um is None:
        return tuple(FocalPlane(None) for _ in range(stack.planes))
    return tuple(FocalPlane((number - shown) * stack.step_um) for number in range(stack.planes))


def _channels(stack: _Stack, coarsest: list[TiffImage]) -> tuple[Channel, ...]:
    made = []
    for number, image in enumerate(coarsest):
        element = stack.elements[number] if number < len(stack.elements) else ElementTree.Element("Channel")
        wavelength = _wavelength(element)
        alone = len(coarsest) == 1 and wavelength is None
        fallback = (255, 255, 255) if alone else colour_of(wavelength, number)
        name = element.get("Name") or element.get("Fluor") or str(number + 1)
        made.append(Channel(name, wavelength, _colour(element) or fallback, measured_window(image)))
    return tuple(made)


def _colour(element: ElementTree.Element) -> tuple[int, int, int] | None:
    """`Color`: red, green, blue and opacity as one signed number; white is what writers state without meaning it."""
    text = element.get("Color")
    if text is None:
        return None
    value = int(text) & 0xFFFFFFFF
    colour = (value >> 24 & 255, value >> 16 & 255, value >> 8 & 255)
    return None if colour in ((255, 255, 255), (0, 0, 0)) else colour


def _wavelength(element: ElementTree.Element) -> float | None:
    value = element.get("EmissionWavelength")
    if value is None or element.get("EmissionWavelengthUnit", "nm") != "nm":
        return None
    return float(value) if float(value) > 0 else None

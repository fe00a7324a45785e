"""PerkinElmer and Akoya QPTIFF: brightfield in colour, or one image a fluorescence channel at every level.

Source: Akoya's description of the QPTIFF format (tags and the XML of each directory's ImageDescription) and tifffile's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from coverslip.errors import Problem
from coverslip.slides.errors import FormatDeclined, SlideCorrupt
from coverslip.slides.layers import colour_of
from coverslip.slides.readers.tiff_chain import check_size
from coverslip.slides.readers.tiff_decodable import COMPRESSIONS, undecodable
from coverslip.slides.readers.tiff_dialect import dialect
from coverslip.slides.readers.tiff_file import OpenTiff, Page, icc_profile, opening, tag_text
from coverslip.slides.readers.tiff_images import LevelImage, TiffImage
from coverslip.slides.readers.tiff_layers import ChannelImage, LayeredTiffSlide, measured_window
from coverslip.slides.readers.tiff_metadata import TIFF_DATES, iso_date, tag_metadata
from coverslip.slides.readers.tiff_slide import Picture, TiffSlide, described
from coverslip.slides.slide import Channel, SlideProperties
from coverslip.slides.spacing import StatedSpacing, checked_by_levels

LEVELS = ("FullResolution", "ReducedResolution")
ASSOCIATED = {"Overview": "macro", "Label": "label", "Thumbnail": "thumbnail"}
MOST_CHANNELS = 64


class QptiffReader:
    """Reads QPTIFF by its software tag or XML."""

    name = "qptiff"
    reads_ranges = True

    def accepts(self, path: Path, head: bytes) -> bool:
        """True where the first directory is PerkinElmer's."""
        return dialect(path, head) == "qptiff"

    def open(self, path: Path) -> TiffSlide:
        """Open it. Raises `SlideTruncated`, `SlideTooLarge`, `SlideCorrupt`, `FormatDeclined`."""
        with opening(path) as opened:
            return _opened(opened)


def _opened(opened: OpenTiff) -> TiffSlide:
    file, pages = opened.path.name, opened.pages
    texts = [_texts(page) for page in pages]
    levels: dict[tuple[int, int], list[int]] = defaultdict(list)
    associated: dict[str, Picture] = {}
    for number, (page, text) in enumerate(zip(pages, texts, strict=True)):
        kind = text.get("ImageType", "")
        check_size(file, page.imagewidth, page.imagelength)
        if kind in LEVELS:
            levels[page.imagewidth, page.imagelength].append(number)
        elif kind in ASSOCIATED and undecodable(page) is None:
            image = TiffImage(page, opened.source)
            image.check_storage()
            associated.setdefault(ASSOCIATED[kind], image.whole)
    if not levels:
        raise SlideCorrupt(file=file, problem="level_none")
    sizes = sorted(levels, reverse=True)
    first = levels[sizes[0]][0]
    if len({len(levels[size]) for size in sizes}) > 1 or len(levels[sizes[0]]) > MOST_CHANNELS:
        raise SlideCorrupt(file=file, problem="layers_differ")
    stored = [[_image(pages[number], opened) for number in levels[size]] for size in sizes]
    channels: tuple[Channel, ...] = ()
    stacks: dict[tuple[int, int | None], Sequence[LevelImage]] = {}
    if pages[first].samplesperpixel == 1:
        channels = _channels([texts[number] for number in levels[sizes[0]]], stored[-1])
        for position, channel in enumerate(channels):
            stacks[0, position] = [ChannelImage([images[position]], [channel]) for images in stored]
        stacks[0, None] = [ChannelImage(images, channels) for images in stored]
    elif len(stored[0]) == 1:
        stacks[0, None] = [images[0] for images in stored]
    else:
        raise FormatDeclined(file=file, problem="channels_in_colour", number=len(stored[0]))
    tags, text = tag_metadata("", pages[first].tags), texts[first]
    described_levels = described(stacks[0, None])
    stated = checked_by_levels(
        StatedSpacing(tags.spacing, tags.spacing_problem),
        [tag_metadata("", pages[levels[size][0]].tags).spacing for size in sizes],
        [level.downsample for level in described_levels],
    )
    properties = SlideProperties(
        format="qptiff",
        reader=QptiffReader.name,
        vendor="Akoya",
        width=sizes[0][0],
        height=sizes[0][1],
        levels=described_levels,
        spacing=stated.spacing,
        objective_power=_power(text.get("Objective")),
        associated=tuple(sorted(associated)),
        barcode=text.get("Barcode") or None,
        icc_profile=icc_profile(pages[first], file),
        scanner_model=text.get("InstrumentType") or tags.scanner_model,
        scanned_at=iso_date(tag_text(pages[first], "DateTime"), TIFF_DATES),
        channels=channels,
        spacing_problem=stated.problem,
    )
    if not channels:
        return TiffSlide(properties, opened, stacks[0, None], associated)
    return LayeredTiffSlide(properties, opened, stacks, associated)


def _texts(page: Page) -> dict[str, str]:
    """The direct elements of a directory's XML; empty where it has none."""
    description = (page.description or "").strip()
    if "<PerkinElmer-QPI-ImageDescription" not in description:
        return {}
    root = ElementTree.fromstring(description)  # noqa: S314  expat limits entity expansion, and this is the sandbox
    return {child.tag: (child.text or "").strip() for child in root}


def _image(page: Page, opened: OpenTiff) -> TiffImage:
    """One directory of a level. Raises `FormatDeclined`, `SlideTruncated`."""
    problem = undecodable(page) if page.samplesperpixel > 1 else None
    if page.samplesperpixel == 1:
        kind = page.bitspersample, page.sampleformat or 1
        if kind not in ((8, 1), (16, 1), (32, 3)):
            problem = Problem("bits_a_channel", bits=page.bitspersample)
        elif int(page.compression) not in COMPRESSIONS:
            problem = Problem("compression_unread", value=int(page.compression))
    if problem is not None:
        raise FormatDeclined(file=opened.path.name, problem=problem)
    image = TiffImage(page, opened.source)
    image.check_storage()
    return image


def _channels(texts: list[dict[str, str]], coarsest: list[TiffImage]) -> tuple[Channel, ...]:
    made = []
    for number, (text, image) in enumerate(zip(texts, coarsest, strict=True)):
        rgb = [int(part) for part in re.findall(r"\d+", text.get("Color", ""))]
        colour = (rgb[0], rgb[1], rgb[2]) if len(rgb) == 3 and max(rgb) < 256 else colour_of(None, number)
        name = text.get("Name") or text.get("Biomarker") or str(number + 1)
        made.append(Channel(name, None, colour, measured_window(image)))
    return tuple(made)


def _power(text: str | None) -> float | None:
    match = re.search(r"(\d+(?:\.\d+)?)\s*[xX]", text or "")
    return float(match.group(1)) if match and float(match.group(1)) > 0 else None

"""Which directories of a TIFF are levels of the slide and which are label, macro and thumbnail."""

from __future__ import annotations

import re
from dataclasses import dataclass

from coverslip.errors import Problem
from coverslip.slides.companion import MAKER
from coverslip.slides.errors import FormatDeclined, SlideCorrupt
from coverslip.slides.readers.tiff_chain import check_size
from coverslip.slides.readers.tiff_file import Page, tag_text
from coverslip.slides.readers.tiff_metadata import (
    OmeImage,
    ScanMetadata,
    aperio_metadata,
    is_aperio,
    is_ome,
    ome_images,
    ome_metadata,
    tag_metadata,
)

REDUCED = 1
APERIO_LABEL, APERIO_MACRO = 1, 9
ASSOCIATED_NAMES = ("label", "macro", "thumbnail")
OTHER_NAMES = {"overview": "macro", "slide overview": "macro", "barcode": "label"}


@dataclass(frozen=True, slots=True)
class TiffContents:
    """The directories of one slide: `levels` largest first."""

    metadata: ScanMetadata
    levels: tuple[Page, ...]
    associated: dict[str, Page]


def read_contents(pages: list[Page], file: str) -> TiffContents:
    """Sorts the directories. Raises `FormatDeclined` for what would be shown wrongly, `SlideCorrupt`."""
    base = pages[0]
    description = base.description or ""
    if is_aperio(description):
        contents = _aperio(pages, description, file)
    elif is_ome(description):
        contents = _ome(pages, ome_images(description), file)
    else:
        contents = _generic(pages, description, file)
    for page in (*contents.levels, *contents.associated.values()):
        check_size(file, page.imagewidth, page.imagelength)
    return contents


def _aperio(pages: list[Page], description: str, file: str) -> TiffContents:
    levels = [pages[0]]
    associated: dict[str, Page] = {}
    for number, page in enumerate(pages[1:], start=1):
        name = _aperio_name(page, number)
        if name is not None:
            associated.setdefault(name, page)
        elif page.is_tiled and is_smaller_copy(page, levels[-1], pages[0]):
            levels.append(page)
        elif page.is_tiled:
            raise FormatDeclined(file=file, problem=_unrelated(page, number))
    return TiffContents(aperio_metadata(description), tuple(levels), associated)


def _aperio_name(page: Page, number: int) -> str | None:
    lines = (page.description or "").splitlines()
    match = re.match(r"\s*(label|macro)\b", lines[1], re.IGNORECASE) if len(lines) > 1 else None
    if match:
        return match.group(1).lower()
    if page.is_tiled:
        return None
    if page.subfiletype == APERIO_MACRO:
        return "macro"
    if page.subfiletype == APERIO_LABEL:
        return "label"
    return "thumbnail" if number == 1 else None


def _ome(pages: list[Page], images: list[OmeImage], file: str) -> TiffContents:
    if not images or any(not 0 <= image.directory < len(pages) for image in images):
        raise SlideCorrupt(file=file, problem="ome_xml_misfit")
    named = [(associated_name(image.name), image) for image in images]
    shown = shown_image(images, file)
    if shown.planes > 1 or shown.channels > 1:
        raise FormatDeclined(file=file, problem="ome_layers_unread", planes=shown.planes, channels=shown.channels)
    page = pages[shown.directory]
    told = {image.directory for image in images}
    for number, other in enumerate(pages):
        if number not in told and not other.subfiletype & REDUCED:
            raise FormatDeclined(file=file, problem=_unrelated(other, number))
    associated = {name: pages[image.directory] for name, image in named if name is not None and image is not shown}
    return TiffContents(ome_metadata(shown, pages[0].tags), with_smaller(page, shown.directory, file), associated)


def shown_image(images: list[OmeImage], file: str) -> OmeImage:
    """The slide among the images of an OME-TIFF: the one that is not called label, macro or thumbnail.

    Raises `FormatDeclined` where there are several: showing one of them would hide the others.
    """
    scenes = [image for image in images if associated_name(image.name) is None]
    if len(scenes) > 1:
        raise FormatDeclined(file=file, problem="several_scenes", number=len(scenes))
    return scenes[0] if scenes else images[0]


def with_smaller(page: Page, number: int, file: str) -> tuple[Page, ...]:
    """A directory and the smaller levels that its sub-directories hold.

    Raises `FormatDeclined` where a sub-directory is another picture.
    """
    levels = [page]
    for smaller in page.pages or ():
        if is_smaller_copy(smaller, levels[-1], page):
            levels.append(smaller)
        else:
            raise FormatDeclined(file=file, problem=_unrelated(smaller, number))
    return tuple(levels)


def _generic(pages: list[Page], description: str, file: str) -> TiffContents:
    """Levels are the sub-directories of the first and what says itself that it is reduced (TIFF 6.0, NewSubfileType).

    In a companion that Coverslip made every page is a level. Raises `FormatDeclined` for any other picture: it would be
    hidden, or shown as a level that it is not.
    """
    base = pages[0]
    levels = list(with_smaller(base, 0, file))
    own = tag_text(base, "Software") == MAKER
    associated: dict[str, Page] = {}
    for number, page in enumerate(pages[1:], start=1):
        name = associated_name(page.description or "")
        if name is not None:
            associated.setdefault(name, page)
        elif is_smaller_copy(page, levels[-1], base) and (own or page.subfiletype & REDUCED):
            levels.append(page)
        elif page.is_tiled or not page.subfiletype & REDUCED:
            raise FormatDeclined(file=file, problem=_unrelated(page, number))
    return TiffContents(tag_metadata(description, base.tags), tuple(levels), associated)


def _unrelated(page: Page, number: int) -> Problem:
    return Problem("page_unrelated", page=number + 1, width=page.imagewidth, height=page.imagelength)


def associated_name(text: str) -> str | None:
    """`label`, `macro` or `thumbnail`, where a text calls a picture so."""
    plain = text.strip().lower()
    plain = OTHER_NAMES.get(plain, plain)
    words = re.split(r"[\s_\-]+", plain)
    if plain in ASSOCIATED_NAMES:
        return plain
    return next((name for name in ASSOCIATED_NAMES if name == words[0] or name == words[-1]), None)


def is_smaller_copy(page: Page, previous: Page, base: Page) -> bool:
    """Whether a directory is the next smaller level: smaller than the last, of the base's shape and kind of pixels."""
    if page.imagewidth >= previous.imagewidth or page.imagelength > previous.imagelength:
        return False
    if page.samplesperpixel != base.samplesperpixel or page.bitspersample != base.bitspersample:
        return False
    across, down = base.imagewidth / page.imagewidth, base.imagelength / page.imagelength
    rounding = 2 * max(across / page.imagewidth, down / page.imagelength)
    return bool(abs(across - down) <= max(across, down) * 0.01 + rounding)

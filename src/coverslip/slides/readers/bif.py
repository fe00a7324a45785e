"""Ventana BIF: DP 200, DP 600 and the older iScan scanners.

Where no frame overlaps another the stored tiles are the slide's own and pass through. Where frames overlap each level
is drawn from them on a grid of its own, every frame in its stated place; the smaller levels hold the overlaps too (a
stored tile there is 2 x 2, 4 x 4, ... frames side by side) and are cut into frames again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from coverslip.slides.errors import FormatDeclined, SlideCorrupt
from coverslip.slides.readers.bif_layout import DP, Layout, lay_out, read_areas
from coverslip.slides.readers.texts import positive
from coverslip.slides.readers.tiff_decodable import undecodable
from coverslip.slides.readers.tiff_dialect import dialect
from coverslip.slides.readers.tiff_file import XMP, OpenTiff, Page, icc_profile, opening, tag_text
from coverslip.slides.readers.tiff_images import LevelImage, TiffImage
from coverslip.slides.readers.tiff_layers import LayeredTiffSlide
from coverslip.slides.readers.tiff_metadata import iso_date
from coverslip.slides.readers.tiff_mosaic import MosaicLevel, Part
from coverslip.slides.readers.tiff_slide import Picture, TiffSlide, described
from coverslip.slides.slide import FocalPlane, SlideProperties
from coverslip.slides.spacing import spacing_of_texts

LEVEL = re.compile(r"\blevel=(\d+)\s+mag=([\d.]+)")
ASSOCIATED = {"label image": "macro", "label_image": "macro", "thumbnail": "thumbnail"}
"""The "label image" shows the whole slide glass with its label; there is no picture of the label alone."""


class BifReader:
    """Reads BIF, and TIFF exported by the same scanners, by the `iScan` element of its first directory."""

    name = "bif"
    reads_ranges = True

    def accepts(self, path: Path, head: bytes) -> bool:
        """True where the XMP packet of the first directory holds an `iScan` element."""
        return dialect(path, head) == "bif"

    def open(self, path: Path) -> TiffSlide:
        """Open it. Raises `SlideTruncated`, `SlideTooLarge`, `SlideCorrupt`, `FormatDeclined`."""
        with opening(path) as opened:
            return _opened(opened)


def _opened(opened: OpenTiff) -> TiffSlide:
    file, pages = opened.path.name, opened.pages
    scan = _scan(tag_text(pages[0], XMP))
    levels = _levels(pages, file)
    base = levels[0][0]
    depth = max(1, int(base.imagedepth))
    problem = undecodable(base, depth=depth)
    if problem is not None:
        raise FormatDeclined(file=file, problem=problem)
    layout = _layout(base, scan, file)
    associated = _associated(pages, opened)
    stated = spacing_of_texts(scan.get("ScanRes"), scan.get("ScanRes"))
    planes, shown = focal_planes(depth, positive(scan.get("Z-spacing")))
    stacks = [_images(levels, layout, opened, plane, depth) for plane in _stored_order(depth)]
    properties = SlideProperties(
        format="bif",
        reader=BifReader.name,
        vendor="Ventana",
        width=layout.width,
        height=layout.height,
        levels=described(stacks[shown], [float(step) for _, step in levels[: len(stacks[shown])]]),
        spacing=stated.spacing,
        objective_power=positive(scan.get("Magnification")),
        associated=tuple(sorted(associated)),
        barcode=scan.get("Barcode1D") or scan.get("Barcode2D") or None,
        icc_profile=icc_profile(base, file),
        scanner_model=scan.get("ScannerModel") or None,
        scanned_at=iso_date(tag_text(base, "DateTime"), ("%Y:%m:%d %H:%M:%S",)),
        planes=planes,
        shown_plane=shown,
        spacing_problem=stated.problem,
    )
    if depth == 1:
        return TiffSlide(properties, opened, stacks[0], associated)
    return LayeredTiffSlide(properties, opened, {(n, None): stack for n, stack in enumerate(stacks)}, associated)


def focal_planes(depth: int, step_um: float | None) -> tuple[tuple[FocalPlane, ...], int]:
    """The planes from the lowest up, and which one is nominal. `step_um`: distance between them."""
    order = _stored_order(depth)
    nominal = order.index(0)
    if depth == 1:
        return (FocalPlane(None),), 0
    return tuple(FocalPlane(None if step_um is None else (n - nominal) * step_um) for n in range(depth)), nominal


def _stored_order(depth: int) -> list[int]:
    """Stored positions from the lowest plane up: the nominal one is stored first, then those nearer to the lens from
    it upwards, then those below it downwards."""
    near = depth // 2
    return [*range(depth - 1, near, -1), 0, *range(1, near + 1)]


def _scan(xml: str) -> dict[str, str]:
    """Attributes of the `iScan` element. Raises ElementTree.ParseError (a SyntaxError)."""
    root = ElementTree.fromstring(xml)  # noqa: S314  expat limits entity expansion, and this runs in the sandbox
    found = root if root.tag == "iScan" else next(root.iter("iScan"), None)
    return {} if found is None else {name: value.strip() for name, value in found.items()}


def _levels(pages: list[Page], file: str) -> list[tuple[Page, int]]:
    """The directories of the levels and how many level-0 pixels one of their pixels spans, largest first."""
    found = {}
    for page in pages:
        match = LEVEL.search(page.description or "")
        if match and page.is_tiled and int(match.group(1)) not in found:
            found[int(match.group(1))] = page, float(match.group(2))
    if 0 not in found:
        raise SlideCorrupt(file=file, problem="level_none")
    base, power = found[0]
    levels: list[tuple[Page, int]] = []
    for _, (page, magnification) in sorted(found.items()):
        step = round(power / magnification) if magnification > 0 else 0
        if step > (levels[-1][1] if levels else 0) and _fits(page, base, step):
            levels.append((page, step))
    return levels


def _fits(page: Page, base: Page, step: int) -> bool:
    """Whether a level holds the frames of level 0 at 1 / `step` of their size."""
    if (page.tilewidth, page.tilelength) != (base.tilewidth, base.tilelength):
        return False
    if base.tilewidth % step or base.tilelength % step:
        return False
    across, down = abs(page.imagewidth * step - base.imagewidth), abs(page.imagelength * step - base.imagelength)
    return bool(across <= base.tilewidth * step and down <= base.tilelength * step)


def _layout(base: Page, scan: dict[str, str], file: str) -> Layout:
    tile = base.tilewidth, base.tilelength
    xml = tag_text(base, XMP)
    if "<EncodeInfo" not in xml:  # a TIFF exported by the scanner: stitched already
        columns, rows = -(-base.imagewidth // tile[0]), -(-base.imagelength // tile[1])
        places = {(c, r): (c * tile[0], r * tile[1]) for r in range(rows) for c in range(columns)}
        return Layout(places, base.imagewidth, base.imagelength, exact=True)
    areas = read_areas(xml, tile, file)
    return lay_out(areas, tile, by_stage=not scan.get("ScannerModel", "").startswith(DP), file=file)


def _images(
    levels: list[tuple[Page, int]], layout: Layout, opened: OpenTiff, plane: int, depth: int
) -> list[LevelImage]:
    """One focal plane's levels: the stored grid where it is exact, else drawn."""
    images: list[LevelImage] = []
    for page, step in levels:
        if undecodable(page, depth=depth) is not None:
            break
        size = -(-layout.width // step), -(-layout.height // step)
        whole = TiffImage(page, opened.source, size, plane=plane, depth=depth)
        whole.check_storage()
        tile = whole.block_width, whole.block_height
        images.append(whole if layout.exact else MosaicLevel([whole], _parts(layout, step, tile), size))
    return images


def _parts(layout: Layout, step: int, tile: tuple[int, int]) -> Iterator[Part]:
    """The frames of a level, cut from stored tiles that hold `step` x `step` of them; lower right ones are seen."""
    width, height = tile[0] // step, tile[1] // step
    for (column, row), (x, y) in sorted(layout.places.items(), key=lambda item: (item[0][1], item[0][0])):
        yield Part(
            image=0,
            column=column // step,
            row=row // step,
            from_x=column % step * width,
            from_y=row % step * height,
            width=width,
            height=height,
            x=round(x / step),
            y=round(y / step),
        )


def _associated(pages: list[Page], opened: OpenTiff) -> dict[str, Picture]:
    found: dict[str, Picture] = {}
    for page in pages:
        name = ASSOCIATED.get((page.description or "").strip().lower())
        if name is not None and name not in found and undecodable(page) is None:
            image = TiffImage(page, opened.source)
            image.check_storage()
            found[name] = image.whole
    return found

"""Phantom slides: a pyramidal TIFF in the flavour of an Aperio scanner, with label, macro image and known truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from coverslip import __version__
from coverslip.phantoms.cells import Nuclei
from coverslip.phantoms.field import BLOCK_PX, check_size
from coverslip.phantoms.label import SlideLabel, draw_label, draw_macro
from coverslip.phantoms.pyramid import Extra, PyramidWriter
from coverslip.phantoms.recipe import Recipe, recipe
from coverslip.phantoms.render import Scene
from coverslip.phantoms.truth import Truth

_MAKER = "Aperio Image Library v12.4.6"
_THUMBNAIL_PX = 768
_OVERVIEW_PX = 1024
SCANNED = "11/22/25"
"""Date in the file's header, fixed so that the same seed gives the same bytes."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the scanner writes beside the pixels; `spacing_um` None leaves the pixel size out."""

    spacing_um: float | None
    objective_power: int = 40
    date: str = SCANNED
    scanner: str = "PHANTOM"
    note: str = "rendered tissue, no patient"
    quality: int = 85
    icc_profile: bytes | None = None


def write_slide(
    path: Path,
    seed: int,
    width: int,
    height: int,
    chosen: Recipe | None = None,
    *,
    spacing_um: float = 0.25,
    label: SlideLabel | None = None,
    font: Path | None = None,
    without_spacing: bool = False,
    icc_profile: bytes | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Truth:
    """Render a slide of `width` x `height` pixels into `path` and return what is on it.

    `progress(done, total)`: rows of level 0 written. `without_spacing`: the file does not say its pixel size.
    `icc_profile`: the colour profile that the file carries; the pixels stay as they are.
    The same arguments give the same bytes. Raises `InvalidInput` for a size that cannot be rendered.
    """
    check_size(width, height, spacing_um)
    scene = Scene(seed, width, height, spacing_um, chosen or recipe())
    parts: list[Nuclei] = []

    def bands() -> Iterable[NDArray[np.uint8]]:
        for y in range(0, height, BLOCK_PX):
            h = min(BLOCK_PX, height - y)
            band = np.empty((h, width, 3), np.uint8)
            for x in range(0, width, BLOCK_PX):
                w = min(BLOCK_PX, width - x)
                band[:, x : x + w] = scene.render(x, y, w, h)
                parts.append(scene.nuclei(x, y, w, h))
            progress(y + h, height)
            yield band

    spacing = None if without_spacing else spacing_um
    header = Header(spacing, objective_power=round(10 / spacing_um), icc_profile=icc_profile)
    write_bands(path, width, height, bands(), header, spacing_um, label or SlideLabel(f"PHANTOM {seed}"), font)
    return Truth.of(Nuclei.concatenated(parts), scene)


def write_bands(
    path: Path,
    width: int,
    height: int,
    bands: Iterable[NDArray[np.uint8]],
    header: Header,
    spacing_um: float,
    label: SlideLabel,
    font: Path | None = None,
) -> None:
    """Write any picture, given as bands of rows from top to bottom, as a slide with thumbnail, label and macro."""
    writer = PyramidWriter(width, height, quality=header.quality)
    overview = _Overview(width, height)
    for band in bands:
        writer.add(band)
        overview.add(band)
    writer.flush()
    small = overview.image()
    paper = draw_label(label, font)
    thumbnail = _shrunk(small, _THUMBNAIL_PX)
    extras = [
        Extra(thumbnail, _description(header, width, height, f" -> {thumbnail.shape[1]}x{thumbnail.shape[0]} - ")),
        Extra(paper, f"{_MAKER}\r\nlabel {paper.shape[1]}x{paper.shape[0]}", 1, lossless=True),
    ]
    macro = draw_macro(paper, small, (244, 243, 241))
    extras.append(Extra(macro, f"{_MAKER}\r\nmacro {macro.shape[1]}x{macro.shape[0]}", 9))
    descriptions = [_description(header, width, height, "")]
    descriptions += [_description(header, width, height, f" -> {s.width}x{s.height}") for s in writer.sizes[1:]]
    writer.write(path, descriptions, extras, f"Coverslip phantom {__version__}", spacing_um, header.icc_profile)


class _Overview:
    """A small picture of the whole slide, made while its bands pass by."""

    def __init__(self, width: int, height: int) -> None:
        self._factor = max(width, height) / _OVERVIEW_PX if max(width, height) > _OVERVIEW_PX else 1.0
        self._size = (max(round(width / self._factor), 1), max(round(height / self._factor), 1))
        self._parts: list[NDArray[np.uint8]] = []

    def add(self, band: NDArray[np.uint8]) -> None:
        rows = max(round(band.shape[0] / self._factor), 1)
        self._parts.append(
            np.asarray(cv2.resize(band, (self._size[0], rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        )

    def image(self) -> NDArray[np.uint8]:
        together = np.concatenate(self._parts)
        return np.asarray(cv2.resize(together, self._size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _shrunk(rgb: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    factor = min(longest / max(rgb.shape[:2]), 1.0)
    size = (max(round(rgb.shape[1] * factor), 1), max(round(rgb.shape[0] * factor), 1))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _description(header: Header, width: int, height: int, arrow: str) -> str:
    spacing = "" if header.spacing_um is None else f"|MPP = {header.spacing_um:.4f}"
    power = "" if header.spacing_um is None else f"|AppMag = {header.objective_power}"
    return (
        f"{_MAKER}\r\n{width}x{height} [0,0 {width}x{height}] (256x256){arrow} "
        f"JPEG/RGB Q={header.quality}{power}|StripeWidth = 2032|ScanScope ID = {header.scanner}|Filename = phantom"
        f"|Date = {header.date}|Time = 08:00:00{spacing}|Note = {header.note}"
    )

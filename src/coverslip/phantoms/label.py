"""The glass around the tissue: paper label with text and Data Matrix, and the macro photograph of the whole slide."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

LABEL_PX = (420, 420)
MACRO_PX = (1200, 420)
_PAPER = (250, 249, 244)
_INK = (28, 28, 34)


@dataclass(frozen=True, slots=True)
class SlideLabel:
    """What the laboratory prints on the label: never a patient's name."""

    accession: str
    lines: tuple[str, ...] = ()
    """Block, stain, date, in any language the font holds."""
    barcode: str | None = None
    """Content of the Data Matrix; None: no code."""


def draw_label(label: SlideLabel, font: Path | None = None) -> NDArray[np.uint8]:
    """The label as the scanner photographs it; (420, 420, 3) uint8.

    `font`: a TrueType or OpenType file; without it Pillow's own font, which holds Latin letters only.
    """
    width, height = LABEL_PX
    image = Image.new("RGB", LABEL_PX, _PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width - 1, height - 1), outline=(205, 203, 196), width=3)
    draw.text((20, 16), label.accession, fill=_INK, font=_font(font, 44))
    for i, line in enumerate(label.lines[:4]):
        draw.text((20, 78 + 40 * i), line, fill=_INK, font=_font(font, 29))
    if label.barcode:
        code = _matrix(label.barcode)
        edge = 170
        module = edge // len(code)
        picture = Image.fromarray(np.kron(code, np.ones((module, module), np.uint8)))
        image.paste(picture, (width - picture.width - 16, height - picture.height - 16))
    return np.asarray(image, dtype=np.uint8)


def draw_macro(label: NDArray[np.uint8], tissue: NDArray[np.uint8], glass: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The whole glass: label at the left, the tissue (any (h, w, 3) picture of it) under the cover slip."""
    width, height = MACRO_PX
    macro = np.empty((height, width, 3), np.uint8)
    macro[...] = np.array(glass, np.int16) - 14
    macro[:, : LABEL_PX[0]] = label[:height]
    room = (width - LABEL_PX[0] - 90, height - 70)
    scale = min(room[0] / tissue.shape[1], room[1] / tissue.shape[0])
    size = (max(int(tissue.shape[1] * scale), 1), max(int(tissue.shape[0] * scale), 1))
    left, top = LABEL_PX[0] + 45 + (room[0] - size[0]) // 2, 35 + (room[1] - size[1]) // 2
    cv2.rectangle(macro, (LABEL_PX[0] + 30, 18), (width - 24, height - 18), glass, -1)
    macro[top : top + size[1], left : left + size[0]] = cv2.resize(tissue, size, interpolation=cv2.INTER_AREA)
    cv2.rectangle(macro, (LABEL_PX[0] + 30, 18), (width - 24, height - 18), (206, 206, 204), 2)
    return macro


def _matrix(content: str) -> NDArray[np.uint8]:
    code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.DataMatrix)
    return np.asarray(code.to_image(scale=1), dtype=np.uint8)


def _font(path: Path | None, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size) if path is None else ImageFont.truetype(str(path), size)

"""First look at a scan's quality: how much tissue it shows and how sharp it is. Recorded, never blocking."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from coverslip.slides.slide import RgbImage, Slide
from coverslip.vocabulary.geometry import Box

FIELDS = 12
"""Fields of level 0 that are looked at for sharpness."""
FIELD_PX = 384
_TISSUE_DARKNESS = 0.06
"""Optical density (base 10, darkest channel) above the glass from which a pixel of the thumbnail is tissue."""


@dataclass(frozen=True, slots=True)
class ScanQuality:
    """`focus`: median over fields of tissue of the sharpness ratio, 0 blurred to about 1 sharp; None without tissue."""

    tissue_share: float
    focus: float | None
    fields: int

    def to_json(self) -> dict[str, Any]:
        """As stored beside the slide's properties."""
        return asdict(self)


def assess_scan(slide: Slide, thumbnail: RgbImage) -> ScanQuality:
    """Measure a slide. `thumbnail`: (h, w, 3) of the whole slide. Raises what reading tiles raises."""
    tissue = tissue_mask(thumbnail)
    share = float(tissue.mean())
    places = _places(tissue)
    properties = slide.properties
    values = []
    for row, column in places:
        x = int((column + 0.5) / tissue.shape[1] * properties.width) - FIELD_PX // 2
        y = int((row + 0.5) / tissue.shape[0] * properties.height) - FIELD_PX // 2
        whole = Box(0, 0, properties.width, properties.height)
        bounds = Box(x, y, FIELD_PX, FIELD_PX).intersection(whole)
        if bounds is not None and min(bounds.width, bounds.height) >= 64:
            values.append(sharpness(slide.region(0, bounds)))
    return ScanQuality(round(share, 4), round(float(np.median(values)), 4) if values else None, len(values))


def tissue_mask(thumbnail: RgbImage) -> NDArray[np.bool_]:
    """(h, w) True where the thumbnail is darker than its glass; the glass is its brightest common tone."""
    darkest = thumbnail.min(axis=2).astype(np.float32)
    glass = max(float(np.percentile(darkest, 98)), 1.0)
    density = -np.log10(np.maximum(darkest, 1.0) / glass)
    soft = cv2.GaussianBlur(density, (0, 0), 1.0)
    return np.asarray(soft > _TISSUE_DARKNESS)


def sharpness(field: RgbImage) -> float:
    """Detail of one to two pixels over detail of two to four, of the darkest channel; about 0.1 where it is blurred.

    The ratio does not depend on contrast, so that a pale and a dark stain in equal focus give about the same value.
    """
    grey = field.min(axis=2).astype(np.float32)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1.0)
    middle = cv2.GaussianBlur(grey, (0, 0), 1.0) - cv2.GaussianBlur(grey, (0, 0), 2.0)
    return float(fine.std() / max(float(middle.std()), 1e-3))


def _places(tissue: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Evenly spread pixels of the mask that lie well inside tissue."""
    inside = cv2.erode(tissue.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    rows, columns = np.nonzero(inside if inside.any() else tissue)
    if len(rows) == 0:
        return []
    chosen = np.linspace(0, len(rows) - 1, min(FIELDS, len(rows))).astype(int)
    return [(int(rows[i]), int(columns[i])) for i in chosen]

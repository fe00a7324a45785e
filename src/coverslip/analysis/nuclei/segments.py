"""The pixels of each nucleus around its seed, and what is measured on them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from coverslip.analysis.stains.deconvolution import MILLI, StainImage

REACH_RADII = 1.5
"""A nucleus ends at this many radii of its blob."""


@dataclass(frozen=True, slots=True)
class Segments:
    """Measurements of n nuclei; every array is (n,)."""

    area_px: NDArray[np.float64]
    offset_x: NDArray[np.float64]
    """Centroid minus seed, in pixels."""
    offset_y: NDArray[np.float64]
    axis_ratio: NDArray[np.float64]
    """Short over long axis of the ellipse with the same second moments, 0 to 1."""
    haematoxylin_od: NDArray[np.float64]
    dab_od: NDArray[np.float64]


def measure(
    signal: NDArray[np.uint8],
    stains: tuple[StainImage, StainImage],
    seeds: tuple[NDArray[np.int64], NDArray[np.int64]],
    radius_px: NDArray[np.float64],
    surround: NDArray[np.float64],
) -> Segments:
    """Give each pixel to the nearest seed and keep those brighter than half-way from surround to seed.

    `signal`: (h, w); `stains`: haematoxylin and DAB, (h, w) thousandths of an OD; `seeds`: rows and columns, (n,);
    `surround`: (n,) signal around each nucleus. A seed always owns its own pixel. All sums are of whole numbers
    relative to the seed, so they are exact and do not depend on where the image was cut.
    """
    rows, columns = seeds
    count = len(rows)
    if count == 0:
        none = np.zeros(0)
        return Segments(none, none, none, none, none, none)
    y, x, label = _owned_pixels(signal, rows, columns, radius_px, surround)
    area = np.bincount(label, minlength=count).astype(np.float64)

    def mean(values: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(label, weights=values, minlength=count) / area)

    dx, dy = x - columns[label], y - rows[label]
    offset_x, offset_y = mean(dx), mean(dy)
    pixel = 1.0 / 12.0  # the second moment of one pixel about its own centre
    across = mean(dx * dx) - offset_x**2 + pixel
    along = mean(dy * dy) - offset_y**2 + pixel
    mixed = mean(dx * dy) - offset_x * offset_y
    spread = np.sqrt((across - along) ** 2 + 4.0 * mixed**2)
    haematoxylin, dab = (mean(stain[y, x].astype(np.int64)) / MILLI for stain in stains)
    return Segments(
        area_px=area,
        offset_x=offset_x,
        offset_y=offset_y,
        axis_ratio=np.sqrt((across + along - spread) / (across + along + spread)),
        haematoxylin_od=haematoxylin,
        dab_od=dab,
    )


def _owned_pixels(
    signal: NDArray[np.uint8],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    radius_px: NDArray[np.float64],
    surround: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    owner, distance = _nearest_seed(signal.shape, rows, columns)
    centre = signal[rows, columns].astype(np.float64)
    level = np.ceil((centre + np.minimum(surround, centre)) / 2.0)
    inside = (signal >= level[owner]) & (distance <= (radius_px * REACH_RADII)[owner])
    inside[rows, columns] = True
    y, x = np.nonzero(inside)
    return y, x, owner[y, x]


def _nearest_seed(
    shape: tuple[int, ...], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    free = np.full(shape, 255, dtype=np.uint8)
    free[rows, columns] = 0
    distance, label = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    seed_of_label = np.zeros(len(rows) + 1, dtype=np.int64)
    seed_of_label[label[rows, columns]] = np.arange(len(rows))
    return seed_of_label[np.asarray(label)], np.asarray(distance, dtype=np.float32)

"""Where tissue lies: found on a coarse overview, so that glass is never read at full resolution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from coverslip.analysis.algorithm import PixelSource
from coverslip.vocabulary.geometry import Box, Region
from coverslip.vocabulary.units import SquareMillimetres

OVERVIEW_UM = 8.0
"""Spacing of the overview; a tumour nucleus is about one of its pixels."""
BLOCK_PX = 128
"""Overview pixels read at once; without a pyramid that is 4,096 pixels of a 40x slide."""
TISSUE_DENSITY = 0.04
"""Mean optical density above the glass from which a pixel is tissue; unstained, empty stroma lies near 0.02."""
LOOSE_DENSITY = 0.02
"""Pixels above this count as tissue where they touch tissue (pale stroma, mucin)."""
MARGIN_UM = 24.0
"""The mask is grown by so much: a nucleus at the edge of the tissue is read whole."""
SMALLEST_TISSUE_UM2 = 250.0
"""Smaller specks are dust; one tumour nucleus with its cytoplasm is about this large."""
SURROUNDINGS_UM = 120.0
"""The overview reaches so far beyond the region: the smallest region is seen in its surroundings."""
GLASS_QUANTILE = 0.98
DARKEST_GLASS = 225.0
"""Glass is at least this bright (0 to 255): a region that lies wholly on tissue shows none."""


@dataclass(frozen=True, slots=True)
class TissueMap:
    """The tissue of a region, on a grid of square cells of `step` pixels of level 0, anchored at the slide's corner."""

    mask: NDArray[np.bool_]
    """(rows, columns): cells that hold tissue, in the region and around it."""
    inside: NDArray[np.bool_]
    """(rows, columns): those of them whose centre lies in the region."""
    column: int
    """Grid column of the mask's first column."""
    row: int
    step: int
    area_mm2: SquareMillimetres

    @property
    def empty(self) -> bool:
        """No tissue at all."""
        return not self.inside.any()

    def holds(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.bool_]:
        """For each point (pixels of level 0) whether it lies on tissue; (n,) bool."""
        columns = np.floor_divide(x, self.step).astype(np.int64) - self.column
        rows = np.floor_divide(y, self.step).astype(np.int64) - self.row
        height, width = self.mask.shape
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        held = np.zeros(len(x), dtype=np.bool_)
        held[inside] = self.mask[rows[inside], columns[inside]]
        return held

    def touches(self, bounds: Box) -> bool:
        """Whether a box of level 0 holds any tissue."""
        left, top = bounds.x // self.step - self.column, bounds.y // self.step - self.row
        right, bottom = (bounds.right - 1) // self.step - self.column, (bounds.bottom - 1) // self.step - self.row
        return bool(self.mask[max(0, top) : max(0, bottom + 1), max(0, left) : max(0, right + 1)].any())

    def spots(self, count: int) -> list[tuple[int, int]]:
        """At most `count` tissue cells, spread evenly in reading order: their centres (x, y) in pixels of level 0."""
        rows, columns = np.nonzero(self.inside)
        chosen = np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(np.int64))
        half = self.step // 2
        return [
            (int((columns[i] + self.column) * self.step + half), int((rows[i] + self.row) * self.step + half))
            for i in chosen
        ]


def find_tissue(pixels: PixelSource, region: Region, check: Callable[[], None] = lambda: None) -> TissueMap:
    """The tissue inside `region` (pixels of level 0).

    A pixel of the 8 um overview is tissue where it is darker than the glass, the glass being the brightest 2 % of the
    overview, at least 225. The map depends on slide and region only, so an analysis that keeps to it does not depend
    on its tiles. `check` is called between blocks and may raise to stop.
    """
    step = max(1, round(OVERVIEW_UM / pixels.spacing.mean_um))
    spacing_um = step * pixels.spacing.mean_um
    bounds = _with_surroundings(region.bounds, pixels)
    column, row = bounds.x // step, bounds.y // step
    columns, rows = -(-bounds.right // step) - column, -(-bounds.bottom // step) - row
    luminance = _overview(pixels, (column, row, columns, rows), step, check)
    mask = _tissue_mask(luminance, spacing_um)
    in_region = _cells_inside(region, (column, row, columns, rows), step)
    inside = mask & in_region
    share = np.count_nonzero(inside) / np.count_nonzero(in_region)
    return TissueMap(mask, inside, column, row, step, pixels.spacing.area_mm2(region.area_px * share))


def _with_surroundings(bounds: Box, pixels: PixelSource) -> Box:
    reach = round(SURROUNDINGS_UM / pixels.spacing.mean_um)
    wide = Box(bounds.x - reach, bounds.y - reach, bounds.width + 2 * reach, bounds.height + 2 * reach)
    return wide.intersection(pixels.bounds) or bounds


def _overview(
    pixels: PixelSource, grid: tuple[int, int, int, int], step: int, check: Callable[[], None]
) -> NDArray[np.float32]:
    column, row, columns, rows = grid
    luminance = np.empty((rows, columns), dtype=np.float32)
    for top in range(0, rows, BLOCK_PX):
        for left in range(0, columns, BLOCK_PX):
            width, height = min(BLOCK_PX, columns - left), min(BLOCK_PX, rows - top)
            block = Box((column + left) * step, (row + top) * step, width * step, height * step)
            check()
            image = pixels.read(block, step * pixels.spacing.mean_um)
            luminance[top : top + height, left : left + width] = image.astype(np.float32).mean(axis=2)
    return luminance


def _tissue_mask(luminance: NDArray[np.float32], spacing_um: float) -> NDArray[np.bool_]:
    glass = max(float(np.quantile(luminance, GLASS_QUANTILE)), DARKEST_GLASS)
    density = -np.log10(np.maximum(luminance, 1.0) / glass)
    sure = (density > TISSUE_DENSITY).astype(np.uint8)
    count, labels, statistics, _ = cv2.connectedComponentsWithStats((density > LOOSE_DENSITY).astype(np.uint8))
    has_sure = np.bincount(labels[sure > 0], minlength=count) > 0
    large = statistics[:, cv2.CC_STAT_AREA] * spacing_um * spacing_um >= SMALLEST_TISSUE_UM2
    keep = has_sure & large
    keep[0] = False
    reach = max(1, round(MARGIN_UM / spacing_um))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(keep[labels].astype(np.uint8), kernel) > 0)


def _cells_inside(region: Region, grid: tuple[int, int, int, int], step: int) -> NDArray[np.bool_]:
    column, row, columns, rows = grid
    x = (np.arange(column, column + columns) + 0.5) * step
    y = (np.arange(row, row + rows) + 0.5) * step
    grid_x, grid_y = np.meshgrid(x, y)
    inside = region.contains(grid_x.ravel(), grid_y.ravel()).reshape(rows, columns)
    if not inside.any():
        # a region that holds no cell's centre: the cells that its bounds touch
        bounds = region.bounds
        across = (x + step / 2 > bounds.x) & (x - step / 2 < bounds.right)
        down = (y + step / 2 > bounds.y) & (y - step / 2 < bounds.bottom)
        inside = down[:, None] & across[None, :]
    return inside

"""Where tumour, stroma, lumina, fat and lymphocytes lie: coarse maps of a whole slide, cheap at any size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from coverslip.phantoms.noise import FloatImage, smooth_field
from coverslip.phantoms.recipe import Recipe

CELL_UM = 4.0
"""Edge of one cell of the maps."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Maps of (h, w) cells of 4 um. Signed maps are above 0 inside; their unit is about 10 um of distance."""

    tissue: FloatImage
    tumour: FloatImage
    lumen: FloatImage
    lymphocytes: FloatImage
    fat: FloatImage
    positivity: FloatImage
    """Probability that a tumour cell is positive."""
    drift_x: FloatImage
    drift_y: FloatImage
    """Displacement of fibres and fat, in um."""

    def patch(self, name: str, y: int, x: int, height: int, width: int, spacing_um: float) -> FloatImage:
        """One map resampled to the pixels (`spacing_um`) of a window of level 0."""
        scale = spacing_um / CELL_UM
        matrix = np.array([[scale, 0, (x + 0.5) * scale - 0.5], [0, scale, (y + 0.5) * scale - 0.5]], dtype=np.float32)
        source: FloatImage = getattr(self, name)
        return np.asarray(
            cv2.warpAffine(
                source,
                matrix,
                (width, height),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
        )

    def at(self, name: str, y_um: FloatImage, x_um: FloatImage) -> FloatImage:
        """One map at points, (n,) each; the nearest cell."""
        source: FloatImage = getattr(self, name)
        rows = np.clip((y_um / CELL_UM).astype(np.int64), 0, source.shape[0] - 1)
        columns = np.clip((x_um / CELL_UM).astype(np.int64), 0, source.shape[1] - 1)
        return source[rows, columns]


def lay_out(seed: int, width_um: float, height_um: float, recipe: Recipe) -> Layout:
    """The maps of one slide; the same seed, size and recipe give the same maps."""
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    h, w = int(height_um / CELL_UM) + 2, int(width_um / CELL_UM) + 2
    ragged = smooth_field(rng, h, w, 12) * 0.6 + smooth_field(rng, h, w, 4) * 0.25
    tissue = _outline(rng, h, w, recipe) + ragged
    scale = {"nests": 36.0, "glands": 44.0, "sheets": 90.0}[recipe.architecture]
    raw = smooth_field(rng, h, w, scale) + 0.35 * smooth_field(rng, h, w, scale / 3)
    raw += 0.5 * smooth_field(rng, h, w, 4 * scale)
    tumour = _signed(raw, recipe.tumour_share, tissue > 0, scale)
    fat = np.minimum(_signed(smooth_field(rng, h, w, 130), recipe.fat_share, tissue > 0, 130), -tumour - 2)
    crowd = smooth_field(rng, h, w, 50) + 0.3 * smooth_field(rng, h, w, 12)
    lymphocytes = _signed(crowd, recipe.lymphocyte_share, tissue > 0, 50)
    lumen = np.full((h, w), -9.0, np.float32)
    if recipe.architecture == "glands":
        lumen = tumour - 4.5 - 1.2 * smooth_field(rng, h, w, 14)
    heat = smooth_field(rng, h, w, 160) + 0.6 * smooth_field(rng, h, w, 50)
    drift = [smooth_field(rng, h, w, 40) * 35 + smooth_field(rng, h, w, 12) * 6 for _ in range(2)]
    return Layout(
        tissue, tumour, lumen, lymphocytes, fat, _probability(heat, (tumour > 0) & (tissue > 0), recipe), *drift
    )


def _outline(rng: np.random.Generator, h: int, w: int, recipe: Recipe) -> FloatImage:
    if recipe.outline == "full":
        return np.full((h, w), 30.0, np.float32)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    y, x = (y + 0.5) / h * 2 - 1, (x + 0.5) / w * 2 - 1
    wobble = smooth_field(rng, h, w, max(h, w) / 3) * 0.07 + smooth_field(rng, h, w, max(h, w) / 10) * 0.025
    half = min(h, w) / 2 / (10.0 / CELL_UM)
    if recipe.outline == "resection":
        distance = 0.9 + wobble - (np.abs(x) ** 2.6 + np.abs(y) ** 2.6) ** (1 / 2.6)
        return np.asarray(distance * half, dtype=np.float32)
    across, along = (y, x) if w >= h else (x, y)
    cores = 3 if min(h, w) * CELL_UM > 2500 else 2
    middle = (np.arange(cores) - (cores - 1) / 2) * (2.0 / cores)
    bend = 0.05 * np.sin(along * 2.2 + rng.uniform(0, 6)) + wobble * 0.6
    gap = np.min([np.abs(across - m - bend) for m in middle], axis=0)
    return np.asarray(np.minimum(0.58 / cores - gap, 0.94 - np.abs(along) + wobble) * half, dtype=np.float32)


def _signed(field: FloatImage, share: float, inside: np.ndarray, scale: float) -> FloatImage:
    """`field` shifted so that `share` of the inside is above 0, in units of about 10 um."""
    held = field[inside] if inside.any() else field
    cut = float(np.quantile(held, 1.0 - share)) if 0.0 < share < 1.0 else (held.max() + 1 if share == 0 else -1e3)
    return np.asarray((field - cut) * (scale * CELL_UM / 10.0 / 2.5), dtype=np.float32)


def _probability(heat: FloatImage, tumour: np.ndarray, recipe: Recipe) -> FloatImage:
    """Mean over the tumour is the recipe's share; hot spots gather it where `heat` is high."""
    target = recipe.positive_percent / 100.0
    weight = np.exp(1.3 * recipe.hot_spots * heat)
    held = weight[tumour] if tumour.any() else weight
    if target in (0.0, 1.0):
        return np.full(heat.shape, target, np.float32)
    low, high = 0.0, 1e4
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if float(np.minimum(middle * held, 1.0).mean()) < target else (low, middle)
    return np.asarray(np.minimum(high * weight, 1.0), dtype=np.float32)

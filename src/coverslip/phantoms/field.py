"""A field of view with known truth, for tests, training and the daily check of an algorithm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coverslip.errors import InvalidInput
from coverslip.phantoms.cells import Nuclei
from coverslip.phantoms.recipe import Recipe, recipe
from coverslip.phantoms.render import LARGEST_WINDOW_PX, Scene
from coverslip.phantoms.truth import Truth

BLOCK_PX = 768
assert BLOCK_PX + 64 <= LARGEST_WINDOW_PX


@dataclass(frozen=True, slots=True)
class Field:
    """A picture and what is on it."""

    rgb: NDArray[np.uint8]
    """(h, w, 3)."""
    truth: Truth


def field(
    seed: int, size: int | tuple[int, int] = 1024, spacing_um: float = 0.25, chosen: Recipe | None = None
) -> Field:
    """Render a field of `size` pixels, one number or (width, height), at `spacing_um` micrometres a pixel.

    The whole field is tissue unless the recipe says otherwise. The same arguments give the same pixels.
    Raises `InvalidInput` for a size or spacing that cannot be rendered.
    """
    width, height = (size, size) if isinstance(size, int) else size
    check_size(width, height, spacing_um)
    scene = Scene(seed, width, height, spacing_um, chosen or recipe("ki67", outline="full"))
    rgb = np.empty((height, width, 3), np.uint8)
    parts: list[Nuclei] = []
    for y in range(0, height, BLOCK_PX):
        for x in range(0, width, BLOCK_PX):
            w, h = min(BLOCK_PX, width - x), min(BLOCK_PX, height - y)
            rgb[y : y + h, x : x + w] = scene.render(x, y, w, h)
            parts.append(scene.nuclei(x, y, w, h))
    return Field(rgb, Truth.of(Nuclei.concatenated(parts), scene))


def check_size(width: int, height: int, spacing_um: float) -> None:
    """Raises `InvalidInput` for a phantom that cannot be rendered."""
    if not 16 <= width <= 400_000:
        raise InvalidInput(field="width", problem="phantom_size", value=width)
    if not 16 <= height <= 400_000:
        raise InvalidInput(field="height", problem="phantom_size", value=height)
    if not 0.1 <= spacing_um <= 2.0:
        raise InvalidInput(field="spacing_um", problem="phantom_spacing", value=spacing_um)

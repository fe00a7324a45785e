"""From layout and nuclei to pixels: optical densities are laid over each other, then light, lens and camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from coverslip.phantoms.cells import LYMPHOCYTE, STROMA, TUMOUR, Nuclei, Population
from coverslip.phantoms.layout import Layout, lay_out
from coverslip.phantoms.membranes import membranes
from coverslip.phantoms.noise import PERIOD, FloatImage, adipocytes, texture, window
from coverslip.phantoms.recipe import Recipe
from coverslip.phantoms.sprites import Sprite, sprites
from coverslip.vocabulary.stains import Stain

_MARGIN_UM = 2.0
_REACH_UM = 16.0
"""No nucleus reaches farther from its centre."""
LARGEST_WINDOW_PX = PERIOD - 64

_VIOLET = np.array([0.62, 0.72, 0.30])
_BLUE = np.array([0.80, 0.57, 0.20])
_DAB = np.array([0.27, 0.57, 0.78])
_EOSIN = np.array([0.09, 0.88, 0.40])


@dataclass(frozen=True, slots=True)
class Layers:
    """Optical densities of one window, (h, w) float32: haematoxylin and the second stain (DAB or eosin)."""

    haematoxylin: FloatImage
    second: FloatImage


class Scene:
    """One slide that exists only as a recipe; any window of it can be rendered, in any order, always the same."""

    def __init__(self, seed: int, width: int, height: int, spacing_um: float, recipe: Recipe) -> None:
        self.seed, self.width, self.height, self.spacing_um, self.recipe = seed, width, height, spacing_um, recipe
        self.layout: Layout = lay_out(seed, width * spacing_um, height * spacing_um, recipe)
        self._population = Population(seed, self.layout, recipe, width * spacing_um, height * spacing_um)
        self._sprites: dict[int, tuple[Sprite, ...]] = {
            TUMOUR: sprites("tumour", spacing_um, recipe.nucleus_diameter_um, recipe.pleomorphism),
            STROMA: sprites("stroma", spacing_um, recipe.nucleus_diameter_um, recipe.pleomorphism),
            LYMPHOCYTE: sprites("lymphocyte", spacing_um, recipe.nucleus_diameter_um, recipe.pleomorphism),
        }

    def nuclei(self, x: int, y: int, width: int, height: int, margin_um: float = 0.0) -> Nuclei:
        """The nuclei whose centre lies in a window of level 0 (pixels), or within `margin_um` around it."""
        s = self.spacing_um
        return self._population.within(
            x * s - margin_um, y * s - margin_um, (x + width) * s + margin_um, (y + height) * s + margin_um
        )

    def render(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """Pixels of a window of level 0, at most `LARGEST_WINDOW_PX` each way; (h, w, 3) uint8 RGB."""
        m = int(np.ceil(_MARGIN_UM / self.spacing_um))
        left, top, w, h = x - m, y - m, width + 2 * m, height + 2 * m
        maps = {n: self.layout.patch(n, top, left, h, w, self.spacing_um) for n in ("tissue", "tumour", "lumen", "fat")}
        if maps["tissue"].max() < -1.5:
            return self._glass(x, y, width, height)
        layers = self._tissue(maps, top, left, h, w)
        nuclei = self.nuclei(left, top, w, h, _REACH_UM)
        self._paste(layers, nuclei, left, top)
        if self.recipe.compartment == "membrane":
            layers.second[...] += membranes(nuclei, left, top, w, h, self.spacing_um, self.seed)
        return self._light(layers, x, y, width, height, m)

    def _noise(self, name: str, um: float, y: int, x: int, h: int, w: int, elongation: float = 1.0) -> FloatImage:
        pixels = round(max(um / self.spacing_um, 1.5), 2)
        offset = (self.seed * 7919) % PERIOD
        return window(texture(name, pixels, elongation), y + offset, x + offset, h, w)

    def _tissue(self, maps: dict[str, FloatImage], y: int, x: int, h: int, w: int) -> Layers:
        grain = self._noise("grain", 1.2, y, x, h, w)
        clumps = self._noise("clumps", 5.0, y, x, h, w)
        ragged = 0.16 * clumps + 0.05 * grain
        tissue = _step(maps["tissue"] + 0.5 * clumps, 0.35)
        nest = _step(maps["tumour"] + ragged, 0.22)
        cleft = _step(0.16 - np.abs(maps["tumour"] - 0.05 + 1.3 * ragged), 0.08) * _step(
            self._noise("cleft", 28.0, y, x, h, w) - 0.35, 0.25
        )
        lumen = _step(maps["lumen"] + ragged, 0.2)
        fat, wall = self._fat(maps["fat"], y, x, h, w)
        fibre = self._fibres(y, x, h, w)
        empty = np.maximum(np.maximum(lumen * 0.97, cleft * 0.9), fat)
        solid = tissue * (1.0 - empty)
        stroma, cytoplasm = solid * (1.0 - nest), solid * nest
        collagen = np.maximum(0.80 + 0.26 * fibre + 0.16 * grain + 0.12 * clumps, 0.05)
        plasma = np.maximum(1.0 + 0.24 * clumps + 0.20 * grain, 0.1)
        wall = wall * tissue
        recipe = self.recipe
        if recipe.stain is Stain.HE:
            return Layers(
                0.035 * stroma * collagen + 0.11 * cytoplasm * plasma + 0.02 * wall,
                0.24 * stroma * (0.35 + 0.65 * collagen) + 0.20 * cytoplasm * plasma + 0.16 * wall,
            )
        pale = recipe.haematoxylin_od / 0.30
        brown = recipe.background_dab_od
        return Layers(
            pale * (0.048 * stroma * collagen + 0.060 * cytoplasm * plasma + 0.05 * wall),
            brown * (0.8 * stroma * collagen + 1.6 * cytoplasm * plasma + 0.6 * wall),
        )

    def _fibres(self, y: int, x: int, h: int, w: int) -> FloatImage:
        """Wavy collagen: fine and coarse strands along the same course."""
        dy, dx = (self.layout.patch(name, y, x, h, w, self.spacing_um) for name in ("drift_y", "drift_x"))
        columns, rows = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
        map_y = np.mod(rows + y + dy / self.spacing_um, PERIOD).astype(np.float32)
        map_x = np.mod(columns + x + dx / self.spacing_um, PERIOD).astype(np.float32)
        fine = texture("fibre", round(max(1.1 / self.spacing_um, 1.5), 2), 9.0)
        coarse = texture("bundle", round(max(3.2 / self.spacing_um, 1.5), 2), 9.0)
        made = cv2.remap(fine, map_x, map_y, cv2.INTER_LINEAR) + 0.6 * cv2.remap(coarse, map_x, map_y, cv2.INTER_LINEAR)
        return np.asarray(made, dtype=np.float32)

    def _fat(self, field: FloatImage, y: int, x: int, h: int, w: int) -> tuple[FloatImage, FloatImage]:
        """Empty share and cell walls of fat; nothing is computed where there is none."""
        if field.max() < -1.0:
            nothing = np.zeros((h, w), np.float32)
            return nothing, nothing
        inside = _step(field, 0.8)
        wall = inside * _step(0.9 - window(adipocytes(self.spacing_um), y, x, h, w), 0.8)
        return inside * (1.0 - wall), wall

    def _paste(self, layers: Layers, nuclei: Nuclei, left: int, top: int) -> None:
        h, w = layers.haematoxylin.shape
        marked = self.recipe.compartment == "nucleus"
        nuclear, brown = np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
        columns = np.floor(nuclei.x_um / self.spacing_um).astype(int) - left
        rows = np.floor(nuclei.y_um / self.spacing_um).astype(int) - top
        masked = np.where(nuclei.positive & marked, np.maximum(0.9 - 0.5 * nuclei.dab_od, 0.35), 1.0)
        blue = nuclei.haematoxylin_od * masked
        for i in range(len(nuclei)):
            bank = self._sprites[int(nuclei.kind[i])]
            sprite = bank[int(nuclei.sprite[i]) % len(bank)]
            r, row, column = sprite.reach, int(rows[i]), int(columns[i])
            y0, y1, x0, x1 = max(row - r, 0), min(row + r + 1, h), max(column - r, 0), min(column + r + 1, w)
            if y0 >= y1 or x0 >= x1:
                continue
            part = (slice(y0 - row + r, y1 - row + r), slice(x0 - column + r, x1 - column + r))
            place = (slice(y0, y1), slice(x0, x1))
            nuclear[place] = np.maximum(nuclear[place], blue[i] * sprite.haematoxylin[part])
            if marked and nuclei.dab_od[i] > 0:
                brown[place] = np.maximum(brown[place], nuclei.dab_od[i] * sprite.dab[part])
        layers.haematoxylin[...] += nuclear
        layers.second[...] += brown

    def _light(self, layers: Layers, x: int, y: int, width: int, height: int, margin: int) -> NDArray[np.uint8]:
        recipe = self.recipe
        sigma = max(recipe.blur_um / self.spacing_um, 0.4)
        tone = recipe.haematoxylin_tone
        first = _unit(_VIOLET * (1 - tone) + _BLUE * tone)
        second = _unit(_EOSIN if recipe.stain is Stain.HE else _DAB)
        ceiling = 2.4
        brown = ceiling * (1.0 - np.exp(-layers.second / ceiling))
        made = np.empty((height, width, 3), np.uint8)
        inner = (slice(margin, margin + height), slice(margin, margin + width))
        blurred = [cv2.GaussianBlur(layer, (0, 0), sigma)[inner] for layer in (layers.haematoxylin, brown)]
        for channel in range(3):
            density = blurred[0] * np.float32(first[channel]) + blurred[1] * np.float32(second[channel])
            light = np.exp(density * np.float32(-np.log(10.0)))
            light *= np.float32(recipe.white[channel])
            light += self._camera(channel, y, x, height, width)
            made[..., channel] = np.clip(light, 0, 255)
        return made

    def _glass(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        made = np.empty((height, width, 3), np.uint8)
        for channel in range(3):
            made[..., channel] = np.clip(
                self._camera(channel, y, x, height, width) + self.recipe.white[channel], 0, 255
            )
        return made

    def _camera(self, channel: int, y: int, x: int, h: int, w: int) -> FloatImage:
        noise = window(texture(f"camera-{channel}", 1.1), y, x, h, w)
        return np.asarray(noise * np.float32(self.recipe.noise) + np.float32(0.5), dtype=np.float32)


def _step(field: Any, softness: float) -> FloatImage:
    """0 below, 1 above, linear over `softness` around 0."""
    return np.asarray(np.clip(field / softness + 0.5, 0.0, 1.0), dtype=np.float32)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))

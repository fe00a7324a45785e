"""Where every nucleus lies and what it is: the truth of a phantom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coverslip.phantoms.layout import Layout
from coverslip.phantoms.recipe import Recipe

KINDS = ("tumour", "stroma", "lymphocyte")
TUMOUR, STROMA, LYMPHOCYTE = range(3)
_SQUARE_UM = 360.0
"""Edge of the square of points that repeats over the plane; what stands on a point differs each time."""
_REACH = (-2, -1, 0, 1, 2)
"""Rows and columns of the grid of darts in which a point that is too near can lie."""
_NEAREST_UM = (0.84, 8.6, 6.0)
"""Least distance between centres: tumour in nucleus diameters, stroma and lymphocytes in um."""
_OD_LEVELS = ((0.24, 0.05), (0.55, 0.09), (1.05, 0.20))
"""Mean and deviation of the DAB optical density of weak, moderate and strong nuclei."""
WEAKEST_POSITIVE_OD = 0.16


@dataclass(frozen=True, slots=True)
class Nuclei:
    """One row a nucleus, (n,) each. Positions are um from the slide's upper left corner, sorted by tile and point."""

    x_um: NDArray[np.float64]
    y_um: NDArray[np.float64]
    kind: NDArray[np.uint8]
    grade: NDArray[np.uint8]
    """0 negative, 1 weak, 2 moderate, 3 strong."""
    dab_od: NDArray[np.float32]
    haematoxylin_od: NDArray[np.float32]
    sprite: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.x_um)

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Whether the cell is stained by the marker."""
        return self.grade > 0

    @property
    def tumour(self) -> NDArray[np.bool_]:
        """Whether the cell belongs to the denominator."""
        return np.asarray(self.kind == TUMOUR)

    def where(self, chosen: NDArray[np.bool_]) -> Nuclei:
        """The rows chosen."""
        return Nuclei(*(getattr(self, name)[chosen] for name in self.__slots__))

    @staticmethod
    def concatenated(parts: list[Nuclei]) -> Nuclei:
        """All rows, in their order; at least one part is needed."""
        return Nuclei(*(np.concatenate([getattr(part, name) for part in parts]) for name in Nuclei.__slots__))


class Population:
    """The cells of one slide, made square by square, so that any window knows its cells without the others."""

    def __init__(self, seed: int, layout: Layout, recipe: Recipe, width_um: float, height_um: float) -> None:
        self._seed, self._layout, self._recipe = seed, layout, recipe
        self._extent = (width_um, height_um)
        nearest = (_NEAREST_UM[0] * recipe.nucleus_diameter_um, *_NEAREST_UM[1:])
        self._points = [_blue_noise(kind, distance) for kind, distance in enumerate(nearest)]
        self._square = lru_cache(maxsize=64)(self._make_square)

    def within(self, left_um: float, top_um: float, right_um: float, bottom_um: float) -> Nuclei:
        """The nuclei whose centre lies in the window (right and bottom edge excluded)."""
        rows = range(int(top_um // _SQUARE_UM), int(np.ceil(bottom_um / _SQUARE_UM)))
        columns = range(int(left_um // _SQUARE_UM), int(np.ceil(right_um / _SQUARE_UM)))
        found = Nuclei.concatenated([self._square(row, column) for row in rows for column in columns])
        inside = (found.x_um >= left_um) & (found.x_um < right_um) & (found.y_um >= top_um) & (found.y_um < bottom_um)
        return found.where(inside)

    def _make_square(self, row: int, column: int) -> Nuclei:
        return Nuclei.concatenated([self._make_kind(kind, row, column) for kind in range(3)])

    def _make_kind(self, kind: int, row: int, column: int) -> Nuclei:
        rng = np.random.Generator(np.random.PCG64([self._seed, 2, kind, row + 2**20, column + 2**20]))
        points = self._points[kind] + np.array([row, column]) * _SQUARE_UM
        n = len(points)
        jitter = rng.normal(0, 0.35, (n, 2))
        attributes: dict[str, Any] = self._attributes(rng, kind, n)
        chance = rng.random(n)
        y, x = (points + jitter).T
        accepted = self._accepted(kind, y, x, rng.random(n))
        grade, density = self._stained(kind, y, x, chance, attributes.pop("pick"), attributes.pop("spread"))
        made = Nuclei(x, y, np.full(n, kind, np.uint8), grade, density, **attributes)
        return made.where(accepted)

    def _attributes(self, rng: np.random.Generator, kind: int, n: int) -> dict[str, Any]:
        darker = (1.0, 1.15, 1.7)[kind]
        spread = (0.26, 0.25, 0.14)[kind]
        return {
            "sprite": rng.integers(0, 2**20, n).astype(np.int32),
            "haematoxylin_od": (self._recipe.haematoxylin_od * darker * rng.lognormal(0, spread, n)).astype(np.float32),
            "pick": rng.random(n),
            "spread": rng.standard_normal(n),
        }

    def _accepted(self, kind: int, y: NDArray[Any], x: NDArray[Any], chance: NDArray[Any]) -> NDArray[np.bool_]:
        layout, (width, height) = self._layout, self._extent
        at = {name: layout.at(name, y, x) for name in ("tissue", "tumour", "lumen", "lymphocytes", "fat")}
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height) & (at["tissue"] > 0.55)
        if kind == TUMOUR:
            return inside & (at["tumour"] > 0.45) & (at["lumen"] < -0.35) & (chance < 0.94)
        stroma = inside & (at["tumour"] < -0.30)
        if kind == LYMPHOCYTE:
            packed = stroma & (at["lymphocytes"] > 0) & (chance < 0.82) & (at["fat"] < 0)
            strays = stroma & (at["lymphocytes"] <= 0) & (chance < 0.018) & (at["fat"] < 0)
            in_nest = inside & (at["tumour"] > 0.45) & (at["lumen"] < -0.35) & (chance < 0.002)
            return packed | strays | in_nest
        sparse = np.where(at["fat"] > 0, 0.05, 0.20)
        return stroma & (at["lymphocytes"] < 0) & (chance < sparse)

    def _stained(
        self,
        kind: int,
        y: NDArray[Any],
        x: NDArray[Any],
        chance: NDArray[Any],
        pick: NDArray[Any],
        spread: NDArray[Any],
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        recipe = self._recipe
        probability = self._layout.at("positivity", y, x) if kind == TUMOUR else recipe.other_positive_percent / 100.0
        weak, moderate, _ = recipe.intensity_mix
        grade = np.where(pick < weak, 1, np.where(pick < weak + moderate, 2, 3))
        grade = np.where(chance < probability, grade, 0).astype(np.uint8)
        levels = np.array([(0.0, 0.0), *_OD_LEVELS])[grade]
        density = np.maximum(levels[:, 0] + levels[:, 1] * np.clip(spread, -2.5, 2.5), WEAKEST_POSITIVE_OD)
        return grade, np.where(grade > 0, density, 0.0).astype(np.float32)


@lru_cache(maxsize=16)
def _blue_noise(kind: int, nearest_um: float) -> NDArray[np.float64]:
    """Points of a square that repeats seamlessly, none nearer to another than `nearest_um`; (n, 2) y, x in um.

    Darts are thrown one by one; a grid whose squares hold one point each tells which points can be too near.
    """
    rng = np.random.Generator(np.random.PCG64([kind, 5]))
    darts = rng.uniform(0, _SQUARE_UM, (int(7 * (_SQUARE_UM / nearest_um) ** 2), 2))
    across = math.ceil(_SQUARE_UM * math.sqrt(2) / nearest_um)
    taken: dict[tuple[int, int], tuple[float, float]] = {}
    for y, x in darts.tolist():
        row, column = int(y / _SQUARE_UM * across), int(x / _SQUARE_UM * across)
        around = (taken.get(((row + i) % across, (column + j) % across)) for i in _REACH for j in _REACH)
        if all(other is None or _apart_um(y, x, other) > nearest_um for other in around):
            taken[row, column] = y, x
    return np.array(list(taken.values()))


def _apart_um(y: float, x: float, other: tuple[float, float]) -> float:
    dy, dx = abs(y - other[0]), abs(x - other[1])
    return math.hypot(min(dy, _SQUARE_UM - dy), min(dx, _SQUARE_UM - dx))

"""Pictures of single nuclei, drawn once and pasted many times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import cv2
import numpy as np

from coverslip.phantoms.noise import FloatImage, periodic

Kind = Literal["tumour", "stroma", "lymphocyte"]
COUNT = 96
"""Different nuclei of each kind."""
_TEXTURE = 256


@dataclass(frozen=True, slots=True)
class Sprite:
    """One nucleus: (2 r + 1, 2 r + 1) float32 each. `haematoxylin` and `dab` average 1 inside the nucleus."""

    haematoxylin: FloatImage
    dab: FloatImage
    reach: int
    """r, in pixels."""
    area_px: float


@cache
def sprites(kind: Kind, spacing_um: float, diameter_um: float, pleomorphism: float) -> tuple[Sprite, ...]:
    """The nuclei of one kind at one pixel size; the same arguments give the same pictures."""
    rng = np.random.Generator(np.random.PCG64([("tumour", "stroma", "lymphocyte").index(kind), 7]))
    grains = [periodic(11 + i, _TEXTURE, max(um / spacing_um, 1.2)) for i, um in enumerate((0.5, 1.0, 2.2))]
    return tuple(_draw(rng, kind, spacing_um, diameter_um, pleomorphism, grains) for _ in range(COUNT))


def _draw(
    rng: np.random.Generator,
    kind: Kind,
    spacing_um: float,
    diameter_um: float,
    pleomorphism: float,
    grains: list[FloatImage],
) -> Sprite:
    if kind == "tumour":
        radius, ratio, irregular = diameter_um / 2 * rng.lognormal(0, pleomorphism), rng.uniform(0.62, 1.0), 0.055
    elif kind == "lymphocyte":
        radius, ratio, irregular = 2.9 * rng.lognormal(0, 0.09), rng.uniform(0.8, 1.0), 0.03
    else:
        radius, ratio, irregular = 3.2 * rng.lognormal(0, 0.2), rng.uniform(0.16, 0.42), 0.05
    a, b = radius / np.sqrt(ratio) / spacing_um, radius * np.sqrt(ratio) / spacing_um
    softness = max(rng.choice([0.22, 0.3, 0.5, 0.9], p=[0.45, 0.3, 0.17, 0.08]) / spacing_um, 0.45)
    reach = int(np.ceil(max(a, b) * 1.25 + 2.5 * softness + 1))
    distance = _distance(rng, reach, a, b, rng.uniform(0, np.pi) if kind != "stroma" else rng.normal(0, 0.3), irregular)
    mask = 1.0 / (1.0 + np.exp(np.clip((distance - 1.0) * np.sqrt(a * b) / (0.55 * softness), -30, 30)))
    fine, middle, coarse = (_cut(rng, grain, 2 * reach + 1) for grain in grains)
    chromatin = _chromatin(rng, kind, distance, fine, middle, coarse, np.sqrt(a * b))
    granular = rng.uniform(0.1, 0.32)
    brown = np.clip(1.0 + granular * middle + 0.5 * granular * coarse + 0.10 * fine, 0.25, 2.0)
    if rng.random() < 0.25:
        brown = brown * (0.75 + 0.5 * np.exp(-(((distance - 0.85) / 0.25) ** 2)))
    return Sprite(_levelled(chromatin, mask), _levelled(brown, mask), reach, float(mask.sum()))


def _distance(rng: np.random.Generator, reach: int, a: float, b: float, angle: float, irregular: float) -> FloatImage:
    """1 on the outline, 0 in the centre."""
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    c, s = np.cos(angle), np.sin(angle)
    u, v = (x * c + y * s) / a, (y * c - x * s) / b
    theta = np.arctan2(v, u)
    waves = sum(
        (rng.normal(0, irregular) / (k - 1) ** 0.7 * np.cos(k * theta + rng.uniform(0, 6.28)) for k in range(2, 7)),
        np.zeros_like(theta),
    )
    return np.asarray(np.hypot(u, v) / np.clip(1.0 + waves, 0.7, 1.3), dtype=np.float32)


def _chromatin(
    rng: np.random.Generator,
    kind: Kind,
    distance: FloatImage,
    fine: FloatImage,
    middle: FloatImage,
    coarse: FloatImage,
    size_px: float,
) -> FloatImage:
    if kind == "lymphocyte":
        return np.clip(1.05 + 0.22 * middle + 0.28 * np.maximum(coarse, 0), 0.4, 2.0)
    if kind == "stroma":
        return np.clip(1.0 + 0.16 * middle + 0.1 * fine, 0.4, 2.0)
    rim = np.exp(-(((distance - 0.9) / rng.uniform(0.09, 0.16)) ** 2))
    vesicular = rng.random() < 0.55
    ground = rng.uniform(0.5, 0.75) if vesicular else rng.uniform(0.85, 1.0)
    clumps = np.maximum(middle - 0.5, 0) * rng.uniform(0.25, 0.6)
    made = ground + rng.uniform(0.3, 0.7) * rim * (1.0 if vesicular else 0.4) + clumps + 0.12 * coarse + 0.10 * fine
    if rng.random() < 0.55:
        y, x = np.mgrid[: distance.shape[0], : distance.shape[1]].astype(np.float32)
        centre, width = distance.shape[0] // 2, rng.uniform(0.09, 0.17) * size_px
        for _ in range(rng.integers(1, 3)):
            dy, dx = rng.uniform(-0.38, 0.38, 2) * size_px
            made = made + rng.uniform(0.5, 1.1) * np.exp(
                -((x - centre - dx) ** 2 + (y - centre - dy) ** 2) / (2 * width**2)
            )
    return np.asarray(np.clip(made, 0.2, 3.0), dtype=np.float32)


def _cut(rng: np.random.Generator, grain: FloatImage, size: int) -> FloatImage:
    y, x = rng.integers(0, _TEXTURE, 2)
    rows, columns = (np.arange(size) + y) % _TEXTURE, (np.arange(size) + x) % _TEXTURE
    return grain[np.ix_(rows, columns)]


def _levelled(picture: FloatImage, mask: FloatImage) -> FloatImage:
    soft = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 0.6)
    inside = mask > 0.5
    return np.asarray(soft / max(float(soft[inside].mean()), 1e-3) * mask, dtype=np.float32)

"""Real tissue on a demo slide: one openly licensed field, laid out many times with soft seams.

The field is scikit-image's `immunohistochemistry` (FHL2 with haematoxylin in colonic glands; "no known copyright
restrictions"). Its pixel size is not published; the spacing written into the file is an assumption and the header
says so. It is for looking at, and shows neither Ki-67 nor breast.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from coverslip.phantoms.label import SlideLabel
from coverslip.phantoms.noise import FloatImage, smooth_field
from coverslip.phantoms.slide import Header, write_bands

ASSUMED_SPACING_UM = 0.5
_OVERLAP_PX = 176
_SEAM_PX = 2.5
_GLASS = np.array([243, 243, 241], np.float32)
_NOTE = "mosaic of one field of scikit-image, spacing assumed"


def write_mosaic(
    path: Path, seed: int, width: int, height: int, *, label: SlideLabel | None = None, font: Path | None = None
) -> None:
    """Write a slide of `width` x `height` pixels from the real field. Needs scikit-image (the extra `demo`).

    Copies are turned and mirrored so that neighbours fit, and joined along the path where they differ least (image
    quilting, Efros & Freeman 2001). The same arguments give the same bytes.
    """
    header = Header(ASSUMED_SPACING_UM, objective_power=20, scanner="MOSAIC", note=_NOTE, quality=90)
    paper = label or SlideLabel("MOSAIC", ("scikit-image IHC", "spacing assumed"))
    write_bands(path, width, height, _bands(seed, width, height), header, ASSUMED_SPACING_UM, paper, font)


def _bands(seed: int, width: int, height: int) -> Iterator[NDArray[np.uint8]]:
    """Rows of the mosaic from top to bottom; only one row of copies is held."""
    size = _turned()[0].shape[0]
    step = size - _OVERLAP_PX
    rng = np.random.Generator(np.random.PCG64([seed, 8]))
    outline = _outline(seed, width, height)
    columns = -(-width // step) + 1
    above: FloatImage | None = None
    for top in range(0, height, step):
        row = np.zeros((size, columns * step + _OVERLAP_PX, 3), np.float32)
        if above is not None:
            row[:_OVERLAP_PX] = above
        for column in range(columns):
            _join(row, column * step, column > 0, above is not None, rng)
        above = row[step:].copy()
        rows = min(step, height - top)
        inside = _outline_part(outline, top, rows, width, height)
        yield np.clip(row[:rows, :width] * inside + _GLASS * (1 - inside), 0, 255).astype(np.uint8)


def _join(row: FloatImage, left: int, has_left: bool, has_top: bool, rng: np.random.Generator) -> None:
    """Lay the copy that fits best (one of the two best, drawn) at `left`, along the cheapest seams."""
    size, overlap = row.shape[0], _OVERLAP_PX
    place = row[:, left : left + size]
    copies = _turned()
    if not has_left and not has_top:
        place[...] = copies[int(rng.integers(0, len(copies)))]
        return
    misfit = np.zeros(len(copies))
    for i, copy in enumerate(copies):
        if has_left:
            misfit[i] += _difference(place[::4, :overlap:4], copy[::4, :overlap:4]).mean()
        if has_top:
            misfit[i] += _difference(place[:overlap:4, ::4], copy[:overlap:4, ::4]).mean()
    chosen = copies[int(np.argsort(misfit, kind="stable")[rng.integers(0, 2)])]
    mask = np.ones((size, size), np.float32)
    if has_left:
        mask[:, :overlap] *= _seam(_difference(place[:, :overlap], chosen[:, :overlap]))
    if has_top:
        mask[:overlap] *= _seam(_difference(place[:overlap], chosen[:overlap]).T).T
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), _SEAM_PX), np.float32)[..., None]
    if has_left:
        soft[:, :2] = 0
    if has_top:
        soft[:2] = 0
    place[...] = chosen * soft + place * (1 - soft)


def _difference(a: FloatImage, b: FloatImage) -> FloatImage:
    return np.asarray(((a - b) ** 2).sum(axis=2), dtype=np.float32)


def _seam(cost: FloatImage) -> FloatImage:
    """1 right of the cheapest way from the first row to the last; `cost`: (h, w)."""
    total = cost.astype(np.float64)
    before = np.full(total.shape[1] + 2, np.inf)
    for y in range(1, len(total)):
        before[1:-1] = total[y - 1]
        total[y] += np.minimum(np.minimum(before[:-2], before[2:]), before[1:-1])
    mask = np.zeros(cost.shape, np.float32)
    x = int(np.argmin(total[-1]))
    for y in range(len(total) - 1, -1, -1):
        low, high = max(x - 1, 0), min(x + 2, total.shape[1])
        x = low + int(np.argmin(total[y, low:high])) if y < len(total) - 1 else x
        mask[y, x:] = 1.0
    return mask


@cache
def _turned() -> tuple[FloatImage, ...]:
    """The field in all eight positions."""
    from skimage.data import immunohistochemistry

    field: FloatImage = np.asarray(immunohistochemistry(), dtype=np.float32)  # type: ignore[no-untyped-call]
    return tuple(np.rot90(side, turn) for side in (field, field[:, ::-1]) for turn in range(4))


def _outline(seed: int, width: int, height: int) -> FloatImage:
    """Signed outline of the tissue on a grid of 32 px."""
    h, w = height // 32 + 2, width // 32 + 2
    rng = np.random.Generator(np.random.PCG64([seed, 9]))
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    y, x = y / (h - 1) * 2 - 1, x / (w - 1) * 2 - 1
    wobble = smooth_field(rng, h, w, max(h, w) / 4) * 0.06 + smooth_field(rng, h, w, 4) * 0.02
    return np.asarray(0.9 + wobble - (np.abs(x) ** 3 + np.abs(y) ** 3) ** (1 / 3), dtype=np.float32)


def _outline_part(outline: FloatImage, top: int, rows: int, width: int, height: int) -> FloatImage:
    scale = np.array([[1 / 32, 0, 0], [0, 1 / 32, top / 32]], dtype=np.float32)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(outline, scale, (width, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.clip(part * min(width, height) / 2 / 3.0 + 0.5, 0, 1)[..., None], dtype=np.float32)

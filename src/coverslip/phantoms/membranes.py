"""Membrane staining (HER2, PD-L1): the borders between neighbouring cells carry the brown."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from coverslip.phantoms.cells import Nuclei
from coverslip.phantoms.noise import FloatImage, texture, window

_CELL_RADIUS_UM = 8.5
"""No cytoplasm reaches farther from the centre of its nucleus."""
_LINE_UM = 0.55
LEVELS = (0.0, 0.16, 0.45, 1.0)
"""Optical density of a membrane of grade 0 to 3 before the lens."""


def membranes(nuclei: Nuclei, left: int, top: int, width: int, height: int, spacing_um: float, seed: int) -> FloatImage:
    """DAB optical density of the membranes of a window (pixels of level 0); (height, width) float32.

    A pixel belongs to the nearest tumour or lymphocyte nucleus; where two cells meet, the stronger one stains.
    Strong and moderate cells are stained all round, weak ones in part.
    """
    cells = nuclei.where(nuclei.kind != 1)
    if len(cells) == 0:
        return np.zeros((height, width), np.float32)
    pad = int(np.ceil(18.0 / spacing_um))
    h, w = height + 2 * pad, width + 2 * pad
    columns = np.floor(cells.x_um / spacing_um).astype(int) - left + pad
    rows = np.floor(cells.y_um / spacing_um).astype(int) - top + pad
    owner, distance = _nearest(rows, columns, h, w)
    own = np.array(LEVELS, np.float32)[cells.grade][owner]
    patchy = window(texture("membrane", round(6.0 / spacing_um, 2)), top - pad + seed % 997, left - pad, h, w)
    weak = cells.grade[owner] == 1
    own = np.where(weak & (patchy < 0.1), 0.0, own)
    border = np.zeros((h, w), bool)
    border[:, 1:] |= owner[:, 1:] != owner[:, :-1]
    border[1:, :] |= owner[1:, :] != owner[:-1, :]
    edge = np.abs(distance - _CELL_RADIUS_UM / spacing_um) < 0.5
    near = distance < (_CELL_RADIUS_UM + 0.3) / spacing_um
    stained = np.where((border | edge) & near, own, 0.0).astype(np.float32)
    thick = max(round(_LINE_UM / spacing_um), 1)
    line = cv2.dilate(stained, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thick + 1, thick + 1)))
    soft = cv2.GaussianBlur(line, (0, 0), max(0.22 / spacing_um, 0.5)) + 0.05 * own * near
    soft *= np.clip(1.0 + 0.25 * patchy, 0.4, 1.6)
    return np.asarray(soft[pad : pad + height, pad : pad + width], dtype=np.float32)


def _nearest(
    rows: NDArray[np.int64], columns: NDArray[np.int64], h: int, w: int
) -> tuple[NDArray[np.int64], FloatImage]:
    """For each pixel the index of the nearest centre and its distance in pixels."""
    seeds = np.full((h, w), 255, np.uint8)
    held = np.flatnonzero((rows >= 0) & (rows < h) & (columns >= 0) & (columns < w))
    seeds[rows[held], columns[held]] = 0
    if len(held) == 0:
        return np.zeros((h, w), np.int64), np.full((h, w), 1e6, np.float32)
    distance, labels = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    index = np.zeros(int(labels.max()) + 1, np.int64)
    index[labels[rows[held], columns[held]]] = held
    return index[labels], np.asarray(distance, dtype=np.float32)

"""LittleCMS at work: a slide's profile to a table, and colours to CIELAB. A profile is foreign: sandbox only.

Relative colorimetric with black point compensation: `docs/decisions/0095-relative-colorimetric.md` says why.
"""

from __future__ import annotations

from functools import cache

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from coverslip.slides.colour.difference import ciede2000, lab_of
from coverslip.slides.colour.icc import P3_PRIMARIES, SRGB_CURVE, SRGB_PRIMARIES, matrix_profile
from coverslip.slides.colour.profile import ProfileUnusable
from coverslip.slides.colour.table import SIZES, ColourSpace, ColourTable

WORST_ERROR = 0.75
"""CIEDE2000 up to which a table may differ from LittleCMS; below 1 nobody sees it, and rounding to 8 bits adds 0.7."""
# imagecodecs raises its own CmsError (a RuntimeError) where LittleCMS declines.
_DECLINED = (RuntimeError, ValueError, OverflowError)


@cache
def display_profile(space: ColourSpace) -> bytes:
    """ICC profile of the screen's space."""
    primaries = {ColourSpace.SRGB: SRGB_PRIMARIES, ColourSpace.DISPLAY_P3: P3_PRIMARIES}[space]
    return matrix_profile(space.value, primaries, SRGB_CURVE)


def transformed(colours: NDArray[np.uint16], profile: bytes, space: ColourSpace) -> NDArray[np.uint16]:
    """Stored colours (..., 3), 0 to 65535, as the screen's, by LittleCMS. Raises `ProfileUnusable`."""
    rows = np.ascontiguousarray(colours, dtype=np.uint16).reshape(1, -1, 3)
    cms = imagecodecs.CMS
    try:
        shown = imagecodecs.cms_transform(
            rows,
            profile,
            display_profile(space),
            colorspace="rgb",
            outcolorspace="rgb",
            outdtype="uint16",
            intent=cms.INTENT.RELATIVE_COLORIMETRIC,
            # Without optimisation LittleCMS computes every colour; with it, it interpolates in a table of its own.
            flags=cms.FLAGS.BLACKPOINTCOMPENSATION | cms.FLAGS.NOOPTIMIZE | cms.FLAGS.NOCACHE,
        )
    except _DECLINED as error:
        raise ProfileUnusable(problem="profile_broken") from error
    return np.asarray(shown, dtype=np.uint16).reshape(colours.shape)


def build_table(profile: bytes, space: ColourSpace) -> ColourTable:
    """The table of a profile, finer where a coarse one would be off.

    Raises `ProfileUnusable`, also where greys would not get lighter from black to white.
    """
    for size in SIZES:
        table = table_of_size(profile, space, size)
        if worst_error(table, profile, space) < WORST_ERROR:
            break
    _require_order(table)
    return table


def table_of_size(profile: bytes, space: ColourSpace, size: int) -> ColourTable:
    """The profile at `size` steps of red, green and blue. Raises `ProfileUnusable`."""
    steps = np.round(np.linspace(0, 65535, size)).astype(np.uint16)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    return ColourTable(transformed(np.stack([red, green, blue], axis=-1), profile, space))


def worst_error(table: ColourTable, profile: bytes, space: ColourSpace) -> float:
    """Largest CIEDE2000 between the table and LittleCMS, over all greys and colours from everywhere."""
    greys = np.arange(256, dtype=np.uint16)[:, None].repeat(3, axis=1)
    everywhere = np.random.default_rng(0).integers(0, 256, (2000, 3)).astype(np.uint16)
    stored = np.concatenate([greys, everywhere])
    wanted = lab_of(transformed(stored * np.uint16(257), profile, space), space, 65535)
    return float(ciede2000(lab_of(table.exactly(stored / 255), space, 1.0), wanted).max())


def _require_order(table: ColourTable) -> None:
    middle = np.arange(0, table.size, table.size // 8)
    greys = table.nodes[middle, middle, middle].astype(np.int64)
    if not (np.diff(greys @ np.array([2, 7, 1])) > 0).all():
        raise ProfileUnusable(problem="profile_implausible")

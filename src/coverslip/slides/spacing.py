"""When a file's statement of its pixel size is believed.

A slide whose statement is not believed opens and can be viewed; nothing is measured on it, and `spacing_problem` says
why. To refuse it would keep a pathologist from a picture that is whole; to take one of two sizes that contradict each
other would give a wrong measurement without a word.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from coverslip.vocabulary.units import Micrometres, Spacing

FINEST_CREDIBLE_UM = 0.02
COARSEST_CREDIBLE_UM = 20.0
"""A 1x objective gives about 10 um a pixel. Screen and printer densities that programs write by themselves (72, 96,
300, 600, 1,200 dpi = 353, 265, 85, 42, 21 um) are coarser, so they are never taken for a microscope's."""
LARGEST_ASPECT = 2.0
INCH, CENTIMETRE = 2, 3
LEVELS_AGREE = 0.05
"""Largest share by which a level's stated pixel size may differ from what its size in pixels tells."""
COPIED = 0.01
"""A level that states level 0's pixel size within this share repeats it; writers copy the tags, and say nothing so."""
SpacingProblem = Literal["SPACING_NOT_CREDIBLE", "SPACING_LEVELS_DIFFER"]
LevelSize = Spacing | tuple[float, float] | None
"""What a level states: a size, or two numbers in micrometres as they stand in the file, nonsense too."""
UNIT_UM = {INCH: 25_400.0, CENTIMETRE: 10_000.0}


def credible_spacing(
    x_um: float | None, y_um: float | None, coarsest_um: float = COARSEST_CREDIBLE_UM
) -> Spacing | None:
    """The spacing, or None where a side is missing or is none that a microscope gives."""
    if x_um is None or y_um is None:
        return None
    if not all(FINEST_CREDIBLE_UM <= side <= coarsest_um for side in (x_um, y_um)):
        return None
    if max(x_um, y_um) / min(x_um, y_um) > LARGEST_ASPECT:
        return None
    return Spacing(Micrometres(x_um), Micrometres(y_um))


def spacing_of_resolution(x: float | None, y: float | None, unit: int) -> Spacing | None:
    """From pixels per inch (`unit` 2) or centimetre (3), as TIFF's resolution tags have them."""
    if not x or not y or unit not in UNIT_UM:
        return None
    return credible_spacing(UNIT_UM[unit] / x, UNIT_UM[unit] / y)


@dataclass(frozen=True, slots=True)
class StatedSpacing:
    """A pixel size as far as it is believed, and why not."""

    spacing: Spacing | None = None
    problem: SpacingProblem | None = None


def spacing_of_texts(x_um: str | None, y_um: str | None) -> StatedSpacing:
    """From two texts in micrometres; missing or empty ones state nothing, zero, negative and absurd ones nonsense."""
    if not (x_um or "").strip() and not (y_um or "").strip():
        return StatedSpacing()
    return spacing_of_numbers(spacing_number(x_um), spacing_number(y_um))


def spacing_of_numbers(x_um: float | None, y_um: float | None, *, coarsest_um: float | None = None) -> StatedSpacing:
    """From two numbers that the file states; None for one that is no number. `coarsest_um`: of a reduced image."""
    spacing = credible_spacing(x_um, y_um, COARSEST_CREDIBLE_UM if coarsest_um is None else coarsest_um)
    return StatedSpacing(spacing, None if spacing is not None else "SPACING_NOT_CREDIBLE")


def stated_by_resolution(x: float | None, y: float | None, unit: int) -> StatedSpacing:
    """As `spacing_of_resolution`. A density of a screen or printer says nothing, nor does none at all: programs write
    it without meaning it. One finer than any microscope's, or of two sides that differ beyond reason, is nonsense.
    """
    spacing = spacing_of_resolution(x, y, unit)
    if spacing is not None or not x or not y or unit not in UNIT_UM:
        return StatedSpacing(spacing)
    sides = [UNIT_UM[unit] / x, UNIT_UM[unit] / y]
    says_nothing = all(side > COARSEST_CREDIBLE_UM for side in sides)
    return StatedSpacing(None, None if says_nothing else "SPACING_NOT_CREDIBLE")


def checked_by_levels(
    stated: StatedSpacing, levels: Sequence[LevelSize], downsamples: Sequence[float], *, copies: bool = True
) -> StatedSpacing:
    """The statement, unless a level contradicts it. `levels`: what each level states, level 0 first; None: nothing.

    `copies`: a level may repeat level 0's size without meaning it.
    """
    base = stated.spacing
    if base is None:
        return stated
    for level, downsample in zip(levels, downsamples, strict=True):
        if level is None:
            continue
        x_um, y_um = (level.x_um, level.y_um) if isinstance(level, Spacing) else level
        for own, whole in ((x_um, base.x_um), (y_um, base.y_um)):
            copied = copies and abs(own / whole - 1) <= COPIED
            if not copied and not abs(own / (whole * downsample) - 1) <= LEVELS_AGREE:  # nan agrees with nothing
                return StatedSpacing(None, "SPACING_LEVELS_DIFFER")
    return stated


def spacing_number(text: str | None) -> float | None:
    """A finite number, with a point or a comma, negative and zero too; None for anything else."""
    try:
        value = float((text or "").replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None

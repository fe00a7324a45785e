"""When a file's statement of its pixel size is believed."""

from __future__ import annotations

from coverslip.vocabulary.units import LARGEST_SPACING_UM, SMALLEST_SPACING_UM, Micrometres, Spacing

FINEST_CREDIBLE_UM = 0.02
COARSEST_CREDIBLE_UM = 20.0
"""A 1x objective gives about 10 um a pixel. Screen and printer densities that programs write by themselves (72, 96,
300, 600, 1,200 dpi = 353, 265, 85, 42, 21 um) are coarser, so they are never taken for a microscope's."""
LARGEST_ASPECT = 2.0
INCH, CENTIMETRE = 2, 3
UNIT_UM = {INCH: 25_400.0, CENTIMETRE: 10_000.0}


def credible_spacing(x_um: float | None, y_um: float | None) -> Spacing | None:
    """The spacing, or None where a side is missing or is none that a microscope gives."""
    if x_um is None or y_um is None:
        return None
    if not all(FINEST_CREDIBLE_UM <= side <= COARSEST_CREDIBLE_UM for side in (x_um, y_um)):
        return None
    if max(x_um, y_um) / min(x_um, y_um) > LARGEST_ASPECT:
        return None
    return Spacing(Micrometres(x_um), Micrometres(y_um))


def spacing_of_resolution(x: float | None, y: float | None, unit: int) -> Spacing | None:
    """From pixels per inch (`unit` 2) or centimetre (3), as TIFF's resolution tags have them."""
    if not x or not y or unit not in UNIT_UM:
        return None
    return credible_spacing(UNIT_UM[unit] / x, UNIT_UM[unit] / y)


def stated_spacing(x_um: float, y_um: float) -> Spacing | None:
    """A spacing that a format states by definition (DICOM): believed whatever its size, unless no image has it."""
    if not all(SMALLEST_SPACING_UM < side < LARGEST_SPACING_UM for side in (x_um, y_um)):
        return None
    return Spacing(Micrometres(x_um), Micrometres(y_um))

"""Units that must not be mixed up: micrometres, square millimetres and pixels of level 0."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NewType

from coverslip.errors import InvalidInput

Micrometres = NewType("Micrometres", float)
SquareMillimetres = NewType("SquareMillimetres", float)
Percent = NewType("Percent", float)

SMALLEST_SPACING_UM = 0.01
LARGEST_SPACING_UM = 1000.0


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distance between pixel centres, in micrometres a pixel; never guessed, never defaulted.

    Raises `InvalidInput` for a value that no microscope gives (not finite, <= 0.01 or >= 1000 um/px).
    """

    x_um: Micrometres
    y_um: Micrometres

    def __post_init__(self) -> None:
        for name, value in (("spacing_um_x", self.x_um), ("spacing_um_y", self.y_um)):
            if not math.isfinite(value) or not SMALLEST_SPACING_UM < value < LARGEST_SPACING_UM:
                raise InvalidInput(field=name, problem="spacing_range", value=repr(value))

    @classmethod
    def square(cls, um: float) -> Spacing:
        """The same spacing in both directions."""
        return cls(Micrometres(um), Micrometres(um))

    @property
    def mean_um(self) -> Micrometres:
        """Geometric mean of both directions, in micrometres a pixel."""
        return Micrometres(math.sqrt(self.x_um * self.y_um))

    def scaled(self, downsample: float) -> Spacing:
        """Spacing of a level whose pixels are `downsample` times larger."""
        return Spacing(Micrometres(self.x_um * downsample), Micrometres(self.y_um * downsample))

    def area_mm2(self, pixels: float) -> SquareMillimetres:
        """Area of so many pixels, in square millimetres."""
        return SquareMillimetres(pixels * self.x_um * self.y_um * 1e-6)

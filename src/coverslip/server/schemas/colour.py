"""Colour: what became of a slide's profile, the colour target, and a check of what a screen was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from coverslip.server.schemas.common import Given, Localised, Shown
from coverslip.slides.colour.table import ColourSpace

Channel = Annotated[int, Field(ge=0, le=255)]
Rgb = tuple[Channel, Channel, Channel]
Note = Annotated[str, Field(max_length=300)]


class SlideColour(Shown):
    """A slide's colour profile: `usable`, `none` in the file, or `unusable` for the `reason` given.

    `name`: as the profile calls itself, null where it does not. `digest`: SHA-256 of the profile.
    """

    state: Literal["usable", "none", "unusable"]
    name: str | None = None
    digest: str | None = None
    reason: Localised | None = None


class ColourPatch(Shown):
    """One patch of the target: red, green, blue as stored in a slide, 0 to 255."""

    name: str
    stored: Rgb


class ColourTarget(Shown):
    """The target, row by row, and the largest CIEDE2000 difference that a check passes with."""

    columns: int
    patches: list[ColourPatch]
    limit: float


class NewColourCheck(Given):
    """What a screen was sent for each patch of the target, in the target's order, read back from its canvas.

    `slide_id`: whose profile was used; null for the profile of the target itself. `renderer`, `browser`: as they call
    themselves. `gamut`: the widest that the browser says the screen shows.
    """

    slide_id: UUID | None = None
    space: ColourSpace
    measured: Annotated[list[Rgb], Field(min_length=1, max_length=200)]
    renderer: Note = ""
    browser: Note = ""
    gamut: Literal["srgb", "p3", "rec2020", "unknown"] = "unknown"
    pixel_ratio: Annotated[float, Field(gt=0, le=16, allow_inf_nan=False)] = 1.0


class CheckedPatch(Shown):
    """One patch: stored, as LittleCMS computes it for the screen, as sent to the screen; `delta_e` between the two.

    `lab`: CIELAB (D50) of what is expected, for a colorimeter held to the screen.
    """

    name: str
    stored: Rgb
    expected: Rgb
    measured: Rgb
    lab: tuple[float, float, float]
    delta_e: float


class ColourCheck(Shown):
    """A check, recorded in the audit trail. Differences are CIEDE2000 under D50; `passed`: none above `limit`."""

    at: datetime
    profile: str
    space: ColourSpace
    patches: list[CheckedPatch]
    mean: float
    largest: float
    limit: float
    passed: bool

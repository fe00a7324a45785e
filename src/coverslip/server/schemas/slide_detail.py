"""One slide with its case and its tile grid: what the viewer opens."""

from __future__ import annotations

from uuid import UUID

from coverslip.server.schemas.case import CaseSummary
from coverslip.server.schemas.colour import SlideColour
from coverslip.server.schemas.common import Shown
from coverslip.server.schemas.slide import AssociatedName, SlideLevel, SlideSummary


class SlidePlane(Shown):
    """A focal plane. Its offset from the plane in focus is null where the file does not say it."""

    offset_um: float | None


class SlideChannel(Shown):
    """A fluorescence channel: brightness, shown in a colour of its own (red, green, blue, 0 to 255)."""

    name: str
    wavelength_nm: float | None
    colour: tuple[int, int, int]


class SlideDetail(SlideSummary):
    """A slide as the viewer needs it. Spacing is null where the file does not say it; it is never guessed."""

    case_id: UUID | None
    case: CaseSummary | None
    block_label: str | None
    specimen_label: str | None
    vendor: str | None
    scanner_model: str | None
    reader: str | None
    has_icc_profile: bool
    colour: SlideColour
    levels: list[SlideLevel]
    planes: list[SlidePlane]
    shown_plane: int
    channels: list[SlideChannel]
    spacing_um_x: float | None
    spacing_um_y: float | None
    associated: list[AssociatedName]
    tile_url: str
    content_digest: str | None
    original_name: str | None

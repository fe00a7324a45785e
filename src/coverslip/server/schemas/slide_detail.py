"""One slide with its case and its tile grid: what the viewer opens."""

from __future__ import annotations

from uuid import UUID

from coverslip.server.schemas.case import CaseSummary
from coverslip.server.schemas.colour import SlideColour
from coverslip.server.schemas.slide import AssociatedName, SlideLevel, SlideSummary


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
    spacing_um_x: float | None
    spacing_um_y: float | None
    associated: list[AssociatedName]
    tile_url: str
    content_digest: str | None
    original_name: str | None

"""Slides: in a case, in the viewer, without a case yet."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from coverslip.server.schemas.common import Given, Localised, Shown
from coverslip.server.schemas.reading import ReadingSummary
from coverslip.vocabulary.markers import ControlStatus, Marker
from coverslip.vocabulary.stains import Stain

SlideStatus = Literal["expected", "receiving", "ready", "failed", "unmatched"]
AssociatedName = Literal["label", "macro", "thumbnail"]
Label = Annotated[str, Field(min_length=1, max_length=64)]


class SlideSummary(Shown):
    """A slide. What only its file can tell (`format`, `width`, `spacing_um`, ...) is null until the file is in."""

    id: UUID
    label: str
    barcode: str | None
    stain: Stain
    marker: Marker | None
    clone: str | None
    control_status: ControlStatus
    status: SlideStatus
    failure_code: str | None
    failure: Localised | None
    format: str | None
    size_bytes: int | None
    received_at: datetime | None
    width: int | None
    height: int | None
    spacing_um: float | None
    objective_power: float | None
    readings: list[ReadingSummary]


class SlideList(Shown):
    """Slides, newest first."""

    items: list[SlideSummary]


class SlideLevel(Shown):
    """One stored resolution and its own tile grid; `downsample` of level 0 is 1."""

    width: int
    height: int
    downsample: float
    tile_width: int
    tile_height: int
    columns: int
    rows: int
    passthrough: bool


class SlideMatch(Given):
    """The block that an unmatched slide belongs to, and its label there."""

    block_id: UUID
    label: Label


class SlideChange(Given):
    """What the label says of the stain; a field that is absent stays as it is."""

    stain: Stain | None = None
    marker: Marker | None = None
    clone: Label | None = None
    control_status: ControlStatus | None = None

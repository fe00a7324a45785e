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
QueueState = Literal["waiting", "set_aside", "failed"]
ContradictionCode = Literal["match_barcode", "match_name", "match_sent_for", "match_closed", "match_other_barcode"]
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
    failure_mend: Localised | None
    format: str | None
    size_bytes: int | None
    received_at: datetime | None
    width: int | None
    height: int | None
    spacing_um: float | None
    objective_power: float | None
    readings: list[ReadingSummary]


class Reason(Shown):
    """A code, and its words."""

    code: str
    words: Localised


class QueuedSlide(SlideSummary):
    """A slide that waits for a person: what was read on it and why nothing placed it.

    `case_id`: the case it came in for, where that much is known. `pictures`: those that can be asked for.
    """

    original_name: str | None
    barcodes: list[str]
    reasons: list[Reason]
    pictures: list[AssociatedName]
    case_id: UUID | None
    set_aside_at: datetime | None
    set_aside_reason: str | None


class SlideQueue(Shown):
    """A page of the queue, newest first; `next_after` is null on the last. `total` counts to 10,000."""

    items: list[QueuedSlide]
    next_after: UUID | None
    total: int


class Contradiction(Shown):
    """What speaks against a match."""

    code: ContradictionCode
    words: Localised


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
    despite: list[ContradictionCode] = Field(default_factory=list, max_length=10)
    """Contradictions that the person has seen and sets aside."""


class SlideSetAside(Given):
    """Why nobody can place the slide."""

    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class SlideChange(Given):
    """What the label says of the stain; a field that is absent stays as it is."""

    stain: Stain | None = None
    marker: Marker | None = None
    clone: Label | None = None
    control_status: ControlStatus | None = None

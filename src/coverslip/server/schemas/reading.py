"""Readings: a marker measured on a slide by the computer, and what the pathologist made of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from coverslip.server.schemas.common import Area, ErrorBody, Given, Localised, PersonRef, Shown
from coverslip.vocabulary.markers import Marker

ReadingStatus = Literal["queued", "running", "finished", "failed", "cancelled"]
Decision = Literal["pending", "accepted", "edited", "rejected"]
ReviewAction = Literal["accept", "edit", "reject"]
Evaluability = Literal["EVALUABLE", "EVALUABLE_WITH_WARNING", "NOT_EVALUABLE"]


class ReadingResult(Shown):
    """A score with what it rests on; `interval` is the 95 % interval in the unit of the score."""

    status: Evaluability
    score: float | None
    unit: str
    category: str | None
    category_text: Localised | None
    interval: tuple[float, float] | None
    n: int
    positive: int | None
    negative: int | None
    flags: list[str]
    reasons: list[str]
    rules: list[str]
    extra: dict[str, Any]
    profile: str
    profile_version: str
    method: str | None
    area_mm2: float | None
    spacing_um: float | None


class ReadingSummary(Shown):
    """A reading in a list of slides; `result` is the edited one where there is one."""

    id: UUID
    marker: Marker
    algorithm: str
    status: ReadingStatus
    tiles_done: int
    tiles_total: int
    decision: Decision
    requested_at: datetime
    result: ReadingResult | None


class Edits(Given):
    """What the pathologist changed: regions left out, and cells (by index) whose class is flipped."""

    excluded_regions: Annotated[list[Area], Field(max_length=1000)]
    flipped: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=1_000_000)]


class Review(Shown):
    """One decision on a reading; reviews are never changed or deleted."""

    id: UUID
    action: ReviewAction
    reason: str | None
    person: PersonRef
    created_at: datetime
    result: ReadingResult | None


class Reading(Shown):
    """A reading, its provenance, its result and its reviews. Every algorithm here is not validated for diagnosis."""

    id: UUID
    slide_id: UUID
    case_id: UUID | None
    marker: Marker
    algorithm: str
    algorithm_version: str
    model_digest: str | None
    profile: str
    profile_version: str
    parameters: dict[str, Any]
    region: Area | None
    status: ReadingStatus
    tiles_done: int
    tiles_total: int
    requested_by: PersonRef
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None
    error: ErrorBody | None
    decision: Decision
    result: ReadingResult | None
    edits: Edits | None
    edited_result: ReadingResult | None
    reviews: list[Review]
    validated: Literal[False]


class ReadingList(Shown):
    """The readings of one slide, newest first."""

    items: list[Reading]


class ReadingRequest(Given):
    """Which marker to read, where (`region` null: the whole slide) and how (null: the marker's own algorithm)."""

    marker: Marker
    region: Area | None = None
    algorithm: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)


class NewReview(Given):
    """A decision; a rejection needs a reason, an edit needs saved edits.

    `edits`: those that the decider has seen; where others are saved by now, the decision is refused.
    """

    action: ReviewAction
    reason: Annotated[str, Field(max_length=4000)] | None = None
    edits: Edits | None = None

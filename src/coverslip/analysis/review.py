"""Readings as people use them: start, follow, look at, edit, decide; each with permission and audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.analysis.cells import CellTable
from coverslip.analysis.edits import Edits, recount
from coverslip.analysis.errors import (
    EditsChanged,
    EditsMissing,
    FluorescenceSlide,
    ReadingMarkerMismatch,
    ReadingSigned,
    ReadingStateWrong,
    ReadingUnplaced,
    ReviewReasonMissing,
    SlideNotReadable,
)
from coverslip.analysis.reading import check_inside
from coverslip.analysis.registry import algorithm_for, parameters_of
from coverslip.analysis.run import QUEUE, TASK, tell
from coverslip.analysis.scoring import load_profile
from coverslip.analysis.store import from_blob
from coverslip.errors import InvalidInput, NotFound
from coverslip.jobs.app import defer
from coverslip.records.models import Reading, Slide
from coverslip.records.queries import reading as readings
from coverslip.records.queries import slide as slides
from coverslip.records.transaction import Transaction
from coverslip.slides.describe import from_json
from coverslip.slides.errors import SpacingUnknown
from coverslip.storage.blobs import BlobStore
from coverslip.vocabulary.geometry import Region
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.stains import Stain

READABLE = frozenset({"ready", "unmatched"})
CIRCUMSTANCES = ("algorithm_flags", "algorithm_reasons", "laboratory", "provenance", "region")
"""What of a result's `extra` holds for its recount too; everything else there belongs to the number it was made for."""
DECISIONS = {"accept": "accepted", "edit": "edited", "reject": "rejected"}
LONGEST_REASON = 4000


@dataclass(frozen=True, slots=True)
class ReadingRequest:
    """What to read. `region`: GeoJSON in pixels of level 0, None for the whole slide; `algorithm`: None for the
    marker's own."""

    marker: Marker
    region: Mapping[str, Any] | None = None
    algorithm: str | None = None
    parameters: Mapping[str, Any] | None = None


def start_reading(tx: Transaction, slide_id: UUID, request: ReadingRequest) -> Reading:
    """Queue a reading; row and job are committed together.

    Raises `PermissionDenied`, `NotFound`, `SlideNotReadable`, `SpacingUnknown`, `FluorescenceSlide`,
    `ReadingMarkerMismatch`, `RegionOutside`, `AlgorithmUnknown`, `ParametersInvalid`, `InvalidInput`.
    """
    require(tx.actor, Permission.READING_START)
    if tx.actor.person_id is None:
        raise NotFound(field="person")
    slide = _slide(tx, slide_id, for_update=True)  # so that nobody moves it to another case in between
    _check_readable(slide, request.marker)
    region = None if request.region is None else Region.from_geojson(request.region)
    if region is not None:
        assert slide.properties is not None
        check_inside(region, from_json(slide.properties).bounds)
    algorithm = algorithm_for(request.marker, request.algorithm)
    declared = algorithm.declaration
    parameters = parameters_of(algorithm, dict(request.parameters or {}))
    made = readings.add_reading(
        tx,
        slide_id=slide.id,
        case_id=slide.case_id,
        marker=request.marker.value,
        algorithm=declared.name,
        algorithm_version=declared.version,
        model_digest=declared.model_digest,
        profile=declared.profile,
        profile_version=load_profile(declared.profile).version,
        parameters=parameters.model_dump(mode="json"),
        region=None if region is None else region.to_geojson(),
        requested_by=tx.actor.person_id,
    )
    job = {"reading_id": str(made.id), "organization_id": str(tx.organization_id)}
    defer(tx, TASK, QUEUE, job, lock=f"reading:{made.id}")
    detail = {"slide_id": str(slide.id), "marker": made.marker, "algorithm": made.algorithm}
    _audit(tx, made, "reading.start", detail)
    tell(tx, made)
    return made


def list_readings(tx: Transaction, slide_id: UUID) -> list[Reading]:
    """The readings of a slide, newest first. Raises `PermissionDenied`, `NotFound`."""
    require(tx.actor, Permission.SLIDE_READ)
    slide = _slide(tx, slide_id)
    audit.record(tx, "reading.read", object_type="slide", object_id=slide.id, case_id=slide.case_id)
    return readings.readings_of_slide(tx, slide.id)


def read_reading(tx: Transaction, reading_id: UUID) -> Reading:
    """One reading with requester and reviews. Raises `PermissionDenied`, `NotFound`."""
    require(tx.actor, Permission.SLIDE_READ)
    row = _reading(tx, reading_id)
    _audit(tx, row, "reading.read")
    return row


def read_cells(tx: Transaction, blobs: BlobStore, reading_id: UUID, *, action: str = "reading.cells") -> CellTable:
    """The cells as the computer left them; `action`: what the audit trail calls it (`reading.export` for a file).

    Raises `PermissionDenied`, `NotFound`, `ReadingStateWrong` (not finished), `BlobMissing`, `BlobCorrupt`.
    """
    require(tx.actor, Permission.SLIDE_READ)
    row = _reading(tx, reading_id)
    cells = _cells(blobs, row, action)
    _audit(tx, row, action)
    return cells


def cancel_reading(tx: Transaction, reading_id: UUID) -> Reading:
    """Stop a reading. The row ends at once; a worker that is at it notices between two tiles and leaves off.

    Raises `PermissionDenied`, `NotFound`, `ReadingStateWrong` where it has ended.
    """
    require(tx.actor, Permission.READING_START)
    row = _reading(tx, reading_id, for_update=True)
    if row.status not in ("queued", "running"):
        raise ReadingStateWrong(status=row.status, action="cancel")
    row.cancel_requested = True
    row.status, row.finished_at = "cancelled", datetime.now(UTC)
    tx.flush()
    _audit(tx, row, "reading.cancel")
    tell(tx, row)
    return row


def save_edits(tx: Transaction, blobs: BlobStore, reading_id: UUID, given: Mapping[str, Any]) -> Reading:
    """Save edits and count again; the computer's own result stays. Empty edits take earlier ones back.

    A decision made before no longer holds: it was about something else. Raises `PermissionDenied`, `NotFound`,
    `ReadingStateWrong`, `ReadingSigned`, `InvalidInput`.
    """
    require(tx.actor, Permission.READING_REVIEW)
    edits = Edits.from_json(given)
    row = _unsigned(tx, reading_id)
    cells = _cells(blobs, row, "edit")
    assert row.result is not None
    before = row.decision
    if edits:
        row.edits = edits.to_json()
        row.edited_result = row.result | _counted_again(cells, edits, row)
    else:
        row.edits = row.edited_result = None
    row.decision = "pending"
    tx.flush()
    detail = {"excluded_regions": len(edits.excluded_regions), "flipped": len(edits.flipped), "decision_before": before}
    _audit(tx, row, "reading.edit", detail)
    tell(tx, row)
    return row


def review_reading(
    tx: Transaction, reading_id: UUID, action: str, reason: str | None = None, seen: Mapping[str, Any] | None = None
) -> Reading:
    """Accept the computer's result, take the edited one instead, or reject the reading with a reason.

    `seen`: the edits that the decider has before them; nobody decides on a count that they did not see. The decision is
    kept for good beside the computer's result. Accepting drops saved edits. Raises `PermissionDenied`, `NotFound`,
    `ReadingStateWrong`, `ReadingSigned`, `ReadingUnplaced` (of a slide without a case nothing is accepted),
    `ReviewReasonMissing`, `EditsMissing`, `EditsChanged`, `InvalidInput`.
    """
    require(tx.actor, Permission.READING_REVIEW)
    if tx.actor.person_id is None:
        raise NotFound(field="person")
    if action not in DECISIONS:
        raise InvalidInput(field="action", problem="not_one_of", value=action, allowed=", ".join(DECISIONS))
    words = (reason or "").strip()
    if action == "reject" and not words:
        raise ReviewReasonMissing(field="reason")
    if len(words) > LONGEST_REASON:
        raise InvalidInput(field="reason", problem="too_long", longest=LONGEST_REASON)
    row = _unsigned(tx, reading_id)
    if row.status != "finished":
        raise ReadingStateWrong(status=row.status, action=action)
    if action != "reject" and _slide(tx, row.slide_id).status == "unmatched":
        raise ReadingUnplaced
    if seen is not None and Edits.from_json(seen) != Edits.from_json(row.edits or {}):
        raise EditsChanged
    if action == "edit" and row.edited_result is None:
        raise EditsMissing
    if action == "accept":
        row.edits = row.edited_result = None
    row.decision = DECISIONS[action]
    chosen = {"accept": row.result, "edit": row.edited_result, "reject": None}[action]
    review = readings.add_review(
        tx,
        reading_id=row.id,
        person_id=tx.actor.person_id,
        action=action,
        reason=words or None,
        edits=row.edits if action == "edit" else None,
        result=chosen,
    )
    _audit(tx, row, "reading.review", {"action": action, "review_id": str(review.id)})
    tell(tx, row)
    return _reading(tx, row.id)


def _counted_again(cells: CellTable, edits: Edits, row: Reading) -> dict[str, Any]:
    assert row.result is not None
    where = row.result["extra"]["region"] if row.region is None else row.region
    again = recount(cells, edits, Region.from_geojson(where), row.result).to_json()
    kept = {name: row.result["extra"][name] for name in CIRCUMSTANCES if name in row.result["extra"]}
    again["extra"] = kept | again["extra"]
    return again


def _cells(blobs: BlobStore, row: Reading, action: str) -> CellTable:
    if row.status != "finished" or row.cells_digest is None:
        raise ReadingStateWrong(status=row.status, action=action)
    return from_blob(blobs.read(row.organization_id, row.cells_digest))


def _check_readable(slide: Slide, marker: Marker) -> None:
    if slide.status not in READABLE or slide.properties is None:
        raise SlideNotReadable(status=slide.status)
    if slide.marker is not None and slide.marker != marker.value:
        raise ReadingMarkerMismatch(field="marker", asked=marker.value, stained=slide.marker)
    properties = from_json(slide.properties)
    if slide.stain == Stain.FLUORESCENCE or properties.channels:
        raise FluorescenceSlide(file=slide.label)
    if properties.spacing is None:
        raise SpacingUnknown(file=slide.label)


def _slide(tx: Transaction, slide_id: UUID, *, for_update: bool = False) -> Slide:
    found = slides.slide(tx, slide_id, for_update=for_update)
    if found is None:
        raise NotFound(field="slide")
    return found


def _reading(tx: Transaction, reading_id: UUID, *, for_update: bool = False) -> Reading:
    found = readings.reading(tx, reading_id, for_update=for_update)
    if found is None:
        raise NotFound(field="reading")
    return found


def _unsigned(tx: Transaction, reading_id: UUID) -> Reading:
    """The row, locked; signing locks it too, so one of both waits and then sees what the other did."""
    row = _reading(tx, reading_id, for_update=True)
    if readings.is_signed(tx, row.id):
        raise ReadingSigned
    return row


def _audit(tx: Transaction, row: Reading, action: str, detail: Mapping[str, Any] | None = None) -> None:
    audit.record(tx, action, object_type="reading", object_id=row.id, case_id=row.case_id, detail=dict(detail or {}))

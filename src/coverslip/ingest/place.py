"""Slides by hand: giving a file its place, correcting what the label says, reading label, macro and thumbnail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.cases.status import slide_became_ready
from coverslip.errors import InvalidInput, NotFound
from coverslip.ingest.enter import tell
from coverslip.ingest.errors import PlaceTaken, SlideAlreadyPlaced, SlideNotReadable
from coverslip.ingest.identify import names_slide
from coverslip.ingest.queue import require_agreement
from coverslip.ingest.upload_errors import SlideNotInQueue
from coverslip.records.models import Slide
from coverslip.records.queries import reading as readings
from coverslip.records.queries import slide as slides
from coverslip.records.queries import specimen as specimens
from coverslip.records.queries.slide import PlacedSlide
from coverslip.records.transaction import Transaction
from coverslip.storage.blobs import BlobStore
from coverslip.vocabulary.markers import ControlStatus, Marker
from coverslip.vocabulary.stains import Stain

CHANGEABLE = {"stain": Stain, "marker": Marker, "control_status": ControlStatus, "clone": None}
PICTURES = ("label", "macro", "thumbnail")
REPLACED = "REPLACED"
"""Reason of a slide that was set aside because another took its place; pages say it in their language."""


def open_slide_record(tx: Transaction, slide_id: UUID) -> PlacedSlide:
    """One slide with its place, files and readings, as the viewer opens it. Raises `PermissionDenied`, `NotFound`."""
    require(tx.actor, Permission.SLIDE_READ)
    placed = slides.placed_slide(tx, slide_id)
    if placed is None:
        raise NotFound(field="slide")
    audit.record(tx, "slide.open", object_type="slide", object_id=slide_id, case_id=placed.slide.case_id)
    return placed


def match_slide(tx: Transaction, slide_id: UUID, block_id: UUID, label: str, despite: Sequence[str] = ()) -> Slide:
    """Give an unmatched slide its place in a block.

    An expected slide of that block with this label is fulfilled: its stain, marker, clone, barcode and control pass on,
    and it stands no longer beside. One whose file could not be read gives its place up: it is set aside, without
    place and barcode, and the audit trail says by which slide it was replaced. Readings made before go with the slide:
    none stays in a case that was only guessed.
    `despite`: codes of the contradictions that the person has seen; one that they have not seen refuses the match.
    Raises `PermissionDenied`, `NotFound`, `InvalidInput`, `SlideAlreadyPlaced`, `SlideNotReadable`, `PlaceTaken`,
    `SlideNotInQueue` (set aside), `MatchContradicts`.
    """
    require(tx.actor, Permission.SLIDE_MATCH)
    name = label.strip()
    if not name:
        raise InvalidInput(field="label", problem="required")
    block = specimens.block(tx, block_id)
    if block is None:
        raise NotFound(field="block")
    slide = slides.slide(tx, slide_id, for_update=True)
    if slide is None:
        raise NotFound(field="slide")
    if slide.block_id is not None:
        placed = slides.placed_slide(tx, slide_id)
        raise SlideAlreadyPlaced(accession_number=placed.accession_number if placed else None, label=slide.label)
    if slide.status != "unmatched":
        raise SlideNotReadable(status=slide.status)
    if slide.set_aside_at is not None:
        raise SlideNotInQueue(status="set_aside")
    filled = next((other for other in slides.in_block(tx, block_id) if other.label.casefold() == name.casefold()), None)
    placed = None if filled is None else slides.placed_slide(tx, filled.id)
    require_agreement(tx, slide, block.specimen.case_id, placed, despite)
    _fulfil(tx, slide, block_id, name)
    case_before = slide.case_id
    slide.case_id, slide.block_id, slide.label, slide.status = block.specimen.case_id, block_id, name, "ready"
    tx.flush()
    slide_became_ready(tx, block.specimen.case_id)
    moved = readings.follow_slide(tx, slide.id, block.specimen.case_id)
    audit.record(
        tx,
        "slide.match",
        object_type="slide",
        object_id=slide.id,
        case_id=slide.case_id,
        detail={
            "block_id": str(block_id),
            "label": name,
            "case_before": str(case_before) if case_before is not None else None,
            "readings_moved": moved,
            "despite": sorted(despite),
        },
    )
    tell(tx, slide)
    return slide


def change_slide(tx: Transaction, slide_id: UUID, changes: Mapping[str, str | None]) -> Slide:
    """Correct stain, marker, clone or control status; the audit trail keeps what stood there before.

    Raises `PermissionDenied`, `NotFound`, and `InvalidInput` for another field or an unknown word.
    """
    require(tx.actor, Permission.SLIDE_MATCH)
    slide = slides.slide(tx, slide_id, for_update=True)
    if slide is None:
        raise NotFound(field="slide")
    before: dict[str, str | None] = {}
    for name, value in changes.items():
        if name not in CHANGEABLE:
            raise InvalidInput(field=name, problem="unknown_field")
        words = CHANGEABLE[name]
        if words is not None and value is not None and value not in set(words):
            raise InvalidInput(field=name, problem="unknown_word", value=value)
        if value is None and name in ("stain", "control_status"):
            raise InvalidInput(field=name, problem="required")
        before[name] = getattr(slide, name)
        setattr(slide, name, value)
    tx.flush()
    audit.record(
        tx,
        "slide.change",
        object_type="slide",
        object_id=slide.id,
        case_id=slide.case_id,
        detail={"before": before, "after": dict(changes)},
    )
    tell(tx, slide)
    return slide


def associated_image(tx: Transaction, blobs: BlobStore, slide_id: UUID, name: str) -> bytes:
    """Label, macro or thumbnail as JPEG, as made at intake; no decoding. Raises `PermissionDenied`, `NotFound`."""
    require(tx.actor, Permission.SLIDE_READ)
    slide = slides.slide(tx, slide_id)
    pictures = (slide.properties or {}).get("pictures", {}) if slide is not None else {}
    if name not in PICTURES or name not in pictures:
        raise NotFound(field=name if name in PICTURES else "image")
    return blobs.read(tx.organization_id, str(pictures[name]))


def _fulfil(tx: Transaction, slide: Slide, block_id: UUID, label: str) -> None:
    """Take over what was registered for the place; a barcode read on the label stays only where it says no other."""
    if slide.barcode is not None and not names_slide(tx, slide.barcode, block_id, label):
        slide.barcode = None
    for other in slides.in_block(tx, block_id):
        if other.label.casefold() != label.casefold():
            continue
        if other.content_digest is not None and other.status != "failed":
            raise PlaceTaken(label=label)
        slide.stain, slide.marker, slide.clone = other.stain, other.marker, other.clone
        slide.control_status, slide.barcode = other.control_status, other.barcode or slide.barcode
        if other.content_digest is None:
            slides.remove_expectation(tx, other.id)
        else:
            _replace(tx, other, slide)


def _replace(tx: Transaction, failed: Slide, slide: Slide) -> None:
    """Take the place from a slide whose file could not be read."""
    detail = {"block_id": str(failed.block_id), "label": failed.label, "by": str(slide.id), "code": failed.failure_code}
    audit.record(tx, "slide.replace", object_type="slide", object_id=failed.id, case_id=failed.case_id, detail=detail)
    failed.case_id = failed.block_id = failed.barcode = None
    failed.set_aside_at, failed.set_aside_by, failed.set_aside_reason = datetime.now(UTC), tx.actor.person_id, REPLACED
    tx.flush()
    tell(tx, failed)

"""Taking one file in: settle, copy and checksum, look at it in the sandbox, find its place, write it down.

The source is never changed or deleted. Bytes are in the store before any row speaks of them; a row and its audit event
commit together. Whatever stops in between leaves at most bytes that no row names; taking the file in again finishes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import simplejpeg

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.cases.status import slide_became_ready
from coverslip.errors import CoverslipError
from coverslip.ingest.identify import Place, find_place, read_barcodes
from coverslip.ingest.quality import assess_scan
from coverslip.ingest.settle import Patience, require_unchanged, wait_until_settled
from coverslip.jobs.progress import LiveEvent, publish
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Slide
from coverslip.records.queries import slide as slides
from coverslip.records.transaction import Transaction
from coverslip.slides.describe import to_json
from coverslip.slides.errors import (
    DecoderBusy,
    DecoderFailed,
    DecoderMemory,
    DecoderTimeout,
    NotASlide,
    SlideEmpty,
    SlideError,
    SlideMissing,
)
from coverslip.slides.isolation import DecoderPool, IsolatedSlide, open_isolated
from coverslip.slides.slide import RgbImage, SlideProperties
from coverslip.storage.blobs import BlobStore
from coverslip.storage.checksums import Checksum
from coverslip.storage.errors import BlobMissing
from coverslip.vocabulary.stains import Stain
from coverslip.vocabulary.text import storable, storable_document

THUMBNAIL_PX = 1024
JPEG_QUALITY = 88
TRIED_AGAIN = frozenset({DecoderFailed.code, DecoderTimeout.code, DecoderMemory.code})
REFUSED = (NotASlide, SlideEmpty, SlideMissing)
"""These files are no slides: nothing of them is kept. Every other fault of a file makes a slide that failed."""

Outcome = Literal["matched", "unmatched", "duplicate", "failed"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file. `code`: the error's code where the outcome is `failed`."""

    file: str
    outcome: Outcome
    slide_id: UUID
    case_id: UUID | None
    accession_number: str | None
    label: str
    digest: str
    size_bytes: int
    flags: tuple[str, ...] = ()
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What the sandbox saw: pictures are stored blobs by name."""

    properties: SlideProperties
    barcodes: tuple[str, ...]
    pictures: dict[str, Checksum]
    quality: dict[str, Any]
    flags: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """The `properties` column: what the file says, and what was made of it here."""
        pictures = {name: checksum.digest for name, checksum in self.pictures.items()}
        document: dict[str, Any] = storable_document(to_json(self.properties))
        return document | {
            "pictures": pictures,
            "quality": self.quality,
            "barcodes": list(self.barcodes),
            "flags": list(self.flags),
        }


def take_in(
    database: Database,
    blobs: BlobStore,
    actor: Actor,
    path: Path,
    *,
    patience: Patience | None = None,
    decoders: DecoderPool | None = None,
    progress: Callable[[int], None] | None = None,
) -> Taken:
    """Take one file in for the actor's hospital; `progress` is told the bytes of each chunk copied.

    `decoders`: processes to look at the file with; without them one is started for this file.

    A file that is a slide but cannot be read becomes a slide with status `failed` and its reason; where the decoder
    lacked time or memory, taking the file in again looks at it again. Raises, having kept
    nothing: `PermissionDenied`, `SlideMissing`, `SlideEmpty`, `NotASlide`, `FileUnreadable`, `FileStillGrowing`,
    `FileChanged`, `StorageFull`, `StorageUnavailable`, `DatabaseUnavailable`.
    """
    with database.transaction(actor) as tx:
        require(actor, Permission.SLIDE_INGEST)
        organization_id = tx.organization_id
    kept: list[Checksum] = []
    try:
        state = wait_until_settled(path, patience)
        checksum = blobs.put_file(organization_id, path, progress=progress)
        kept.append(checksum)
        with database.transaction(actor) as tx:
            known = slides.by_digest(tx, checksum.digest)
            if known is not None and not _to_be_tried_again(known.slide):
                return _duplicate(tx, path, checksum)
        require_unchanged(path, state)
        look = _look_or_fault(blobs, organization_id, path, checksum, decoders, kept)
    except CoverslipError as error:
        if database.is_available():  # else the error alone speaks, and taking the file in again finishes it
            _forget(database, blobs, actor, kept)
            _note_refusal(database, actor, path, error)
        raise
    with database.transaction(actor) as tx:
        return _write(tx, blobs, path, checksum, look)


def _look_or_fault(
    blobs: BlobStore,
    organization_id: UUID,
    path: Path,
    checksum: Checksum,
    decoders: DecoderPool | None,
    kept: list[Checksum],
) -> Look | SlideError:
    """What the sandbox saw, or why the slide cannot be read; raises what makes it no slide or is no fault of it."""
    stored = blobs.local_path(organization_id, checksum.digest) or path
    try:
        return _look(blobs, organization_id, stored, decoders, kept)
    except DecoderBusy:
        raise
    except SlideError as error:
        error.file = error.parameters["file"] = storable(path.name)  # the name people know, not the blob's
        if isinstance(error, REFUSED):
            raise
        return error


def _look(
    blobs: BlobStore, organization_id: UUID, stored: Path, decoders: DecoderPool | None, kept: list[Checksum]
) -> Look:
    """Open the stored bytes in the sandbox; decode label, macro and thumbnail, and store them as JPEG."""
    with _opened(stored, decoders) as slide:
        properties = slide.properties
        pictures = {"thumbnail": slide.thumbnail(THUMBNAIL_PX)}
        for wanted in ("label", "macro"):
            if wanted in properties.associated:
                pictures[wanted] = slide.associated(wanted)
        quality = assess_scan(slide, pictures["thumbnail"])
    found = (properties.barcode, *(read_barcodes(pictures["label"]) if "label" in pictures else ()))
    barcodes = tuple(dict.fromkeys(text for text in found if text and text == storable(text)))
    flags = ["SPACING_UNKNOWN"] if properties.spacing is None else []
    flags += ["NO_TISSUE"] if quality.focus is None else []
    stored_pictures: dict[str, Checksum] = {}
    for name, picture in pictures.items():
        stored_pictures[name] = blobs.put_bytes(organization_id, _jpeg(picture))
        kept.append(stored_pictures[name])
    return Look(properties, barcodes, stored_pictures, quality.to_json(), tuple(flags))


def _opened(stored: Path, decoders: DecoderPool | None) -> IsolatedSlide:
    return open_isolated(stored) if decoders is None else decoders.open(stored)


def _write(tx: Transaction, blobs: BlobStore, path: Path, checksum: Checksum, look: Look | SlideError) -> Taken:
    """The row, its files, the audit event and the live event, in one transaction."""
    slides.lock_content(tx, checksum.digest)
    known = slides.by_digest(tx, checksum.digest, for_update=True)
    if known is not None and not _to_be_tried_again(known.slide):
        return _duplicate(tx, path, checksum)
    if not blobs.exists(tx.organization_id, checksum.digest):  # a simultaneous attempt failed and cleared them away
        raise BlobMissing(digest=checksum.digest)
    barcodes = look.barcodes if isinstance(look, Look) else ()
    place = find_place(tx, storable(path.name), barcodes)
    if known is not None:
        place = _placed_again(tx, known.slide, place)
    unplaced = known.slide if known is not None and known.slide.block_id is None else None
    slide = place.slide or unplaced or _unplaced(tx, path, place, look)
    _fill(tx, slide, path, checksum, look, matched=place.slide is not None)
    flags = (*place.flags, *(look.flags if isinstance(look, Look) else ()))
    outcome: Outcome = "failed" if isinstance(look, SlideError) else "matched" if place.slide else "unmatched"
    detail = {
        "file": storable(path.name),
        "digest": checksum.digest,
        "size_bytes": checksum.size_bytes,
        "outcome": outcome,
    }
    if isinstance(look, SlideError):
        detail["code"] = look.code
    audit.record(
        tx,
        "slide.ingest",
        object_type="slide",
        object_id=slide.id,
        case_id=slide.case_id,
        detail=detail | {"flags": list(flags)},
        outcome="failed" if outcome == "failed" else "success",
    )
    if outcome == "matched" and slide.case_id is not None:
        slide_became_ready(tx, slide.case_id)
    tell(tx, slide)
    code = look.code if isinstance(look, SlideError) else None
    return _taken(tx, path, checksum, slide.id, outcome, flags, code)


def _to_be_tried_again(slide: Slide) -> bool:
    """Whether the slide failed by the decoder's want of time or memory, which another day may have."""
    return slide.status == "failed" and slide.failure_code in TRIED_AGAIN


def _placed_again(tx: Transaction, failed: Slide, place: Place) -> Place:
    """Where the bytes of a slide that failed belong, now that its label may be read.

    What stood in a block by the file's name alone gives the bytes back where label and name do not agree on it; what
    stood in none is matched by hand.
    """
    if failed.block_id is None:
        return Place(case_id=failed.case_id, flags=place.flags)
    if place.slide is None or place.slide.id != failed.id:
        slides.give_back_file(tx, failed.id)
    return place


def _unplaced(tx: Transaction, path: Path, place: Place, look: Look | SlideError) -> Slide:
    barcode = look.barcodes[0] if isinstance(look, Look) and look.barcodes else None
    return tx.add(
        Slide(
            organization_id=tx.organization_id,
            case_id=place.case_id,
            label=storable(path.stem)[:64],
            barcode=barcode,
            stain=Stain.OTHER.value,
            status="receiving",
        )
    )


def _fill(
    tx: Transaction, slide: Slide, path: Path, checksum: Checksum, look: Look | SlideError, *, matched: bool
) -> None:
    slide.content_digest, slide.size_bytes = checksum.digest, checksum.size_bytes
    slide.original_name = storable(path.name)
    slide.received_at, slide.received_by = datetime.now(UTC), tx.actor.person_id
    slides.register_blob(tx, checksum.digest, checksum.size_bytes, "application/octet-stream")
    if isinstance(look, SlideError):
        slide.status, slide.failure_code, slide.failure_detail = "failed", look.code, json.dumps(look.parameters)
        slide.properties = None
    else:
        slide.status = "ready" if matched else "unmatched"
        slide.failure_code = slide.failure_detail = None
        slide.properties = look.document()
        for picture in look.pictures.values():
            slides.register_blob(tx, picture.digest, picture.size_bytes, "image/jpeg")
    tx.flush()
    slides.set_file(tx, slide.id, name=storable(path.name), digest=checksum.digest, size_bytes=checksum.size_bytes)


def tell(tx: Transaction, slide: Slide) -> None:
    """Tell open pages that a slide changed."""
    publish(
        tx,
        LiveEvent(
            organization_id=tx.organization_id, type="slide", id=slide.id, case_id=slide.case_id, status=slide.status
        ),
    )


def _duplicate(tx: Transaction, path: Path, checksum: Checksum) -> Taken:
    """The same bytes a second time are the same slide: no second copy, no second row; the audit trail knows."""
    known = slides.by_digest(tx, checksum.digest)
    assert known is not None
    audit.record(
        tx,
        "slide.ingest",
        object_type="slide",
        object_id=known.slide.id,
        case_id=known.slide.case_id,
        detail={"file": storable(path.name), "digest": checksum.digest, "outcome": "duplicate"},
    )
    return _taken(tx, path, checksum, known.slide.id, "duplicate", (), known.slide.failure_code)


def _taken(
    tx: Transaction,
    path: Path,
    checksum: Checksum,
    slide_id: UUID,
    outcome: Outcome,
    flags: tuple[str, ...],
    code: str | None,
) -> Taken:
    placed = slides.placed_slide(tx, slide_id)
    assert placed is not None
    slide = placed.slide
    return Taken(
        file=storable(path.name),
        outcome=outcome,
        slide_id=slide.id,
        case_id=slide.case_id,
        accession_number=placed.accession_number,
        label=slide.label,
        digest=checksum.digest,
        size_bytes=checksum.size_bytes,
        flags=flags,
        code=code,
    )


def _forget(database: Database, blobs: BlobStore, actor: Actor, kept: list[Checksum]) -> None:
    """Remove bytes of a file that was not taken in, unless a row names them."""
    for checksum in kept:
        with database.transaction(actor) as tx:
            slides.lock_content(tx, checksum.digest)
            if not slides.is_registered(tx, checksum.digest):
                blobs.delete(tx.organization_id, checksum.digest)


def _note_refusal(database: Database, actor: Actor, path: Path, error: CoverslipError) -> None:
    """The audit trail says what was refused."""
    with database.transaction(actor) as tx:
        detail = {"file": storable(path.name), "code": error.code, "outcome": "refused"}
        audit.record(tx, "slide.ingest", object_type="slide", object_id=None, detail=detail, outcome="failed")


def _jpeg(picture: RgbImage) -> bytes:
    return bytes(simplejpeg.encode_jpeg(picture, JPEG_QUALITY, "RGB", "420"))

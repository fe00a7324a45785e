"""Writing a slide down: its row, its files, the audit event and the live event, in one transaction."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from uuid import UUID

from coverslip.access import audit
from coverslip.cases.status import slide_became_ready
from coverslip.ingest.companion import defer_companion
from coverslip.ingest.identify import Named, Place, find_place
from coverslip.ingest.taken import Content, Look, Outcome, Taken
from coverslip.jobs.progress import LiveEvent, publish
from coverslip.records.models import Slide
from coverslip.records.queries import slide as slides
from coverslip.records.transaction import Transaction
from coverslip.slides.errors import DecoderFailed, DecoderMemory, DecoderTimeout, SlideError
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobMissing
from coverslip.vocabulary.stains import Stain

TRIED_AGAIN = frozenset({DecoderFailed.code, DecoderTimeout.code, DecoderMemory.code})
"""Want of time or memory, which another day may have: what a watched folder tries again by itself."""


def known_already(tx: Transaction, content: Content) -> Taken | None:
    """The slide with these very bytes, noted as a duplicate; None where there is none, or one to be looked at again.

    The same bytes a second time are the same slide: no second copy, no second row; the audit trail knows. A slide that
    could not be read is looked at anew: a reader may have been installed, the decoder may have more time or memory.
    """
    known = slides.by_digest(tx, content.content_digest)
    if known is None or known.slide.status == "failed":
        return None
    audit.record(
        tx,
        "slide.ingest",
        object_type="slide",
        object_id=known.slide.id,
        case_id=known.slide.case_id,
        detail=_detail(content, "duplicate"),
    )
    return _taken(tx, content, known.slide.id, "duplicate", ())


def enter(tx: Transaction, blobs: BlobStore, content: Content, look: Look | SlideError) -> Taken:
    """Give the slide its place and write it down. Raises `BlobMissing` where its bytes were cleared away meanwhile."""
    slides.lock_register(tx)
    slides.lock_content(tx, content.content_digest)
    duplicate = known_already(tx, content)
    if duplicate is not None:
        return duplicate
    _require_bytes(tx, blobs, content, look)
    known = slides.by_digest(tx, content.content_digest, for_update=True)
    barcodes = look.barcodes if isinstance(look, Look) else ()
    place = find_place(tx, Named(content.name, content.folder, barcodes))
    if known is not None:
        place = _placed_again(tx, known.slide, place)
    unplaced = known.slide if known is not None and known.slide.block_id is None else None
    slide = place.slide or unplaced or _unplaced(tx, content, place, look)
    _fill(tx, slide, content, look, matched=place.slide is not None)
    slide.matching = place.document(barcodes)
    flags = (*place.reasons, *(look.flags if isinstance(look, Look) else ()))
    outcome: Outcome = "failed" if isinstance(look, SlideError) else "matched" if place.slide else "unmatched"
    code = look.code if isinstance(look, SlideError) else None
    audit.record(
        tx,
        "slide.ingest",
        object_type="slide",
        object_id=slide.id,
        case_id=slide.case_id,
        detail=_detail(content, outcome) | ({"code": code} if code is not None else {}) | {"flags": list(flags)},
        outcome="failed" if outcome == "failed" else "success",
    )
    if outcome == "matched" and slide.case_id is not None:
        slide_became_ready(tx, slide.case_id)
    defer_companion(tx, slide)
    tell(tx, slide)
    return _taken(tx, content, slide.id, outcome, flags, look if isinstance(look, SlideError) else None)


def tell(tx: Transaction, slide: Slide) -> None:
    """Tell open pages that a slide changed."""
    publish(
        tx,
        LiveEvent(
            organization_id=tx.organization_id, type="slide", id=slide.id, case_id=slide.case_id, status=slide.status
        ),
    )


def _detail(content: Content, outcome: Outcome) -> dict[str, object]:
    return {
        "file": content.name,
        "files": len(content.files),
        "digest": content.content_digest,
        "size_bytes": content.size_bytes,
        "outcome": outcome,
        "origin": content.origin,
    }


def _require_bytes(tx: Transaction, blobs: BlobStore, content: Content, look: Look | SlideError) -> None:
    """A simultaneous attempt that failed may have cleared them away; whoever holds the register's lock keeps them."""
    pictures = [picture.digest for picture in look.pictures.values()] if isinstance(look, Look) else []
    for digest in {*(part.digest for part in content.files), *pictures}:
        if not blobs.exists(tx.organization_id, digest):
            raise BlobMissing(digest=digest)


def _placed_again(tx: Transaction, failed: Slide, place: Place) -> Place:
    """Where the bytes of a slide that failed belong, now that its label may be read.

    What stood in a block by the file's name alone gives the bytes back where label and name do not agree on it; what
    stood in none is matched by hand.
    """
    if failed.block_id is None:
        return replace(place, slide=None, case_id=failed.case_id)
    if place.slide is None or place.slide.id != failed.id:
        slides.give_back_file(tx, failed.id)
    return place


def _unplaced(tx: Transaction, content: Content, place: Place, look: Look | SlideError) -> Slide:
    barcode = look.barcodes[0] if isinstance(look, Look) and look.barcodes else None
    return tx.add(
        Slide(
            organization_id=tx.organization_id,
            case_id=place.case_id,
            label=PurePosixPath(content.name).stem[:64],
            barcode=barcode,
            stain=Stain.OTHER.value,
            status="receiving",
        )
    )


def _fill(tx: Transaction, slide: Slide, content: Content, look: Look | SlideError, *, matched: bool) -> None:
    slide.content_digest, slide.size_bytes = content.content_digest, content.size_bytes
    slide.original_name = content.name
    slide.received_at, slide.received_by = datetime.now(UTC), tx.actor.person_id
    for part in content.files:
        slides.register_blob(tx, part.digest, part.size_bytes, "application/octet-stream")
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
    slides.set_files(tx, slide.id, [(part.name, part.digest, part.size_bytes) for part in content.files])


def _taken(
    tx: Transaction,
    content: Content,
    slide_id: UUID,
    outcome: Outcome,
    flags: tuple[str, ...],
    fault: SlideError | None = None,
) -> Taken:
    placed = slides.placed_slide(tx, slide_id)
    assert placed is not None
    slide = placed.slide
    return Taken(
        file=content.name,
        outcome=outcome,
        slide_id=slide.id,
        case_id=slide.case_id,
        accession_number=placed.accession_number,
        label=slide.label,
        digest=content.content_digest,
        size_bytes=content.size_bytes,
        flags=flags,
        code=None if fault is None else fault.code,
        parameters={} if fault is None else dict(fault.parameters),
    )

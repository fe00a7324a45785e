"""Uploads as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from coverslip.errors import CoverslipError
from coverslip.ingest.upload import may_be_tried_again
from coverslip.ingest.upload_spool import PartId, Spool
from coverslip.records import models
from coverslip.records.queries import upload as uploads
from coverslip.records.queries.queue import state_in_queue
from coverslip.records.queries.slide import PlacedSlide
from coverslip.records.transaction import Transaction
from coverslip.server.schemas.upload import UploadBatch, UploadResult
from coverslip.server.views.failure import recorded_error
from coverslip.server.views.reasons import reasons


def batches(tx: Transaction, spool: Spool, rows: Sequence[models.UploadBatch]) -> list[UploadBatch]:
    """Batches with their files loaded, and the slides that they became."""
    named = [UUID(result["slide_id"]) for row in rows for result in row.results or () if result["slide_id"]]
    placed = uploads.slides_named(tx, named)
    return [_batch(spool, row, placed) for row in rows]


def _batch(spool: Spool, row: models.UploadBatch, placed: Mapping[UUID, PlacedSlide]) -> UploadBatch:
    living = [part for part in row.parts if part.status in uploads.LIVING]
    return UploadBatch.model_validate(
        {
            "id": row.id,
            "key": row.key,
            "name": row.name,
            "case_id": row.case_id,
            "status": row.status,
            "files": row.files,
            "files_received": sum(part.status == "received" for part in living),
            "bytes_received": sum(_arrived(spool, row, part) for part in living),
            "bytes_total": sum(part.size_bytes for part in living),
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "finished_at": row.finished_at,
            "results": [_result(result, placed) for result in row.results or ()],
            "error": None if row.failure_code is None else recorded_error(row.failure_code, row.failure_detail),
            "may_be_tried_again": may_be_tried_again(row),
            "unfinished": [part.id for part in living] if row.status == "receiving" else [],
        }
    )


def _arrived(spool: Spool, batch: models.UploadBatch, part: models.Upload) -> int:
    if part.status == "received":
        return part.size_bytes
    try:
        return spool.offset(PartId(batch.organization_id, batch.id, part.id))
    except CoverslipError:
        return 0  # ended in this moment; the next look says so


def _result(result: Mapping[str, Any], placed: Mapping[UUID, PlacedSlide]) -> UploadResult:
    at = placed.get(UUID(result["slide_id"])) if result["slide_id"] else None
    slide = at.slide if at is not None else None
    error = None
    if result["code"] is not None:
        # What stands on the slide itself is newer, and has the words' values where an older version did not keep them.
        says = slide.failure_detail if slide is not None and slide.failure_code == result["code"] else None
        error = recorded_error(result["code"], says or result["detail"])
    elif slide is not None and slide.failure_code is not None and slide.status == "failed":
        error = recorded_error(slide.failure_code, slide.failure_detail)
    return UploadResult(
        file=result["file"],
        outcome=result["outcome"],
        slide_id=slide.id if slide else None,
        label=slide.label if slide else None,
        case_id=slide.case_id if slide else None,
        accession_number=at.accession_number if at is not None else None,
        is_placed=slide is not None and slide.block_id is not None,
        queue=None if slide is None else state_in_queue(slide),
        reasons=reasons(result["flags"]),
        error=error,
    )

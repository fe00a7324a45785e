"""Uploads by the browser as their sender sees them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from coverslip.server.schemas.common import ErrorBody, Shown
from coverslip.server.schemas.slide import QueueState, Reason

BatchStatus = Literal["receiving", "queued", "taking_in", "finished", "failed", "aborted", "expired"]
UploadOutcome = Literal["matched", "unmatched", "duplicate", "failed", "refused"]


class UploadResult(Shown):
    """What became of one slide of a batch; where it stands now, also when it was matched by hand since.

    `queue`: the part of the queue that the slide is in now; null where it is in none.
    """

    file: str
    outcome: UploadOutcome
    slide_id: UUID | None
    label: str | None
    case_id: UUID | None
    accession_number: str | None
    is_placed: bool
    queue: QueueState | None
    reasons: list[Reason]
    error: ErrorBody | None


class UploadBatch(Shown):
    """What was sent together. `key`: the name its sender gave it; `error`: why nothing of it became a slide."""

    id: UUID
    key: str
    name: str
    case_id: UUID | None
    status: BatchStatus
    files: int
    files_received: int
    bytes_received: int
    bytes_total: int
    created_at: datetime
    expires_at: datetime
    finished_at: datetime | None
    results: list[UploadResult]
    error: ErrorBody | None
    may_be_tried_again: bool
    unfinished: list[UUID]
    """Files that are still to come: what is ended where the batch is given up."""


class UploadList(Shown):
    """The caller's own batches, newest first."""

    items: list[UploadBatch]

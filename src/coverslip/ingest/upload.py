"""Uploads by the browser (tus 1.0.0): who may send what, how far it has come, and what happens when it is whole.

An upload belongs to the person who began it; to everybody else it does not exist. Beginning, completing and ending one
is audited with the person's name; the bytes in between are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from coverslip.access import audit
from coverslip.access.errors import PermissionDenied
from coverslip.access.permission import Permission, require
from coverslip.errors import InvalidInput, NotFound
from coverslip.ingest.faults import KEPT_FAULTS
from coverslip.ingest.upload_errors import UploadBatchClosed, UploadBatchDiffers, UploadGone, UploadTooLarge
from coverslip.ingest.upload_names import fits_beside, relative_name
from coverslip.ingest.upload_spool import PartId, Spool
from coverslip.jobs.app import defer
from coverslip.jobs.progress import LiveEvent, publish
from coverslip.records.models import Upload, UploadBatch
from coverslip.records.queries import case as cases
from coverslip.records.queries import upload as uploads
from coverslip.records.transaction import Transaction
from coverslip.slides.errors import SlideEmpty

QUEUE = "ingest"
TAKE_IN = "take_in_upload"
EXPIRE = "expire_upload"
MOST_FILES = 5000
"""Files of one batch."""
LONGEST_KEY = 128
SHOWN = 100
"""Batches that a person is shown, newest first."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Largest file in bytes, and how long an upload may stand still."""

    largest_bytes: int
    keep: timedelta


@dataclass(frozen=True, slots=True)
class NewUpload:
    """A file that is to come. `batch`: the sender's name for what belongs together; None: the file alone."""

    name: str
    size_bytes: int
    batch: str | None = None
    files: int = 1
    case_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Receiving:
    """An upload as its sender sees it."""

    part: PartId
    size_bytes: int
    offset: int
    expires_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether every byte has arrived."""
        return self.offset == self.size_bytes


def begin_upload(tx: Transaction, spool: Spool, limits: UploadLimits, new: NewUpload) -> Receiving:
    """Make room for a file.

    Raises `PermissionDenied`, `InvalidInput`, `NotFound` (case), `SlideEmpty`, `UploadTooLarge`, `UploadDiskFull`,
    `UploadBatchClosed`, `UploadBatchDiffers`, `StorageUnavailable`.
    """
    person_id = _sender(tx)
    name = relative_name(new.name)
    _check_size(new, limits)
    spool.require_room(uploads.bytes_announced(tx) + new.size_bytes)
    uploads.lock_sender(tx, person_id)
    batch = _batch(tx, person_id, new, limits)
    row = uploads.add_upload(tx, batch_id=batch.id, person_id=person_id, name=name, size_bytes=new.size_bytes)
    part = PartId(tx.organization_id, batch.id, row.id)
    spool.create(part)
    made = Receiving(part, new.size_bytes, 0, batch.expires_at)
    if made.is_whole:  # an empty file of a batch
        bytes_arrived(tx, made, limits)
    return made


def look_up(tx: Transaction, spool: Spool, limits: UploadLimits, upload_id: UUID) -> Receiving:
    """How far an own upload has come; one that is whole but was never completed (the server was killed at its last
    byte) is completed now. Raises `PermissionDenied`, `NotFound`, `UploadGone`."""
    row, batch = _own(tx, upload_id)
    part = PartId(tx.organization_id, row.batch_id, row.id)
    if row.status == "received":
        return Receiving(part, row.size_bytes, row.size_bytes, batch.expires_at)
    if row.status != "receiving":
        raise UploadGone()
    found = Receiving(part, row.size_bytes, spool.offset(part), batch.expires_at)
    if found.is_whole:
        bytes_arrived(tx, found, limits)
    return found


def bytes_arrived(tx: Transaction, receiving: Receiving, limits: UploadLimits) -> datetime:
    """Write down that bytes came: the upload is kept longer, and a whole one is completed. When it now expires.

    With the last file of its batch the batch goes into the queue, in the same transaction.
    """
    row, batch = _own(tx, receiving.part.upload_id)
    if row.status == "receiving" and batch.status == "receiving":
        batch.expires_at = max(batch.expires_at, datetime.now(UTC) + limits.keep)
        if receiving.is_whole:
            row.status, row.received_at = "received", datetime.now(UTC)
            tx.flush()
            _complete(tx, batch)
    return batch.expires_at


def end_upload(tx: Transaction, spool: Spool, upload_id: UUID) -> None:
    """Give an own upload up; with the last file of a batch the batch ends, too.

    Raises `PermissionDenied`, `NotFound`, `UploadGone`, `UploadBusy`, and `UploadBatchClosed` where every file of the
    batch has arrived and is being taken in.
    """
    row, batch = _own(tx, upload_id)
    if row.status not in uploads.LIVING:
        raise UploadGone()
    if batch.status != "receiving":
        raise UploadBatchClosed()
    spool.remove_part(PartId(tx.organization_id, batch.id, row.id))
    row.status = "aborted"
    tx.flush()
    living = [part for part in uploads.parts(tx, batch.id) if part.status in uploads.LIVING]
    if not living:
        close_batch(batch, "aborted")
        tx.after_commit.append(lambda: spool.remove_batch(tx.organization_id, batch.id))
    detail = {"upload_id": str(row.id)}  # not its name: names of files may name patients
    audit.record(tx, "upload.abort", object_type="upload", object_id=batch.id, detail=detail)
    tell(tx, batch)


def own_uploads(tx: Transaction) -> list[UploadBatch]:
    """The actor's newest batches. Raises `PermissionDenied`."""
    return uploads.batches_of(tx, _sender(tx), SHOWN)


def try_again(tx: Transaction, batch_id: UUID) -> UploadBatch:
    """Take a batch in once more that failed for a fault that has passed (a full disk); its files are still here.

    Raises `PermissionDenied`, `NotFound`, and `UploadBatchClosed` where its files are not kept.
    """
    batch = uploads.batch(tx, batch_id)
    if batch is None or batch.person_id != _sender(tx):
        raise NotFound(field="upload")
    if not may_be_tried_again(batch):
        raise UploadBatchClosed()
    batch.failure_code = batch.failure_detail = batch.finished_at = None
    _queue(tx, batch)
    audit.record(tx, "upload.retry", object_type="upload", object_id=batch.id)
    return batch


def may_be_tried_again(batch: UploadBatch) -> bool:
    """Whether the batch failed for a fault that passes; its files are then kept until it expires."""
    return batch.status == "failed" and batch.failure_code in KEPT_FAULTS


def close_batch(batch: UploadBatch, status: str) -> None:
    """The batch has come to its end."""
    batch.status, batch.finished_at = status, datetime.now(UTC)


def tell(tx: Transaction, batch: UploadBatch) -> None:
    """Tell open pages that a batch changed."""
    publish(tx, LiveEvent(organization_id=tx.organization_id, type="upload", id=batch.id, status=batch.status))


def _sender(tx: Transaction) -> UUID:
    require(tx.actor, Permission.SLIDE_INGEST)
    if tx.actor.person_id is None:
        raise PermissionDenied(permission=Permission.SLIDE_INGEST.value)
    return tx.actor.person_id


def _own(tx: Transaction, upload_id: UUID) -> tuple[Upload, UploadBatch]:
    found = uploads.upload(tx, upload_id, _sender(tx))
    if found is None:
        raise NotFound(field="upload")
    return found


def _check_size(new: NewUpload, limits: UploadLimits) -> None:
    if new.size_bytes > limits.largest_bytes:
        raise UploadTooLarge(gigabytes=round(limits.largest_bytes / 1e9, 1))
    if new.size_bytes < 0:
        raise InvalidInput(field="upload_length", problem="upload_length")
    if new.size_bytes == 0 and new.files == 1:
        raise SlideEmpty(file=new.name)
    if not 1 <= new.files <= MOST_FILES:
        raise InvalidInput(field="files", problem="upload_files", most=MOST_FILES)


def _batch(tx: Transaction, person_id: UUID, new: NewUpload, limits: UploadLimits) -> UploadBatch:
    """The batch that the file belongs to, new with its first file."""
    if new.batch is not None and not 0 < len(new.batch) <= LONGEST_KEY:
        raise InvalidInput(field="batch", problem="upload_batch")
    if new.case_id is not None and cases.case(tx, new.case_id) is None:
        raise NotFound(field="case")
    known = uploads.batch_by_key(tx, person_id, new.batch) if new.batch is not None else None
    if known is None:
        made = uploads.add_batch(
            tx,
            person_id=person_id,
            key=new.batch or str(uuid4()),
            name=new.name.split("/", 1)[0],
            files=new.files,
            case_id=new.case_id,
            expires_at=datetime.now(UTC) + limits.keep,
        )
        detail = {"files": new.files, "size_bytes": new.size_bytes}
        audit.record(tx, "upload.begin", object_type="upload", object_id=made.id, case_id=new.case_id, detail=detail)
        defer_expiry(tx, made)
        tell(tx, made)
        return made
    living = [part.name for part in known.parts if part.status in uploads.LIVING]
    if known.status != "receiving":
        raise UploadBatchClosed()
    if known.files != new.files or len(living) >= known.files or not fits_beside(new.name, living):
        raise UploadBatchDiffers(name=new.name)
    return known


def _complete(tx: Transaction, batch: UploadBatch) -> None:
    received = [part for part in uploads.parts(tx, batch.id) if part.status == "received"]
    if len(received) == batch.files:
        total = sum(part.size_bytes for part in received)
        detail = {"files": batch.files, "size_bytes": total}
        audit.record(tx, "upload.send", object_type="upload", object_id=batch.id, detail=detail)
        _queue(tx, batch)


def _queue(tx: Transaction, batch: UploadBatch) -> None:
    batch.status = "queued"
    tx.flush()
    defer(tx, TAKE_IN, QUEUE, {"batch_id": str(batch.id), "organization_id": str(tx.organization_id)})
    tell(tx, batch)


def defer_expiry(tx: Transaction, batch: UploadBatch) -> None:
    """Have the worker look, when the batch expires, whether it still stands still."""
    arguments = {"batch_id": str(batch.id), "organization_id": str(tx.organization_id)}
    defer(tx, EXPIRE, QUEUE, arguments, at=batch.expires_at)

"""Signing a report: the password again, both languages rendered, everything stored and linked by digests.

Three steps. The records are read in one transaction; pictures are cut, both PDFs rendered and all bytes stored without
any transaction, so that no lock waits for a decoder; then, with case and readings locked, the content is put together
again and must be what was rendered, and report, register, audit event and the case's state are written in one commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.access.session import check_password
from coverslip.cases.detail import ReportDetail
from coverslip.cases.errors import StaleRevision
from coverslip.cases.status import CaseEvent, CaseStatus, advance, locked_case, next_status
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Person, Report
from coverslip.records.queries import report as reports
from coverslip.records.queries.person import person as person_by_id
from coverslip.records.transaction import Transaction
from coverslip.reports import key_images
from coverslip.reports.content import ReportContent, canonical_json, content_digest
from coverslip.reports.draft import current_draft, detail
from coverslip.reports.errors import DiagnosisMissing, ReportMissing
from coverslip.reports.gather import MEANING, Gathered, gather, report_content, require_decided
from coverslip.reports.key_images import CutImage, OpenSlide
from coverslip.reports.render import render
from coverslip.storage.blobs import BlobStore


@dataclass(frozen=True, slots=True)
class SignOut:
    """Who signs what: the password as typed, and the revision of the draft that the signer read."""

    case_id: UUID
    password: str
    revision: int


@dataclass(frozen=True, slots=True)
class _Stored:
    """Digests, sizes and media types of what was stored for a signature."""

    content: str
    pdf_zh: str
    pdf_en: str
    register: tuple[tuple[str, int, str], ...]


def sign_report(
    database: Database,
    blobs: BlobStore,
    open_slide: OpenSlide,
    actor: Actor,
    request: SignOut,
    *,
    time_zone: str,
) -> ReportDetail:
    """Sign the draft of a case; the version it amends becomes superseded and stays readable.

    Raises `PermissionDenied`, `PasswordWrong`, `LoginThrottled`, `NotFound`, `ReportMissing`, `StaleRevision`,
    `DiagnosisMissing`, `ReadingNotDecided`, `ReadingRejected`, `IllegalTransition`, and what reading a slide or
    rendering raises; nothing is then signed.
    """
    require(actor, Permission.REPORT_SIGN)
    check_password(database, actor, request.password)
    signed_at = datetime.now(UTC).replace(microsecond=0)
    with database.transaction(actor) as tx:
        gathered = _signable(tx, request)
        signer = _signer(tx)
    images = key_images.cut(gathered.key_images, gathered.slides, open_slide)
    content = report_content(gathered, images, signer=signer, signed_at=signed_at, time_zone=time_zone)
    stored = _store(blobs, gathered.organization.id, content, images)
    with database.transaction(actor) as tx:
        locked_case(tx, request.case_id)
        reports.lock_readings(tx, gathered.report.reading_ids)
        again = _signable(tx, request)
        rebuilt = report_content(again, images, signer=_signer(tx), signed_at=signed_at, time_zone=time_zone)
        if content_digest(rebuilt) != stored.content:
            raise StaleRevision(given=request.revision, current=again.report.revision)
        _write(tx, again, stored, signed_at)
        return detail(tx, again.report.id)


def _signable(tx: Transaction, request: SignOut) -> Gathered:
    """The draft with what it rests on, where it may be signed."""
    draft = current_draft(reports.reports_of_case(tx, request.case_id))
    if draft is None:
        raise ReportMissing
    if draft.revision != request.revision:
        raise StaleRevision(given=request.revision, current=draft.revision)
    if not draft.diagnosis.strip():
        raise DiagnosisMissing(field="diagnosis")
    gathered = gather(tx, draft)
    next_status(CaseStatus(gathered.case.status), CaseEvent.REPORT_SIGNED)
    require_decided(gathered)
    key_images.check(gathered.key_images, gathered.slides, request.case_id)
    return gathered


def _signer(tx: Transaction) -> Person:
    assert tx.actor.person_id is not None
    signer = person_by_id(tx, tx.actor.person_id)
    assert signer is not None
    return signer


def _store(blobs: BlobStore, organization_id: UUID, content: ReportContent, images: list[CutImage]) -> _Stored:
    """Both PDFs, the canonical content and the pictures, each under its digest; safe to repeat."""
    pictures = {image.digest: image.data for image in images}
    register: list[tuple[str, int, str]] = []

    def put(data: bytes, media_type: str) -> str:
        checksum = blobs.put_bytes(organization_id, data)
        register.append((checksum.digest, checksum.size_bytes, media_type))
        return checksum.digest

    for data in pictures.values():
        put(data, "image/jpeg")
    kept = put(canonical_json(content), "application/json")
    zh = put(render(content, "zh-CN", pictures), "application/pdf")
    en = put(render(content, "en", pictures), "application/pdf")
    return _Stored(kept, zh, en, tuple(register))


def _write(tx: Transaction, gathered: Gathered, stored: _Stored, signed_at: datetime) -> None:
    for digest, size_bytes, media_type in stored.register:
        reports.register_blob(tx, digest, size_bytes, media_type)
    if gathered.replaced is not None:
        gathered.replaced.status = "superseded"
        tx.flush()
    report = gathered.report
    _sign(report, tx, stored, signed_at)
    audit.record(
        tx,
        "report.sign",
        object_type="report",
        object_id=report.id,
        case_id=report.case_id,
        detail={
            "version": report.version,
            "meaning": MEANING,
            "content_digest": stored.content,
            "pdf_digest_zh": stored.pdf_zh,
            "pdf_digest_en": stored.pdf_en,
            "readings": [str(reading_id) for reading_id in report.reading_ids],
            "replaces": str(gathered.replaced.id) if gathered.replaced is not None else None,
        },
    )
    advance(tx, report.case_id, CaseEvent.REPORT_SIGNED)


def _sign(report: Report, tx: Transaction, stored: _Stored, signed_at: datetime) -> None:
    report.status = "signed"
    report.signed_by = tx.actor.person_id
    report.signed_at = signed_at
    report.meaning = MEANING
    report.content_digest = stored.content
    report.pdf_digest_zh = stored.pdf_zh
    report.pdf_digest_en = stored.pdf_en
    report.updated_at = signed_at
    tx.flush()

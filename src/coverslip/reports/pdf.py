"""The report as a person downloads it: the stored bytes of a signed one, a marked rendering of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.errors import Locale, NotFound
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Report
from coverslip.records.queries import case as cases
from coverslip.records.queries import report as reports
from coverslip.reports import key_images
from coverslip.reports.gather import draft_readings, gather, report_content
from coverslip.reports.key_images import OpenSlide
from coverslip.reports.render import render
from coverslip.storage.blobs import BlobStore


@dataclass(frozen=True, slots=True)
class ReportPdf:
    """A PDF and the name under which it is saved; the name holds no patient data."""

    data: bytes
    file_name: str
    signed: bool


def report_pdf(
    database: Database,
    blobs: BlobStore,
    open_slide: OpenSlide,
    actor: Actor,
    report_id: UUID,
    locale: Locale,
    *,
    time_zone: str,
) -> ReportPdf:
    """The PDF of one version in one language. Raises `PermissionDenied`, `NotFound`, `BlobMissing`, `BlobCorrupt`,
    and for a draft what rendering raises; a draft leaves out readings that nobody has accepted.
    """
    require(actor, Permission.REPORT_READ)
    with database.transaction(actor) as tx:
        row = reports.report(tx, report_id)
        case = cases.case(tx, row.case_id) if row is not None else None
        if row is None or case is None:
            raise NotFound(field="report")
        audit.record(
            tx,
            "report.read",
            object_type="report",
            object_id=row.id,
            case_id=row.case_id,
            detail={"version": row.version, "locale": locale, "status": row.status},
        )
        gathered = gather(tx, row) if row.status == "draft" else None
    name = f"{case.accession_number}-v{row.version}-{locale}{'-draft' if gathered else ''}.pdf"
    if gathered is None:
        return ReportPdf(blobs.read(row.organization_id, _digest(row, locale)), name, signed=True)
    shown = draft_readings(gathered)
    images = key_images.cut(shown.key_images, shown.slides, open_slide)
    content = report_content(shown, images, signer=None, signed_at=None, time_zone=time_zone)
    return ReportPdf(render(content, locale, {image.digest: image.data for image in images}), name, signed=False)


def _digest(row: Report, locale: Locale) -> str:
    digest = row.pdf_digest_zh if locale == "zh-CN" else row.pdf_digest_en
    if digest is None:
        raise NotFound(field="report")
    return digest

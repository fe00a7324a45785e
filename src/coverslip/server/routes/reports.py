"""Reports: draft, sign-out, amendment, PDF."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from coverslip.reports.amendment import amend_report as amend
from coverslip.reports.draft import DraftText, save_draft
from coverslip.reports.draft import list_reports as list_versions
from coverslip.reports.key_images import KeyImage
from coverslip.reports.pdf import report_pdf
from coverslip.reports.sign_out import SignOut as Signature
from coverslip.reports.sign_out import sign_report as sign
from coverslip.server.call import Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.common import Locale
from coverslip.server.schemas.report import Amendment, Report, ReportDraft, ReportList, SignOut
from coverslip.storage.stored_slide import stored_slides

router = APIRouter(tags=["reports"], route_class=GuardedRoute)


class Pdf(Response):
    """A PDF file."""

    media_type = "application/pdf"


@router.get("/cases/{case_id}/reports")
def list_reports(case_id: UUID, call: Caller) -> ReportList:
    """Every version of the report, newest first."""
    with call.transaction() as tx:
        return ReportList(items=[Report.model_validate(version) for version in list_versions(tx, case_id)])


@router.put("/cases/{case_id}/report")
def save_report(case_id: UUID, given: ReportDraft, call: Caller) -> Report:
    """Save the draft; it is created where there is none (revision 0)."""
    text = DraftText(
        diagnosis=given.diagnosis,
        microscopy=given.microscopy,
        gross=given.gross,
        comment=given.comment,
        reading_ids=tuple(given.reading_ids),
        key_images=tuple(KeyImage(**dict(image)) for image in given.key_images),
    )
    with call.transaction() as tx:
        return Report.model_validate(save_draft(tx, case_id, text, given.revision))


@router.post("/cases/{case_id}/report/sign")
def sign_report(case_id: UUID, given: SignOut, call: Caller) -> Report:
    """Sign the draft out, by typing the password again."""
    services = call.services
    signed = sign(
        services.database,
        services.blobs,
        stored_slides(services.blobs, services.decoders),
        call.actor,
        Signature(case_id, given.password.get_secret_value(), given.revision),
        time_zone=services.settings.time_zone,
    )
    return Report.model_validate(signed)


@router.post("/cases/{case_id}/report/amend", status_code=201)
def amend_report(case_id: UUID, given: Amendment, call: Caller) -> Report:
    """Start a new version of a signed report; the signed one stays as it is until the new one is signed."""
    with call.transaction() as tx:
        return Report.model_validate(amend(tx, case_id, given.reason))


@router.get("/reports/{report_id}/pdf", response_class=Pdf)
def read_report_pdf(report_id: UUID, call: Caller, locale: Locale = "zh-CN") -> Pdf:
    """The report as PDF: the stored bytes where it is signed, else rendered with a DRAFT mark."""
    services = call.services
    slides = stored_slides(services.blobs, services.decoders)
    pdf = report_pdf(
        services.database,
        services.blobs,
        slides,
        call.actor,
        report_id,
        locale,
        time_zone=services.settings.time_zone,
    )
    return Pdf(pdf.data, headers={"Content-Disposition": f'inline; filename="{file_name(pdf.file_name)}"'})


def file_name(name: str) -> str:
    """A file name that is safe in a header."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-._") else "_" for letter in name)

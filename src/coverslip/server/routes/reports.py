"""Reports: draft, sign-out, amendment, PDF."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.common import Locale
from coverslip.server.schemas.report import Amendment, Report, ReportDraft, ReportList, SignOut

router = APIRouter(route_class=GuardedRoute, tags=["reports"])


class Pdf(Response):
    """A PDF file."""

    media_type = "application/pdf"


@router.get("/cases/{case_id}/reports")
def list_reports(case_id: UUID) -> ReportList:
    """Every version of the report, newest first."""
    raise NotImplementedError


@router.put("/cases/{case_id}/report")
def save_report(case_id: UUID, given: ReportDraft) -> Report:
    """Save the draft; it is created where there is none (revision 0)."""
    raise NotImplementedError


@router.post("/cases/{case_id}/report/sign")
def sign_report(case_id: UUID, given: SignOut) -> Report:
    """Sign the draft out, by typing the password again."""
    raise NotImplementedError


@router.post("/cases/{case_id}/report/amend", status_code=201)
def amend_report(case_id: UUID, given: Amendment) -> Report:
    """Start a new version of a signed report; the signed one stays as it is until the new one is signed."""
    raise NotImplementedError


@router.get("/reports/{report_id}/pdf", response_class=Pdf)
def read_report_pdf(report_id: UUID, locale: Locale = "zh-CN") -> Pdf:
    """The report as PDF: the stored bytes where it is signed, else rendered with a DRAFT mark."""
    raise NotImplementedError

"""Which signed report a PDF is."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from coverslip.records.models import Case, Report
from coverslip.records.transaction import Transaction


def report_by_pdf(tx: Transaction, digest: str) -> tuple[Report, str] | None:
    """The signed report of the organization with that PDF, signer loaded, and its case's accession number."""
    query = (
        select(Report, Case.accession_number)
        .join(Case, Case.id == Report.case_id)
        .options(joinedload(Report.signer))
        .where(Report.status != "draft", or_(Report.pdf_digest_zh == digest, Report.pdf_digest_en == digest))
    )
    row = tx.session.execute(query).first()
    return None if row is None else (row[0], row[1])

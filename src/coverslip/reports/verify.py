"""Proving a signed report: its row, its canonical content and its PDFs agree, for `coverslip check`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from coverslip.errors import InvalidInput
from coverslip.records.models import Report
from coverslip.records.queries import report as reports
from coverslip.records.transaction import Transaction
from coverslip.reports.content import ReportContent, content_digest, from_canonical_json
from coverslip.reports.gather import iso
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobCorrupt, BlobMissing

Kind = Literal["missing", "corrupt", "contradicts_row"]


@dataclass(frozen=True, slots=True)
class ReportProblem:
    """What does not hold. `part`: `content`, `pdf_zh`, `pdf_en` or `image`; `detail`: a field or a digest."""

    report_id: UUID
    part: str
    kind: Kind
    detail: str


def verify_reports(tx: Transaction, blobs: BlobStore) -> list[ReportProblem]:
    """Every problem of every signed or superseded report of the transaction's organization; empty when all hold."""
    return [problem for row in reports.signed_reports(tx) for problem in verify_report(row, blobs)]


def verify_report(row: Report, blobs: BlobStore) -> list[ReportProblem]:
    """Read the stored bytes of one signed report (author and signer loaded) and compare them with its row."""
    problems: list[ReportProblem] = []

    def read(part: str, digest: str | None) -> bytes | None:
        try:
            return blobs.read(row.organization_id, digest or "")
        except BlobMissing:
            problems.append(ReportProblem(row.id, part, "missing", digest or "-"))
        except BlobCorrupt:
            problems.append(ReportProblem(row.id, part, "corrupt", digest or "-"))
        return None

    data = read("content", row.content_digest)
    read("pdf_zh", row.pdf_digest_zh)
    read("pdf_en", row.pdf_digest_en)
    if data is None:
        return problems
    try:
        content = from_canonical_json(data)
    except InvalidInput:
        return [*problems, ReportProblem(row.id, "content", "corrupt", row.content_digest or "-")]
    for image in content.key_images:
        read("image", image.digest)
    problems += [ReportProblem(row.id, "content", "contradicts_row", name) for name in _differences(row, content)]
    return problems


def _differences(row: Report, content: ReportContent) -> list[str]:
    """Names of the row's fields that the signed content does not bear out."""
    signature = content.signature
    pairs = {
        "id": (str(row.id), content.report_id),
        "version": (row.version, content.version),
        "diagnosis": (row.diagnosis, content.diagnosis),
        "microscopy": (row.microscopy, content.microscopy),
        "gross": (row.gross, content.gross),
        "comment": (row.comment, content.comment),
        "reading_ids": ([str(i) for i in row.reading_ids], [reading.id for reading in content.readings]),
        "key_images": (
            [(k["x"], k["y"], k["width"], k["height"], k["caption"]) for k in row.key_images],
            [(k.x, k.y, k.width, k.height, k.caption) for k in content.key_images],
        ),
        "meaning": (row.meaning, signature.meaning if signature else None),
        "signed_at": (iso(row.signed_at) if row.signed_at else None, signature.signed_at if signature else None),
        "content_digest": (row.content_digest, content_digest(content)),
    }
    return [name for name, (ours, signed) in pairs.items() if ours != signed]

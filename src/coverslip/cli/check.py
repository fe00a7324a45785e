"""`coverslip check`: prove that rows, bytes, reports and the audit trail agree."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from coverslip.access import audit
from coverslip.access.errors import AuditChainBroken
from coverslip.custody import forget
from coverslip.custody.errors import DamageFound
from coverslip.errors import LOCALES, CoverslipError
from coverslip.ingest.upload_spool import Spool
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization
from coverslip.records.queries import blob as blobs
from coverslip.records.queries import custody
from coverslip.records.queries import report as reports
from coverslip.records.queries import upload as uploads
from coverslip.records.queries.organization import all_organizations
from coverslip.records.queries.proof import report_by_pdf
from coverslip.reports.verify import verify_reports
from coverslip.settings import settings
from coverslip.storage import checksums
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobReferenceBroken, BlobUnneeded, UploadLeftover
from coverslip.storage.fixity import FRESH_SECONDS, Registered, leftovers, unregistered_blobs, wrong_blobs


class ReportProofBroken(CoverslipError):
    """A signed report does not agree with what is stored. Parameters: `report_id`, `part`, `kind`, `detail`."""

    code = "REPORT_PROOF_BROKEN"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not hold: at which organization, and the error that says what, where and how to mend it."""

    organization: str
    error: CoverslipError

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        where = {name: value for name, value in self.error.parameters.items() if value is not None}
        return {
            "organization": self.organization,
            "code": self.error.code,
            "where": where,
            "message": {locale: self.error.message(locale) for locale in LOCALES},
            "mend": {locale: self.error.mend(locale) for locale in LOCALES},
        }


@dataclass(slots=True)
class Finding:
    """What was looked at in one organization."""

    code: str
    blobs: int = 0
    bytes: int = 0
    reports: int = 0
    audit_events: int = 0
    audit_head: str = audit.GENESIS
    """The last hash of the chain; kept elsewhere, it also proves that nothing was cut off the end."""


@dataclass(slots=True)
class Outcome:
    """Everything a check found."""

    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def check_installation(
    database: Database,
    store: BlobStore,
    progress: Callable[[int], None] = lambda _: None,
    *,
    spool: Spool | None = None,
    remove_leftovers: bool = False,
    remove_unneeded: bool = False,
) -> Outcome:
    """Compare rows with bytes both ways, re-hash every byte, walk every audit chain, prove every signed report.

    In every place: hot, cold, replica; `spool` adds the folder of uploads. What can be made again (caches) is left out.
    `progress` is told the bytes that are done.
    """
    outcome = Outcome()
    organizations = _organizations(database)
    codes = {organization.id: organization.code for organization in organizations}
    aside: set[str] = set()
    for organization in organizations:
        finding = Finding(organization.code)
        outcome.findings.append(finding)
        with database.transaction(Actor.system(organization.id)) as tx:
            aside |= {row.aside for row in custody.findings(tx) if row.aside is not None}
        for error in _of_organization(database, store, organization, finding, progress):
            outcome.problems.append(Problem(organization.code, error))
        for error in _unneeded(database, store, organization.id, remove=remove_unneeded):
            outcome.problems.append(Problem(organization.code, error))

    def registered(organization_id: Any) -> set[str]:
        with database.transaction(Actor.system(organization_id)) as tx:
            return {row.digest for row in blobs.all_blobs(tx)}

    for organization_id, error in unregistered_blobs(store, codes, registered):
        outcome.problems.append(Problem(codes.get(organization_id, str(organization_id)), error))
    for error in leftovers(store, aside, remove=remove_leftovers):
        outcome.problems.append(Problem("-", error))
    if spool is not None:
        _look_at_uploads(database, spool, organizations, outcome, remove=remove_leftovers)
    return outcome


def _unneeded(database: Database, store: BlobStore, organization_id: UUID, *, remove: bool) -> Iterator[CoverslipError]:
    with database.transaction(Actor.system(organization_id)) as tx:
        rows = forget.unneeded(tx)
    for row in rows:
        if remove:
            forget.forget_unneeded(database, store, organization_id, row.digest)
        yield BlobUnneeded(digest=row.digest, size_bytes=row.size_bytes)


def _look_at_uploads(
    database: Database, spool: Spool, organizations: list[Organization], outcome: Outcome, *, remove: bool
) -> None:
    for organization in organizations:
        for batch_id in _stray_batches(database, spool, organization.id):
            if remove:
                spool.remove_batch(organization.id, batch_id)
            outcome.problems.append(Problem(organization.code, UploadLeftover(batch=str(batch_id))))


def _stray_batches(database: Database, spool: Spool, organization_id: UUID) -> Iterator[UUID]:
    """Folders of uploads that have come to an end, or that no row knows, a day and older."""
    for batch_id in spool.batches(organization_id, timedelta(seconds=FRESH_SECONDS)):
        with database.transaction(Actor.system(organization_id)) as tx:
            row = uploads.batch(tx, batch_id)
        if row is None or row.status in ("finished", "aborted", "expired"):
            yield batch_id


def _of_organization(
    database: Database, store: BlobStore, organization: Organization, finding: Finding, progress: Callable[[int], None]
) -> Iterator[CoverslipError]:
    with database.transaction(Actor.system(organization.id)) as tx:
        register = {
            row.digest: Registered(
                row.size_bytes,
                "cold" if row.tier == "cold" else "hot",
                row.moving_to is not None,
                row.replicated_at is not None,
            )
            for row in blobs.all_blobs(tx)
        }
        findings = custody.findings(tx)
        unknown = blobs.unregistered_references(tx)
        chain = audit.inspect(tx)
        finding.reports = len(reports.signed_reports(tx))
        broken = verify_reports(tx, store)
    finding.blobs, finding.bytes = len(register), sum(said.size_bytes for said in register.values())
    finding.audit_events, finding.audit_head = chain.events, chain.head
    if findings:
        still_open = sum(row.status == "open" for row in findings)
        yield DamageFound(open=still_open, repaired=len(findings) - still_open)
    for link in chain.breaks:
        yield AuditChainBroken(number=link.number, kind=link.kind)
    for reference in unknown:
        yield BlobReferenceBroken(
            object_type=reference.object_type, object_id=str(reference.object_id), digest=reference.digest
        )
    for problem in broken:
        yield ReportProofBroken(
            report_id=str(problem.report_id), part=problem.part, kind=problem.kind, detail=problem.detail
        )
    yield from wrong_blobs(store, organization.id, register, progress)


def _organizations(database: Database) -> list[Organization]:
    with database.transaction(Actor.nobody()) as tx:
        return all_organizations(tx)


def _total_bytes(database: Database) -> int:
    total = 0
    for organization in _organizations(database):
        with database.transaction(Actor.system(organization.id)) as tx:
            total += sum(row.size_bytes for row in blobs.all_blobs(tx))
    return total


def with_progress(total: int, title: str, work: Callable[[Callable[[int], None]], Any]) -> Any:
    """Run `work` under a bar of bytes on standard error, where that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn(title), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=total)
        return work(lambda count: bar.advance(task, count))


def find_pdf(database: Database, digest: str) -> dict[str, Any] | None:
    """The signed report whose PDF has this SHA-256, or None."""
    for organization in _organizations(database):
        with database.transaction(Actor.system(organization.id)) as tx:
            found = report_by_pdf(tx, digest)
            if found is None:
                continue
            row, accession_number = found
            signer, signed_at = row.signer, row.signed_at
            assert signer is not None
            assert signed_at is not None
            return {
                "organization": organization.code,
                "case": accession_number,
                "report_id": str(row.id),
                "version": row.version,
                "status": row.status,
                "locale": "zh-CN" if row.pdf_digest_zh == digest else "en",
                "signed_by": {"username": signer.username, "name": signer.name, "name_en": signer.name_en},
                "signed_at": signed_at.isoformat(),
                "pdf_digest": digest,
            }
    return None


@click.command("check", short_help="Prove that rows, bytes, reports and the audit trail agree.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.option(
    "--remove-leftovers", is_flag=True, help="Remove what interrupted transfers left behind a day ago or more."
)
@click.option(
    "--remove-unneeded", is_flag=True, help="Remove registered files that no slide, reading or report refers to."
)
@click.option(
    "--pdf",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tell which signed report this file is, instead of checking everything.",
)
def command(as_json: bool, remove_leftovers: bool, remove_unneeded: bool, pdf: Path | None) -> None:
    """Read every stored byte and compare it with its checksum, every row with its bytes and every byte with its row;
    walk the audit trail of each organization; prove every signed report and its PDFs.

    Looks into every place: hot, cold, replica, uploads. Changes nothing unless told to remove something. Exit status:
    0 everything holds, or the PDF is a signed report; 1 something does not, or the PDF is none; 2 bad usage.
    """
    configured = settings()
    with Database.open(configured, existing=True) as database:
        if pdf is not None:
            _tell_pdf(database, pdf, as_json=as_json)
            return
        store = BlobStore.open(configured)
        spool = Spool(configured.spool_dir)

        def work(tell: Callable[[int], None]) -> Outcome:
            given = {"remove_leftovers": remove_leftovers, "remove_unneeded": remove_unneeded}
            return check_installation(database, store, tell, spool=spool, **given)

        outcome = with_progress(_total_bytes(database), "check", work)
    print_outcome(outcome, as_json=as_json)
    if outcome.problems:
        sys.exit(1)


def print_outcome(outcome: Outcome, *, as_json: bool) -> None:
    """Print what a check found, for people in both languages or as JSON."""
    if as_json:
        findings = [
            {name: getattr(finding, name) for name in Finding.__dataclass_fields__} for finding in outcome.findings
        ]
        problems = [problem.to_json() for problem in outcome.problems]
        printed = {"ok": not problems, "organizations": findings, "problems": problems}
        click.echo(json.dumps(printed, ensure_ascii=False, indent=2))
        return
    for finding in outcome.findings:
        click.echo(
            f"{finding.code}: {finding.blobs} files, {finding.bytes} bytes; {finding.reports} signed reports; "
            f"{finding.audit_events} audit events, head {finding.audit_head}"
        )
    for problem in outcome.problems:
        click.echo(f"{problem.organization}: {problem.error.code}")
        for locale in LOCALES:
            click.echo(f"  {problem.error.message(locale)}\n    {problem.error.mend(locale)}")
    click.echo("FAILED 未通过" if outcome.problems else "OK 通过")


def _tell_pdf(database: Database, pdf: Path, *, as_json: bool) -> None:
    digest = checksums.of_file(pdf).digest
    found = find_pdf(database, digest)
    if as_json:
        click.echo(json.dumps({"found": found is not None, "pdf_digest": digest, "report": found}, ensure_ascii=False))
    elif found is None:
        click.echo(f"{pdf} is no signed report of this installation / 不是本系统签发的报告\n  SHA-256 {digest}")
    else:
        signer = found["signed_by"]
        click.echo(
            f"case 病例 {found['case']} ({found['organization']}), report version 报告版本 {found['version']}"
            f" [{found['locale']}], status 状态 {found['status']}\n"
            f"  signed by 签发人 {signer['name']} {signer['name_en']} ({signer['username']}), {found['signed_at']}\n"
            f"  SHA-256 {digest}"
        )
    if found is None:
        sys.exit(1)

"""`coverslip check` finds what does not hold, and says which report a PDF is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from coverslip.access import audit
from coverslip.cli import check
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Case, Organization, Patient, Person, Report, Slide, SlideFile
from coverslip.records.queries.blob import register_blob
from coverslip.settings import settings
from coverslip.storage.blobs import BlobStore
from coverslip.storage.checksums import Checksum
from coverslip.vocabulary.roles import Role


@pytest.fixture
def installation(
    database: Database, blob_store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """The settings name the test's database and store."""
    assert database.owner_url is not None
    monkeypatch.setenv("COVERSLIP_DATABASE_URL", database.owner_url)
    monkeypatch.setenv("COVERSLIP_APPLICATION_DATABASE_URL", database.url)
    monkeypatch.setenv("COVERSLIP_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield database
    settings.cache_clear()


@pytest.fixture
def slide_file(installation: Database, blob_store: BlobStore, organization: Organization) -> Checksum:
    """A slide of one file, all in order."""
    stored = blob_store.put_bytes(organization.id, b"tissue" * 1000)
    with installation.transaction(Actor.system(organization.id)) as tx:
        slide = tx.add(Slide(label="1", stain="he", status="ready"))
        register_blob(tx, stored.digest, stored.size_bytes, "image/tiff")
        tx.add(
            SlideFile(slide_id=slide.id, position=0, name="a.svs", digest=stored.digest, size_bytes=stored.size_bytes)
        )
        audit.record(tx, "slide.ingest", object_type="slide", object_id=slide.id)
    return stored


def _path(store: BlobStore, organization: Organization, digest: str) -> Path:
    path = store.local_path(organization.id, digest)
    assert path is not None
    path.chmod(0o600)
    return path


def _codes(database: Database, store: BlobStore) -> list[str]:
    return [problem.error.code for problem in check.check_installation(database, store).problems]


def test_an_installation_in_order_passes(
    installation: Database, blob_store: BlobStore, organization: Organization, slide_file: Checksum
) -> None:
    told: list[int] = []
    outcome = check.check_installation(installation, blob_store, told.append)
    assert outcome.problems == []
    (finding,) = outcome.findings
    assert (finding.code, finding.blobs, finding.bytes, finding.audit_events) == ("QH", 1, 6000, 1)
    assert sum(told) == 6000


def test_a_flipped_byte_is_found(
    installation: Database, blob_store: BlobStore, organization: Organization, slide_file: Checksum
) -> None:
    _path(blob_store, organization, slide_file.digest).write_bytes(b"Tissue" + b"tissue" * 999)
    assert _codes(installation, blob_store) == ["BLOB_CORRUPT"]


def test_a_truncated_blob_is_found(
    installation: Database, blob_store: BlobStore, organization: Organization, slide_file: Checksum
) -> None:
    _path(blob_store, organization, slide_file.digest).write_bytes(b"tissue")
    assert _codes(installation, blob_store) == ["BLOB_CORRUPT"]


def test_a_missing_blob_is_found(
    installation: Database, blob_store: BlobStore, organization: Organization, slide_file: Checksum
) -> None:
    _path(blob_store, organization, slide_file.digest).unlink()
    assert _codes(installation, blob_store) == ["BLOB_MISSING"]


def test_a_blob_of_no_record_is_found_wherever_it_lies(
    installation: Database, blob_store: BlobStore, organization: Organization, slide_file: Checksum
) -> None:
    blob_store.put_bytes(organization.id, b"stray")
    blob_store.put_bytes(slide_id_of_nobody := organization.id.__class__(int=1), b"stray")
    problems = check.check_installation(installation, blob_store).problems
    assert {(p.organization, p.error.code) for p in problems} == {
        ("QH", "BLOB_UNREGISTERED"),
        (str(slide_id_of_nobody), "BLOB_UNREGISTERED"),
    }


def test_a_row_whose_bytes_are_not_registered_is_found(
    installation: Database, blob_store: BlobStore, organization: Organization, slide_file: Checksum, superuser_url: str
) -> None:
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("DELETE FROM blobs")
    assert sorted(_codes(installation, blob_store)) == ["BLOB_REFERENCE_BROKEN", "BLOB_UNREGISTERED"]


def test_a_changed_audit_event_is_found(
    installation: Database, blob_store: BlobStore, organization: Organization, slide_file: Checksum, superuser_url: str
) -> None:
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE audit_events SET action = 'slide.open'")
    assert _codes(installation, blob_store) == ["AUDIT_CHAIN_BROKEN"]


@pytest.fixture
def report(
    installation: Database, blob_store: BlobStore, organization: Organization, people: Mapping[Role, Person]
) -> Report:
    """A signed report whose PDFs are stored and whose content is not a report's."""
    stored = {name: blob_store.put_bytes(organization.id, name.encode()) for name in ("zh", "en", "content")}
    signer = people[Role.PATHOLOGIST]
    with installation.transaction(Actor.system(organization.id)) as tx:
        for checksum in stored.values():
            register_blob(tx, checksum.digest, checksum.size_bytes, "application/pdf")
        patient = tx.add(Patient(patient_number="1", name="张三"))
        case = tx.add(Case(accession_number="B-1", patient_id=patient.id))
        return tx.add(
            Report(
                case_id=case.id,
                version=2,
                status="signed",
                created_by=signer.id,
                signed_by=signer.id,
                signed_at=datetime(2026, 1, 2, tzinfo=UTC),
                meaning="author",
                content_digest=stored["content"].digest,
                pdf_digest_zh=stored["zh"].digest,
                pdf_digest_en=stored["en"].digest,
            )
        )


def test_a_signed_report_that_does_not_hold_is_found(
    installation: Database, blob_store: BlobStore, report: Report
) -> None:
    (problem,) = check.check_installation(installation, blob_store).problems
    assert problem.error.code == "REPORT_PROOF_BROKEN"
    assert str(report.id) in problem.error.message("zh-CN")


def test_a_pdf_is_told_from_its_bytes(installation: Database, report: Report, tmp_path: Path) -> None:
    pdf = tmp_path / "renamed.pdf"
    for content, locale in ((b"zh", "zh-CN"), (b"en", "en")):
        pdf.write_bytes(content)
        run = CliRunner().invoke(check.command, ["--pdf", str(pdf), "--json"])
        assert run.exit_code == 0
        found = json.loads(run.stdout)["report"]
        assert (found["case"], found["version"], found["locale"]) == ("B-1", 2, locale)
        assert found["signed_by"]["username"] == "pathologist"
        assert found["signed_at"].startswith("2026-01-02T00:00:00")
    assert "B-1" in CliRunner().invoke(check.command, ["--pdf", str(pdf)]).stdout


def test_a_changed_pdf_is_no_signed_report(installation: Database, report: Report, tmp_path: Path) -> None:
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(b"zh ")
    run = CliRunner().invoke(check.command, ["--pdf", str(pdf)])
    assert run.exit_code == 1
    assert "no signed report" in run.stdout


def test_the_command_exits_with_one_and_says_what_where_and_how_to_mend(
    installation: Database, blob_store: BlobStore, organization: Organization, slide_file: Checksum
) -> None:
    passing = CliRunner().invoke(check.command, ["--json"])
    assert (passing.exit_code, json.loads(passing.stdout)["ok"]) == (0, True)
    _path(blob_store, organization, slide_file.digest).unlink()
    failing = CliRunner().invoke(check.command, ["--json"])
    assert failing.exit_code == 1
    (problem,) = json.loads(failing.stdout)["problems"]
    assert (problem["organization"], problem["code"]) == ("QH", "BLOB_MISSING")
    assert problem["where"] == {"digest": slide_file.digest}
    assert all(problem[part][locale] for part in ("message", "mend") for locale in ("zh-CN", "en"))
    plain = CliRunner().invoke(check.command)
    assert plain.exit_code == 1
    assert slide_file.digest in plain.stdout


@pytest.mark.parametrize("command", [["check"], ["backup", "b.tar"], ["ingest", "."]])
def test_a_folder_without_an_installation_is_named_and_none_is_made(command: list[str], tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "coverslip", *command],
        cwd=tmp_path,
        env={**os.environ, "COVERSLIP_DATA_DIR": str(tmp_path / "nothing")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "INSTALLATION_MISSING" in ended.stderr
    assert str(tmp_path / "nothing") in ended.stderr
    assert not (tmp_path / "nothing").exists()

"""What the database itself refuses, whoever asks."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import pytest

from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Case, Organization, Patient, Person, Reading, Report, Review, Slide
from coverslip.vocabulary.roles import Role


@pytest.fixture
def case(database: Database, organization: Organization) -> Case:
    with database.transaction(Actor.system(organization.id)) as tx:
        patient = tx.add(Patient(patient_number="1", name="张三"))
        return tx.add(Case(accession_number="B-1", patient_id=patient.id))


@pytest.fixture
def report(database: Database, case: Case, people: Mapping[Role, Person]) -> Report:
    signer = people[Role.PATHOLOGIST]
    with database.transaction(Actor.system(case.organization_id)) as tx:
        row = tx.add(Report(case_id=case.id, version=1, diagnosis="浸润性导管癌", created_by=signer.id))
    _change(database, row, "SET diagnosis = '乳腺浸润性癌'")
    _change(
        database,
        row,
        f"SET status = 'signed', signed_by = '{signer.id}', signed_at = now(), meaning = 'author',"
        " content_digest = 'd'",
    )
    return row


def _change(database: Database, report: Report, change: str, verb: str = "UPDATE reports") -> int:
    with database.transaction(Actor.system(report.organization_id)) as tx:
        return tx.raw_connection().execute(f"{verb} {change} WHERE id = %s".encode(), [report.id]).rowcount


@pytest.mark.parametrize(
    "change",
    [
        "SET diagnosis = 'x'",
        "SET status = 'draft'",
        "SET status = 'superseded', diagnosis = 'x'",
        "SET signed_at = now()",
        "SET pdf_digest_zh = 'x'",
        "SET key_images = '[1]'",
    ],
)
def test_a_signed_report_is_not_changed(database: Database, report: Report, change: str) -> None:
    with pytest.raises(psycopg.errors.IntegrityError, match="is signed"):
        _change(database, report, change)


def test_a_signed_report_can_be_superseded_once(database: Database, report: Report) -> None:
    assert _change(database, report, "SET status = 'superseded'") == 1
    with pytest.raises(psycopg.errors.IntegrityError, match="is signed"):
        _change(database, report, "SET status = 'signed'")


def test_a_signed_report_is_not_removed_even_by_the_superuser(
    database: Database, report: Report, superuser_url: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _change(database, report, "", "DELETE FROM reports")
    with psycopg.connect(superuser_url) as connection:
        with pytest.raises(psycopg.errors.IntegrityError), connection.transaction():
            connection.execute("DELETE FROM reports")
        with pytest.raises(psycopg.errors.IntegrityError), connection.transaction():
            connection.execute("TRUNCATE reports CASCADE")


def test_a_signature_needs_signer_time_meaning_and_digest(
    database: Database, case: Case, people: Mapping[Role, Person]
) -> None:
    with (
        pytest.raises(Exception, match="signature_complete"),
        database.transaction(Actor.system(case.organization_id)) as tx,
    ):
        tx.add(Report(case_id=case.id, version=1, status="signed", created_by=people[Role.RESIDENT].id))


def test_a_case_has_one_draft(database: Database, case: Case, people: Mapping[Role, Person]) -> None:
    with (
        pytest.raises(Exception, match="uq_reports_one_draft_a_case"),
        database.transaction(Actor.system(case.organization_id)) as tx,
    ):
        for version in (1, 2):
            tx.add(Report(case_id=case.id, version=version, created_by=people[Role.RESIDENT].id))


def test_the_computers_result_and_the_reviews_stay(
    database: Database, case: Case, people: Mapping[Role, Person]
) -> None:
    person = people[Role.PATHOLOGIST]
    with database.transaction(Actor.system(case.organization_id)) as tx:
        slide = tx.add(Slide(label="1", stain="ihc-dab"))
        reading = tx.add(
            Reading(
                slide_id=slide.id,
                marker="ki67",
                algorithm="a",
                algorithm_version="1",
                profile="p",
                profile_version="1",
                requested_by=person.id,
            )
        )
        tx.add(Review(reading_id=reading.id, person_id=person.id, action="accept"))
    statements = {
        "UPDATE readings SET result = '{\"score\": 1}'": None,
        "UPDATE readings SET decision = 'accepted'": None,
        "UPDATE readings SET result = '{\"score\": 2}'": psycopg.errors.IntegrityError,
        "UPDATE readings SET result = NULL": psycopg.errors.IntegrityError,
        "UPDATE reviews SET action = 'reject'": psycopg.errors.InsufficientPrivilege,
        "DELETE FROM reviews": psycopg.errors.InsufficientPrivilege,
        "DELETE FROM readings": psycopg.errors.InsufficientPrivilege,
        "DELETE FROM cases": psycopg.errors.InsufficientPrivilege,
        "DELETE FROM patients": psycopg.errors.InsufficientPrivilege,
    }
    for statement, refused in statements.items():
        if refused is None:
            with database.transaction(Actor.system(case.organization_id)) as tx:
                tx.raw_connection().execute(statement.encode())
            continue
        with pytest.raises(refused), database.transaction(Actor.system(case.organization_id)) as tx:
            tx.raw_connection().execute(statement.encode())


def test_the_application_cannot_change_the_schema(database: Database) -> None:
    for statement in (
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "ALTER TABLE cases DISABLE ROW LEVEL SECURITY",
        "DROP TRIGGER audit_events_append_only ON audit_events",
        "CREATE TABLE mine (id int)",
        "SET ROLE coverslip_owner",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction(Actor.nobody()) as tx:
            tx.raw_connection().execute(statement.encode())

"""Row-level security: what holds even when a query forgets its WHERE."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Case, Organization, Patient
from coverslip.testing.database import execute


def _register(database: Database, organization: Organization, accession: str) -> Case:
    with database.transaction(Actor.system(organization.id)) as tx:
        patient = tx.add(Patient(patient_number=f"P-{accession}", name="张三"))
        return tx.add(Case(accession_number=accession, patient_id=patient.id))


def test_a_query_that_forgets_the_where_sees_its_own_hospital_only(
    database: Database, two_organizations: tuple[Organization, Organization]
) -> None:
    county, provincial = two_organizations
    _register(database, county, "B-1")
    _register(database, provincial, "S-1")
    for hospital, expected in ((county, ["B-1"]), (provincial, ["S-1"])):
        with database.transaction(Actor.system(hospital.id)) as tx:
            assert list(tx.session.scalars(select(Case.accession_number))) == expected
            assert tx.raw_connection().execute("SELECT accession_number FROM cases").fetchall() == [(expected[0],)]


def test_without_an_organization_no_row_is_seen(database: Database, organization: Organization) -> None:
    _register(database, organization, "B-1")
    with database.transaction(Actor.nobody()) as tx:
        assert tx.session.scalars(select(Case)).all() == []


def test_a_row_of_another_hospital_cannot_be_written(
    database: Database, two_organizations: tuple[Organization, Organization]
) -> None:
    county, provincial = two_organizations
    with pytest.raises(DBAPIError, match="row-level security"), database.transaction(Actor.system(county.id)) as tx:
        tx.add(Patient(organization_id=provincial.id, patient_number="X", name="李四"))


def test_a_row_of_another_hospital_cannot_be_changed(
    database: Database, two_organizations: tuple[Organization, Organization]
) -> None:
    county, provincial = two_organizations
    case = _register(database, provincial, "S-1")
    with database.transaction(Actor.system(county.id)) as tx:
        changed = tx.session.execute(text("UPDATE cases SET department = 'x' WHERE id = :id"), {"id": case.id})
        assert changed.rowcount == 0  # type: ignore[attr-defined]  # CursorResult, typed as Result


def test_a_row_cannot_refer_to_another_hospitals_row(
    database: Database, two_organizations: tuple[Organization, Organization]
) -> None:
    county, provincial = two_organizations
    foreign = _register(database, provincial, "S-1")
    with pytest.raises(IntegrityError, match="fk_cases"), database.transaction(Actor.system(county.id)) as tx:
        tx.add(Case(accession_number="B-9", patient_id=foreign.patient_id))


def test_every_table_of_a_hospital_forces_row_level_security(superuser_url: str) -> None:
    unprotected = execute(
        superuser_url,
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
        " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
    )
    assert unprotected == []


def test_the_owner_sees_no_hospital_either(database: Database, organization: Organization) -> None:
    _register(database, organization, "B-1")
    assert database.owner_url is not None
    assert execute(database.owner_url, "SELECT * FROM cases") == []


def test_stating_a_purpose_opens_nothing_for_the_application(database: Database, organization: Organization) -> None:
    _register(database, organization, "B-1")
    for purpose in ("backup", "sign_in"):
        with database.transaction(Actor.nobody()) as tx:
            connection = tx.raw_connection()
            connection.execute("SELECT set_config('coverslip.purpose', %s, true)", [purpose])
            assert connection.execute("SELECT * FROM cases").fetchall() == []
            assert connection.execute("SELECT * FROM people").fetchall() == []


def test_the_application_role_is_neither_superuser_nor_owner_nor_exempt(database: Database, superuser_url: str) -> None:
    with database.transaction(Actor.nobody()) as tx:
        role = tx.raw_connection().execute("SELECT current_user").fetchone()
    assert role is not None
    assert execute(
        superuser_url,
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin FROM pg_roles"
        " WHERE rolname = %s",
        role,
    ) == [(False, False, False, False, False, True)]
    assert execute(superuser_url, "SELECT 1 FROM pg_class WHERE relowner = %s::regrole", role) == []
    assert execute(superuser_url, "SELECT 1 FROM pg_auth_members WHERE member = %s::regrole", role) == []

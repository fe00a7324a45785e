"""The audit trail: one chain an organization, append-only for everyone, and its changes found."""

from __future__ import annotations

import threading

import psycopg
import pytest

from coverslip.access import audit
from coverslip.access.audit import GENESIS
from coverslip.errors import CoverslipError
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.testing.database import execute, make_organization


def _record(database: Database, organization: Organization, *actions: str) -> None:
    for action in actions:
        with database.transaction(Actor.system(organization.id)) as tx:
            audit.record(
                tx, action, object_type="case", object_id=None, detail={"说明": 'a "quoted" \n line', "n": 1.50}
            )


def _breaks(database: Database, organization: Organization) -> list[audit.ChainBreak]:
    with database.transaction(Actor.system(organization.id)) as tx:
        return audit.verify(tx)


def _tamper(url: str, statement: str) -> None:
    """What a superuser can do who switches the triggers off."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode())


def test_events_are_numbered_from_one_and_chained(database: Database, organization: Organization) -> None:
    _record(database, organization, "case.read", "slide.open")
    with database.transaction(Actor.system(organization.id)) as tx:
        newest, oldest = [listed.event for listed in list_events(tx, AuditFilter())]
        report = audit.inspect(tx)
    assert (oldest.number, oldest.previous_hash) == (1, GENESIS)
    assert (newest.number, newest.previous_hash) == (2, oldest.hash)
    assert report == audit.ChainReport(2, newest.hash, ())


def test_each_organization_has_its_own_chain(
    database: Database, two_organizations: tuple[Organization, Organization]
) -> None:
    county, provincial = two_organizations
    _record(database, county, "case.read", "case.read")
    _record(database, provincial, "case.read")
    for organization, events in ((county, 2), (provincial, 1)):
        with database.transaction(Actor.system(organization.id)) as tx:
            report = audit.inspect(tx)
        assert (report.events, report.breaks) == (events, ())


def test_events_written_at_once_keep_one_chain(database: Database, organization: Organization) -> None:
    threads = [threading.Thread(target=_record, args=(database, organization, *["case.read"] * 10)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.transaction(Actor.system(organization.id)) as tx:
        report = audit.inspect(tx)
    assert (report.events, report.breaks) == (60, ())


def test_an_event_goes_with_the_transaction_that_rolled_back(database: Database, organization: Organization) -> None:
    with pytest.raises(CoverslipError), database.transaction(Actor.system(organization.id)) as tx:
        audit.record(tx, "case.read", object_type="case", object_id=None)
        raise CoverslipError
    _record(database, organization, "slide.open")
    with database.transaction(Actor.system(organization.id)) as tx:
        assert [(listed.event.number, listed.event.action) for listed in list_events(tx, AuditFilter())] == [
            (1, "slide.open")
        ]


def test_without_an_organization_nothing_can_be_recorded(database: Database) -> None:
    with pytest.raises(Exception, match="needs an organization"), database.transaction(Actor.nobody()) as tx:
        audit.record(tx, "case.read", object_type="case", object_id=None)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_events SET action = 'x'", "DELETE FROM audit_events", "TRUNCATE audit_events"],
)
@pytest.mark.parametrize("who", ["application", "owner", "superuser"])
def test_nobody_changes_or_removes_an_event(
    database: Database, organization: Organization, superuser_url: str, statement: str, who: str
) -> None:
    _record(database, organization, "case.read")
    url = {"application": database.url, "owner": database.owner_url, "superuser": superuser_url}[who]
    assert url is not None
    refused = psycopg.errors.InsufficientPrivilege if who == "application" else psycopg.errors.IntegrityError
    with psycopg.connect(url) as connection, pytest.raises(refused):
        connection.execute(statement.encode())


def test_the_application_cannot_write_an_event_by_itself(database: Database, organization: Organization) -> None:
    with (
        database.transaction(Actor.system(organization.id)) as tx,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        tx.raw_connection().execute(
            "INSERT INTO audit_events VALUES (%s, 1, now(), NULL, NULL, NULL, 'x', 'x', NULL, NULL, 'success', '{}',"
            " 'x', 'x')",
            [organization.id],
        )


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit_events SET action = 'case.list' WHERE number = 2", [(2, "changed")]),
        ("UPDATE audit_events SET detail = '{}' WHERE number = 3", [(3, "changed")]),
        ("UPDATE audit_events SET at = at + interval '1 microsecond' WHERE number = 1", [(1, "changed")]),
        ("UPDATE audit_events SET person_id = uuidv7() WHERE number = 1", [(1, "changed")]),
        ("DELETE FROM audit_events WHERE number = 2", [(2, "missing")]),
        ("DELETE FROM audit_events WHERE number = 1", [(1, "missing")]),
        ("UPDATE audit_events SET hash = repeat('a', 64) WHERE number = 2", [(2, "changed"), (3, "unlinked")]),
    ],
)
def test_what_a_superuser_changed_behind_the_triggers_is_found(
    database: Database, organization: Organization, superuser_url: str, statement: str, expected: list[tuple[int, str]]
) -> None:
    _record(database, organization, "case.read", "case.read", "case.read")
    assert _breaks(database, organization) == []
    _tamper(superuser_url, statement)
    assert [(found.number, found.kind) for found in _breaks(database, organization)] == expected


def test_a_chain_rewritten_from_one_event_on_has_another_head(
    database: Database, organization: Organization, superuser_url: str
) -> None:
    """Whoever recomputes all hashes leaves a chain that holds; only a head kept elsewhere tells it."""
    _record(database, organization, "case.read", "case.read")
    with database.transaction(Actor.system(organization.id)) as tx:
        before = audit.inspect(tx).head
    _tamper(superuser_url, "DELETE FROM audit_events WHERE number = 2")
    with database.transaction(Actor.system(organization.id)) as tx:
        report = audit.inspect(tx)
    assert report.breaks == ()
    assert report.head != before


def test_events_are_found_by_action_and_time(database: Database, organization: Organization) -> None:
    _record(database, organization, "case.read", "slide.open", "case.read")
    with database.transaction(Actor.system(organization.id)) as tx:
        every = list_events(tx, AuditFilter())
        assert [e.event.number for e in list_events(tx, AuditFilter(action="slide.open"))] == [2]
        assert [e.event.number for e in list_events(tx, AuditFilter(), before=3)] == [2, 1]
        assert [e.event.number for e in list_events(tx, AuditFilter(), limit=1)] == [3]
        assert [e.event.number for e in list_events(tx, AuditFilter(since=every[0].event.at))] == [3]
        assert [e.event.number for e in list_events(tx, AuditFilter(until=every[1].event.at))] == [1]


def test_the_superuser_sees_what_the_owner_of_the_table_sees(database: Database, superuser_url: str) -> None:
    """Guards the tests above: the superuser's view is of the same database."""
    organization = make_organization(database, "XY")
    _record(database, organization, "case.read")
    assert execute(superuser_url, "SELECT count(*) FROM audit_events") == [(1,)]

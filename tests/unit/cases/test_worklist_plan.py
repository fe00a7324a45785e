"""The planner itself is asked whether the worklist's indexes serve its queries, under row-level security."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Connection

from coverslip.cases.status import CaseStatus
from coverslip.cases.worklist import WorklistQuery, list_cases
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.transaction import Transaction
from coverslip.testing.database import actor_for, make_organization, make_person
from coverslip.vocabulary.roles import Role

CASES = 30_000
FILL = """
INSERT INTO patients (organization_id, patient_number, name, name_en, sex)
SELECT %(org)s, 'P' || n, substr('李王张刘陈杨赵黄周吴', 1 + n %% 10, 1) || chr(19968 + n %% 5000), 'Li X' || n,
    'female'
FROM generate_series(1, %(n)s) n;
INSERT INTO cases (organization_id, accession_number, patient_id, status, priority, received_at, assigned_to_id)
SELECT %(org)s, '2026-' || lpad(row_number() OVER ()::text, 7, '0'), id,
    CASE WHEN row_number() OVER () %% 50 = 0 THEN 'ready' ELSE 'signed' END,
    CASE WHEN row_number() OVER () %% 100 = 0 THEN 'frozen' ELSE 'routine' END,
    now() - row_number() OVER () * interval '7 minutes',
    CASE WHEN row_number() OVER () %% 20 = 0 THEN %(person)s::uuid END
FROM patients;
"""


@pytest.fixture(scope="module")
def full(postgres: Any) -> Iterator[tuple[Database, Actor]]:
    database = postgres.create()
    hospital = make_organization(database, "QX")
    person = make_person(database, hospital.id, "head", {Role.HEAD})
    with psycopg.connect(postgres.superuser_url(database), autocommit=True) as connection:
        for statement in FILL.strip().rstrip(";").split(";"):
            connection.execute(statement.encode(), {"org": hospital.id, "n": CASES, "person": person.id})
        connection.execute("ANALYZE")
    yield database, actor_for(person, {Role.HEAD})
    postgres.drop(database)


def plans(tx: Transaction, query: WorklistQuery) -> list[str]:
    """The plan of every statement that a page of the worklist runs on cases and patients."""
    found: list[tuple[str, Any]] = []

    def note(_c: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM cases" in statement or "JOIN patients" in statement:
            found.append((statement, parameters))

    connection = tx.session.connection()
    event.listen(connection, "before_cursor_execute", note)
    list_cases(tx, query)
    event.remove(connection, "before_cursor_execute", note)
    explained = []
    for statement, parameters in found:
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        explained.append("\n".join(str(row[0]) for row in rows))
    return explained


@pytest.mark.parametrize(
    "query",
    [
        WorklistQuery(),
        WorklistQuery(descending=False),
        WorklistQuery(statuses=(CaseStatus.READY,)),
        WorklistQuery(statuses=(CaseStatus.SIGNED,)),
        WorklistQuery(assigned="me"),
        WorklistQuery(sort="accession_number"),
        WorklistQuery(sort="priority"),
        WorklistQuery(sort="status"),
        WorklistQuery(priority="frozen"),
        WorklistQuery(q="2026-0001234"),
        WorklistQuery(q="1234"),
        WorklistQuery(q="李一二"),
        WorklistQuery(q="丁二"),
        WorklistQuery(q="li x12"),
        WorklistQuery(q="P12345"),
    ],
    ids=str,
)
def test_a_page_is_found_by_indexes(full: tuple[Database, Actor], query: WorklistQuery) -> None:
    database, actor = full
    with database.transaction(actor) as tx:
        explained = plans(tx, query)
        page, *_ = explained
        assert "Index" in page
        for table in ("cases", "patients"):
            assert f"Seq Scan on {table}" not in page, page


def test_a_readers_open_cases_are_found_without_walking_the_signed_ones(full: tuple[Database, Actor]) -> None:
    database, actor = full
    open_statuses = (CaseStatus.READY, CaseStatus.IN_READING, CaseStatus.DRAFTED)
    with database.transaction(actor) as tx:
        (plan, *_) = plans(tx, WorklistQuery(assigned="me", statuses=open_statuses))
        assert "ix_cases_open_by_assignee" in plan, plan


def test_a_page_deep_in_the_list_costs_no_more_than_the_first(full: tuple[Database, Actor]) -> None:
    database, actor = full
    with database.transaction(actor) as tx:
        first = list_cases(tx, WorklistQuery(limit=50))
        (plan, *_) = plans(tx, WorklistQuery(limit=50, cursor=first.next_cursor))
        assert "Index Cond: " in plan
        assert "received_at" in plan.split("Index Cond: ", 1)[1], plan
        shown = tx.session.scalar(text("SELECT count(*) FROM cases"))
        assert (shown, first.total, first.counts["signed"]) == (CASES, 10_000, 10_000)

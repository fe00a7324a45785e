"""How long a page of the worklist takes at a million cases.

    python bench/worklist.py [--cases 1000000] [--rounds 40]

Fills a PostgreSQL of its own (about two minutes) and asks for pages as the application's role, under row-level
security, with counts, total and the audit event, as a request does; HTTP is not part of it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from uuid import UUID

import psycopg
from table import machine, write_section

from coverslip.cases.status import CaseStatus
from coverslip.cases.worklist import WorklistQuery, list_cases
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.testing.database import PostgresForTests, actor_for, make_organization, make_person
from coverslip.vocabulary.roles import Role

SURNAMES = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
OPEN = (CaseStatus.READY, CaseStatus.IN_READING, CaseStatus.DRAFTED)
PAGES = {
    "newest first": WorklistQuery(),
    "ready": WorklistQuery(statuses=(CaseStatus.READY,)),
    "open": WorklistQuery(statuses=OPEN),
    "signed": WorklistQuery(statuses=(CaseStatus.SIGNED,)),
    "mine": WorklistQuery(assigned="me"),
    "mine, open": WorklistQuery(assigned="me", statuses=OPEN),
    "by priority": WorklistQuery(sort="priority"),
    "by accession number": WorklistQuery(sort="accession_number"),
    "frozen sections": WorklistQuery(priority="frozen"),
    "search: accession number": WorklistQuery(q="2020-012345"),
    "search: running number": WorklistQuery(q="12345"),
    "search: surname": WorklistQuery(q="李"),
    "search: surname and one character": WorklistQuery(q="李一"),
    "search: pinyin": WorklistQuery(q="li x123"),
    "search: nobody": WorklistQuery(q="龘龘"),
}


def fill(url: str, organization: UUID, reader: UUID, cases: int) -> None:
    """Cases of 0.7 times as many patients over 13 years; the newest 3,000 are open, one in 20 is the reader's."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO patients (organization_id, patient_number, name, name_en, sex)"
            " SELECT %s, 'P' || n, substr(%s, 1 + n %% 20, 1) || chr(19968 + n %% 5000) || chr(19968 + n / 7 %% 5000),"
            " 'Li X' || n, 'female' FROM generate_series(1, %s) n",
            [organization, SURNAMES, cases * 7 // 10],
        )
        connection.execute(
            "INSERT INTO cases (organization_id, accession_number, patient_id, status, priority, received_at,"
            " assigned_to_id) SELECT %(org)s, (2010 + n / 70000) || '-' || lpad((n %% 70000)::text, 6, '0'), p.id,"
            " CASE WHEN n > %(n)s - 3000 THEN (ARRAY['awaiting_slides', 'ready', 'in_reading', 'drafted'])[1 + n %% 4]"
            " ELSE 'signed' END,"
            " CASE WHEN n %% 100 = 0 THEN 'frozen' WHEN n %% 20 = 0 THEN 'urgent' ELSE 'routine' END,"
            " now() - (%(n)s - n) * interval '7 minutes', CASE WHEN n %% 20 = 0 THEN %(reader)s::uuid END"
            " FROM generate_series(1, %(n)s) n"
            " JOIN (SELECT id, row_number() OVER () r FROM patients) p ON p.r = 1 + n %% (%(n)s * 7 / 10)",
            {"org": organization, "n": cases, "reader": reader},
        )
        connection.execute("VACUUM ANALYZE")


def measure(database: Database, actor: Actor, query: WorklistQuery, rounds: int) -> tuple[int, list[float]]:
    """The page's total and the milliseconds of each round."""
    taken, total = [], 0
    for _ in range(rounds):
        start = time.perf_counter()
        with database.transaction(actor) as tx:
            total = list_cases(tx, query).total
        taken.append((time.perf_counter() - start) * 1000)
    return total, sorted(taken)


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    server = PostgresForTests()
    server.start()
    try:
        database = server.create()
        hospital = make_organization(database, "QX")
        person = make_person(database, hospital.id, "reader", {Role.HEAD})
        fill(server.superuser_url(database), hospital.id, person.id, given.cases)
        lines = [
            "## Pages of the worklist",
            "",
            f"{machine()}; {given.cases:,} cases in one hospital, under row-level security.",
            "",
        ]
        lines += ["| page | found | median ms | p95 ms |", "|---|---|---|---|"]
        for name, query in PAGES.items():
            total, taken = measure(database, actor_for(person, {Role.HEAD}), query, given.rounds)
            p95 = taken[int(len(taken) * 0.95)]
            lines.append(f"| {name} | {total:,} | {statistics.median(taken):.1f} | {p95:.1f} |")
            print(lines[-1], flush=True)
        lines += ["", "Counts stop at 10,000 (a search's at 1,000). Aim: p95 of at most 50 ms."]
        write_section("worklist", "\n".join(lines))
    finally:
        server.stop()


if __name__ == "__main__":
    main()

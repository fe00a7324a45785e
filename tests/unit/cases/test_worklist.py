from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from coverslip.access.errors import PermissionDenied
from coverslip.cases.detail import open_case
from coverslip.cases.registration import NewPatient
from coverslip.cases.status import CaseEvent, CaseStatus, advance, locked_case
from coverslip.cases.worklist import CaseList, WorklistQuery, list_cases
from coverslip.errors import InvalidInput, NotFound
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Person
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.testing.case_example import (
    RECEIVED,
    finished_reading,
    make_ready,
    new_case,
    registered,
    slide_id,
)
from coverslip.vocabulary.roles import Role

ActorOf = Callable[[Role], Actor]


def worklist(database: Database, actor: Actor, **asked: Any) -> CaseList:
    with database.transaction(actor) as tx:
        return list_cases(tx, WorklistQuery(**asked))


def numbers(found: CaseList) -> list[int]:
    return [int(item.accession_number[5:]) for item in found.items]


@pytest.fixture
def pathologist(actor_of: ActorOf) -> Actor:
    return actor_of(Role.PATHOLOGIST)


@pytest.fixture
def nine_cases(database: Database, actor_of: ActorOf) -> None:
    """Received a minute apart, 4 and 5 at the same moment, with different priorities."""
    for number in range(1, 10):
        minute = 4 if number == 5 else number
        registered(
            database,
            actor_of(Role.TECHNICIAN),
            number,
            priority=("routine", "urgent", "frozen")[number % 3],
            received_at=RECEIVED + timedelta(minutes=minute),
        )


@pytest.mark.parametrize("sort", ["received_at", "accession_number", "priority", "status"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_join_without_gap_or_repetition(
    database: Database, pathologist: Actor, nine_cases: None, sort: str, descending: bool
) -> None:
    whole = numbers(worklist(database, pathologist, sort=sort, descending=descending))
    assert sorted(whole) == list(range(1, 10))
    pages, cursor = [], None
    for _ in range(5):
        page = worklist(database, pathologist, sort=sort, descending=descending, limit=2, cursor=cursor)
        assert page.total == 9
        pages += numbers(page)
        cursor = page.next_cursor
    assert (pages, cursor) == (whole, None)


def test_the_newest_stand_first_and_frozen_sections_on_top_of_the_priorities(
    database: Database, pathologist: Actor, nine_cases: None
) -> None:
    assert numbers(worklist(database, pathologist))[:3] == [9, 8, 7]
    assert numbers(worklist(database, pathologist, sort="priority"))[:4] == [8, 5, 2, 7]


def test_a_case_that_comes_in_between_two_pages_moves_nothing(
    database: Database, actor_of: ActorOf, pathologist: Actor, nine_cases: None
) -> None:
    first = worklist(database, pathologist, limit=4)
    registered(database, actor_of(Role.TECHNICIAN), 10)
    second = worklist(database, pathologist, limit=4, cursor=first.next_cursor)
    assert numbers(first) + numbers(second) == [9, 8, 7, 6, 5, 4, 3, 2]


def test_filters_narrow_down(
    database: Database, actor_of: ActorOf, pathologist: Actor, people: Mapping[Role, Person], nine_cases: None
) -> None:
    with database.transaction(actor_of(Role.HEAD)) as tx:
        ids = {i.accession_number: i.id for i in list_cases(tx, WorklistQuery()).items}
        advance(tx, ids["2026-000001"], CaseEvent.CANCELLED)
        locked_case(tx, ids["2026-000002"]).assigned_to_id = people[Role.PATHOLOGIST].id
        locked_case(tx, ids["2026-000003"]).assigned_to_id = people[Role.RESIDENT].id
    assert numbers(worklist(database, pathologist, statuses=(CaseStatus.CANCELLED,))) == [1]
    both = (CaseStatus.CANCELLED, CaseStatus.AWAITING_SLIDES)
    assert len(numbers(worklist(database, pathologist, statuses=both))) == 9
    assert numbers(worklist(database, pathologist, assigned="me")) == [2]
    assert numbers(worklist(database, pathologist, assigned="none", priority="urgent")) == [7, 4, 1]
    counts = worklist(database, pathologist, priority="frozen").counts
    assert (counts["awaiting_slides"], counts["cancelled"], counts["signed"], set(counts)) == (
        8, 1, 0, {status.value for status in CaseStatus},
    )  # fmt: skip


NAMES = {
    1: ("李秀英", "Li Xiuying"),
    2: ("李娜", "Li Na"),
    3: ("欧阳修文", "Ouyang Xiuwen"),
    4: ("王秀英", "Wang Xiuying"),
    5: ("John Smith", None),
}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("李", [1, 2]), ("李秀英", [1]), ("秀英", [1, 4]), ("修文", [3]), ("欧阳", [3]), ("英", []),
        ("li xiuying", [1]), ("LIXIUYING", [1]), ("xiuying", [1, 4]), ("xiuying li", [1]), ("xiu", [1, 3, 4]),
        ("li", [1, 2]), ("john", [5]), ("smith", []), ("20", [1, 2, 3, 4, 5]), ("2026-000004", [4]),
        ("000003", [3]), ("3", [3]), ("P00000002", [2]), ("p00000002", [2]), ("%", []), ("_", []), ("'", []),
    ],
)  # fmt: skip
def test_a_search_finds_numbers_and_names_from_their_beginning(
    searched: tuple[Database, Actor], typed: str, found: list[int]
) -> None:
    page = worklist(*searched, q=typed, descending=False)
    assert (numbers(page), page.total) == (found, len(found))


@pytest.fixture(scope="module")
def searched(postgres: Any) -> Any:
    """One database for all searches."""
    from coverslip.testing.database import actor_for, make_organization, make_person

    database = postgres.create()
    hospital = make_organization(database, "QX")
    person = make_person(database, hospital.id, "head", {Role.HEAD, Role.TECHNICIAN})
    actor = actor_for(person, {Role.HEAD, Role.TECHNICIAN})
    for number, (name, name_en) in NAMES.items():
        patient = NewPatient(f"P{number:08d}", name, "female", name_en)
        registered(database, actor, number, patient=patient)
    yield database, actor
    postgres.drop(database)


def test_a_search_pages_like_the_list(searched: tuple[Database, Actor]) -> None:
    first = worklist(*searched, q="2026", limit=3)
    second = worklist(*searched, q="2026", limit=3, cursor=first.next_cursor)
    assert numbers(first) + numbers(second) == [5, 4, 3, 2, 1]


def test_a_row_counts_its_slides_and_readings(
    database: Database, actor_of: ActorOf, pathologist: Actor, people: Mapping[Role, Person]
) -> None:
    case = registered(database, actor_of(Role.TECHNICIAN))
    with database.transaction(actor_of(Role.TECHNICIAN)) as tx:
        ihc = make_ready(tx, slide_id(case, "A1-2")).id
        finished_reading(tx, case.id, ihc, people[Role.PATHOLOGIST].id)
        finished_reading(tx, case.id, ihc, people[Role.PATHOLOGIST].id, decision="accepted")
        finished_reading(tx, case.id, ihc, people[Role.PATHOLOGIST].id).status = "running"
    row = worklist(database, pathologist).items[0]
    assert (row.slides_ready, row.slides_total, row.readings_pending, row.readings_running) == (1, 4, 1, 1)
    assert (row.site_zh, row.markers, row.status) == ("左乳腺、腋窝淋巴结", ("ki67",), "ready")


@pytest.mark.parametrize("cursor", ["x", "AAAA", "W10", "WyJyZWNlaXZlZF9hdCIsdHJ1ZSwieCIsInkiXQ", "é", "bnVsbA"])
def test_a_forged_cursor_is_bad_input(database: Database, pathologist: Actor, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        worklist(database, pathologist, cursor=cursor)
    assert refused.value.field == "cursor"


def test_a_cursor_of_another_order_is_bad_input(database: Database, pathologist: Actor, nine_cases: None) -> None:
    cursor = worklist(database, pathologist, limit=2).next_cursor
    for other in ({"sort": "priority"}, {"descending": False}):
        with pytest.raises(InvalidInput):
            worklist(database, pathologist, cursor=cursor, **other)


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_has_a_sensible_size(database: Database, pathologist: Actor, limit: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        worklist(database, pathologist, limit=limit)
    assert refused.value.field == "limit"


def test_who_reads_no_clinical_data_sees_no_worklist(database: Database, actor_of: ActorOf) -> None:
    for role in (Role.ADMINISTRATOR, Role.AUDITOR):
        with pytest.raises(PermissionDenied):
            worklist(database, actor_of(role))


def test_the_audit_trail_says_that_there_was_a_search_and_not_for_whom(
    database: Database, actor_of: ActorOf, pathologist: Actor
) -> None:
    worklist(database, pathologist, q="李秀英")
    with database.transaction(actor_of(Role.HEAD)) as tx:
        details = [e.event.detail for e in list_events(tx, AuditFilter(action="worklist.read"))]
    assert details[0]["searched"] is True
    assert "李秀英" not in str(details)


def test_another_hospital_sees_no_case(
    database: Database, actor_of: ActorOf, two_organizations: tuple[Organization, Organization], make_person: Any
) -> None:
    case = registered(database, actor_of(Role.TECHNICIAN))
    stranger = make_person("stranger", {Role.HEAD}, organization=two_organizations[1])
    actor = Actor(stranger.organization_id, stranger.id, roles=frozenset({Role.HEAD}))
    assert worklist(database, actor).items == ()
    assert worklist(database, actor, q="李").total == 0
    with pytest.raises(NotFound), database.transaction(actor) as tx:
        open_case(tx, case.id)


def test_two_hospitals_may_give_the_same_numbers(
    database: Database, actor_of: ActorOf, two_organizations: tuple[Organization, Organization], make_person: Any
) -> None:
    home = registered(database, actor_of(Role.TECHNICIAN))
    other = make_person("elsewhere", {Role.TECHNICIAN}, organization=two_organizations[1])
    actor = Actor(other.organization_id, other.id, roles=frozenset({Role.TECHNICIAN}))
    there = registered(database, actor, patient=replace(new_case().patient, name="张伟"))
    assert (there.accession_number, there.patient.name) == (home.accession_number, "张伟")

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from uuid import uuid4

import psycopg
import pytest

from coverslip.cases.detail import open_case
from coverslip.cases.errors import IllegalTransition
from coverslip.cases.status import TRANSITIONS, CaseEvent, CaseStatus, advance, allows, locked_case, next_status
from coverslip.errors import NotFound
from coverslip.jobs.progress import CHANNEL, LiveEvent
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Person
from coverslip.testing.case_example import make_ready, registered, slide_id
from coverslip.vocabulary.roles import Role

ActorOf = Callable[[Role], Actor]
S, E = CaseStatus, CaseEvent

LEGAL = {
    S.REGISTERED: {E.SLIDES_EXPECTED: S.AWAITING_SLIDES, E.SLIDE_READY: S.READY, E.CANCELLED: S.CANCELLED},
    S.AWAITING_SLIDES: {E.SLIDES_EXPECTED: S.AWAITING_SLIDES, E.SLIDE_READY: S.READY, E.CANCELLED: S.CANCELLED},
    S.READY: {
        E.SLIDES_EXPECTED: S.READY, E.SLIDE_READY: S.READY, E.READING_BEGUN: S.IN_READING, E.DRAFT_SAVED: S.DRAFTED,
        E.CANCELLED: S.CANCELLED,
    },
    S.IN_READING: {
        E.SLIDES_EXPECTED: S.IN_READING, E.SLIDE_READY: S.IN_READING, E.READING_BEGUN: S.IN_READING,
        E.DRAFT_SAVED: S.DRAFTED, E.CANCELLED: S.CANCELLED,
    },
    S.DRAFTED: {
        E.SLIDES_EXPECTED: S.DRAFTED, E.SLIDE_READY: S.DRAFTED, E.READING_BEGUN: S.DRAFTED, E.DRAFT_SAVED: S.DRAFTED,
        E.REPORT_SIGNED: S.SIGNED, E.CANCELLED: S.CANCELLED,
    },
    S.SIGNED: {E.SLIDES_EXPECTED: S.SIGNED, E.SLIDE_READY: S.SIGNED, E.AMENDMENT_STARTED: S.AMENDING},
    S.AMENDING: {
        E.SLIDES_EXPECTED: S.AMENDING, E.SLIDE_READY: S.AMENDING, E.DRAFT_SAVED: S.AMENDING, E.REPORT_SIGNED: S.SIGNED,
    },
    S.CANCELLED: {E.SLIDE_READY: S.CANCELLED},
}  # fmt: skip


@pytest.mark.parametrize(("status", "event"), list(product(CaseStatus, CaseEvent)))
def test_every_pair_of_state_and_event_is_decided(status: CaseStatus, event: CaseEvent) -> None:
    expected = LEGAL[status].get(event)
    assert allows(status, event) is (expected is not None)
    if expected is not None:
        assert next_status(status, event) is expected
    else:
        with pytest.raises(IllegalTransition):
            next_status(status, event)


def test_every_state_but_cancelled_leads_on_and_every_state_is_reached() -> None:
    leaving = {status for (status, _), after in TRANSITIONS.items() if after is not status}
    reached = {after for (status, _), after in TRANSITIONS.items() if after is not status}
    assert set(CaseStatus) - leaving == {S.CANCELLED}
    assert set(CaseStatus) - reached == {S.REGISTERED}


def test_the_first_ready_slide_makes_the_case_ready(database: Database, actor_of: ActorOf) -> None:
    technician = actor_of(Role.TECHNICIAN)
    case = registered(database, technician)
    with database.transaction(technician) as tx:
        make_ready(tx, slide_id(case, "A1-1"))
        seen = open_case(tx, case.id)
    assert (seen.status, seen.slides_ready, seen.revision) == ("ready", 1, case.revision + 1)
    with database.transaction(technician) as tx:
        make_ready(tx, slide_id(case, "A1-2"))
        assert open_case(tx, case.id).revision == seen.revision


def test_opening_by_the_assigned_reader_begins_the_reading_and_by_nobody_else(
    database: Database, actor_of: ActorOf, people: Mapping[Role, Person]
) -> None:
    technician, pathologist = actor_of(Role.TECHNICIAN), actor_of(Role.PATHOLOGIST)
    case = registered(database, technician)
    with database.transaction(technician) as tx:
        make_ready(tx, slide_id(case, "A1-1"))
    with database.transaction(pathologist) as tx:
        assert open_case(tx, case.id).status == "ready"
    with database.transaction(pathologist) as tx:
        locked_case(tx, case.id).assigned_to_id = people[Role.PATHOLOGIST].id
    with database.transaction(actor_of(Role.SENIOR_PATHOLOGIST)) as tx:
        assert open_case(tx, case.id).status == "ready"
    with database.transaction(pathologist) as tx:
        assert open_case(tx, case.id).status == "in_reading"
    with database.transaction(pathologist) as tx:
        assert open_case(tx, case.id).status == "in_reading"


def test_a_change_of_state_is_told_to_open_pages_when_it_is_committed(
    database: Database, actor_of: ActorOf, organization: Organization
) -> None:
    case = registered(database, actor_of(Role.TECHNICIAN))
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        with database.transaction(actor_of(Role.HEAD)) as tx:
            advance(tx, case.id, E.CANCELLED)
        told = [LiveEvent.from_payload(n.payload) for n in connection.notifies(timeout=5, stop_after=1)]
    assert [(e.type, e.id, e.status, e.organization_id) for e in told] == [
        ("case", case.id, "cancelled", organization.id)
    ]


def test_a_case_that_is_not_there_is_not_found(database: Database, actor_of: ActorOf) -> None:
    with pytest.raises(NotFound), database.transaction(actor_of(Role.HEAD)) as tx:
        advance(tx, uuid4(), E.CANCELLED)

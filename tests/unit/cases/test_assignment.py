from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID, uuid4

import pytest

from coverslip.access.errors import PermissionDenied
from coverslip.cases.assignment import CaseChange, change_case
from coverslip.cases.detail import CaseDetail
from coverslip.cases.errors import AssigneeUnfit, IllegalTransition, StaleRevision
from coverslip.cases.status import CaseEvent, advance
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Person
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.testing.case_example import registered
from coverslip.testing.database import make_person
from coverslip.vocabulary.roles import Role

ActorOf = Callable[[Role], Actor]
People = Mapping[Role, Person]


def change(database: Database, actor: Actor, case_id: UUID, wanted: CaseChange) -> CaseDetail:
    with database.transaction(actor) as tx:
        return change_case(tx, case_id, wanted)


def test_assigning_and_freeing_raise_the_revision_and_are_audited(
    database: Database, actor_of: ActorOf, people: People
) -> None:
    case, reader = registered(database, actor_of(Role.TECHNICIAN)), people[Role.RESIDENT]
    given = change(database, actor_of(Role.HEAD), case.id, CaseChange(case.revision, assigned_to_id=reader.id))
    assert given.assigned_to is not None
    assert (given.assigned_to.id, given.revision) == (reader.id, case.revision + 1)
    freed = change(database, actor_of(Role.HEAD), case.id, CaseChange(given.revision, assigned_to_id=None))
    assert (freed.assigned_to, freed.revision) == (None, given.revision + 1)
    with database.transaction(actor_of(Role.HEAD)) as tx:
        details = [e.event.detail for e in list_events(tx, AuditFilter(case_id=case.id, action="case.assign"))]
    assert details == [{"from": str(reader.id), "to": None}, {"from": None, "to": str(reader.id)}]


def test_a_change_that_changes_nothing_leaves_the_revision(database: Database, actor_of: ActorOf) -> None:
    case = registered(database, actor_of(Role.TECHNICIAN))
    same = change(database, actor_of(Role.HEAD), case.id, CaseChange(case.revision, None, "routine"))
    assert same.revision == case.revision


def test_who_saw_an_older_revision_is_refused(database: Database, actor_of: ActorOf, people: People) -> None:
    case = registered(database, actor_of(Role.TECHNICIAN))
    change(database, actor_of(Role.HEAD), case.id, CaseChange(case.revision, priority="urgent"))
    with pytest.raises(StaleRevision) as refused:
        change(database, actor_of(Role.HEAD), case.id, CaseChange(case.revision, assigned_to_id=people[Role.HEAD].id))
    assert refused.value.parameters["current"] == case.revision + 1


def test_a_technician_sets_the_priority_but_assigns_nobody(
    database: Database, actor_of: ActorOf, people: People
) -> None:
    technician = actor_of(Role.TECHNICIAN)
    case = registered(database, technician)
    urgent = change(database, technician, case.id, CaseChange(case.revision, priority="frozen"))
    assert urgent.priority == "frozen"
    with pytest.raises(PermissionDenied):
        change(database, technician, case.id, CaseChange(urgent.revision, assigned_to_id=people[Role.RESIDENT].id))


def test_a_resident_may_neither(database: Database, actor_of: ActorOf, people: People) -> None:
    case, resident = registered(database, actor_of(Role.TECHNICIAN)), actor_of(Role.RESIDENT)
    for wanted in (CaseChange(case.revision, people[Role.RESIDENT].id), CaseChange(case.revision, priority="urgent")):
        with pytest.raises(PermissionDenied):
            change(database, resident, case.id, wanted)


def test_a_case_goes_only_to_an_active_reader_of_the_hospital(
    database: Database, actor_of: ActorOf, people: People, two_organizations: tuple[Organization, Organization]
) -> None:
    home, elsewhere = two_organizations
    case = registered(database, actor_of(Role.TECHNICIAN))
    unfit = [
        people[Role.TECHNICIAN].id,
        people[Role.ADMINISTRATOR].id,
        make_person(database, elsewhere.id, "expert.elsewhere", {Role.EXPERT}).id,
        make_person(database, home.id, "gone", {Role.PATHOLOGIST}, active=False).id,
        uuid4(),
    ]
    for person_id in unfit:
        with pytest.raises(AssigneeUnfit):
            change(database, actor_of(Role.HEAD), case.id, CaseChange(case.revision, assigned_to_id=person_id))


def test_a_closed_case_is_not_assigned(database: Database, actor_of: ActorOf, people: People) -> None:
    case = registered(database, actor_of(Role.TECHNICIAN))
    with database.transaction(actor_of(Role.HEAD)) as tx:
        closed = advance(tx, case.id, CaseEvent.CANCELLED)
    with pytest.raises(IllegalTransition):
        change(database, actor_of(Role.HEAD), case.id, CaseChange(closed.revision, assigned_to_id=people[Role.HEAD].id))

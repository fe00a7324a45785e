"""The people of the own organization."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from coverslip.access import people
from coverslip.server.call import Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.person import (
    CreatedPerson,
    GeneratedPassword,
    Person,
    PersonChange,
    PersonList,
    PersonRegistration,
)
from coverslip.server.views import person as views

router = APIRouter(prefix="/people", tags=["people"], route_class=GuardedRoute)


@router.get("")
def list_people(call: Caller) -> PersonList:
    """Everyone of the own organization."""
    with call.transaction() as tx:
        return PersonList(items=[views.person(row) for row in people.list_people(tx)])


@router.post("", status_code=201)
def create_person(given: PersonRegistration, call: Caller) -> CreatedPerson:
    """Add a person; the first password is shown once, and has to be changed at the first sign-in."""
    with call.transaction() as tx:
        made = people.create_person(
            tx,
            username=given.username,
            name=given.name,
            roles=given.roles,
            name_en=given.name_en,
            title=given.title,
            email=given.email,
            locale=given.locale,
        )
        return CreatedPerson(**dict(views.person(made.person)), password=made.password)


@router.patch("/{person_id}")
def change_person(person_id: UUID, given: PersonChange, call: Caller) -> Person:
    """Change name, title, roles, or whether the person may sign in."""
    fields = given.model_dump(exclude_none=True)
    if given.roles is not None:
        fields["roles"] = frozenset(given.roles)
    with call.transaction() as tx:
        return views.person(people.change_person(tx, person_id, people.PersonChange(**fields)))


@router.post("/{person_id}/password")
def reset_password(person_id: UUID, call: Caller) -> GeneratedPassword:
    """Give the person a new password, shown once, to be changed at the next sign-in."""
    with call.transaction() as tx:
        return GeneratedPassword(password=people.reset_password(tx, person_id))

"""People of an organization: who may manage them, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import uuid4

import pytest

from coverslip.access import people as service
from coverslip.access import session
from coverslip.access.errors import (
    LastAdministrator,
    LoginFailed,
    PasswordTooWeak,
    PasswordUnchanged,
    PasswordWrong,
    PermissionDenied,
    UsernameTaken,
)
from coverslip.access.people import PersonChange
from coverslip.errors import InvalidInput, NotFound
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Person
from coverslip.testing.database import PASSWORD, make_person
from coverslip.vocabulary.roles import Role

ActorOf = Callable[[Role], Actor]


def test_a_new_person_signs_in_with_the_generated_password_and_must_change_it(
    database: Database, actor_of: ActorOf
) -> None:
    with database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
        made = service.create_person(tx, username="Li.Na", name="李娜", roles={Role.RESIDENT, Role.TECHNICIAN})
    signed_in = session.sign_in(database, "li.na", made.password, None, None)
    assert signed_in.must_change_password
    assert signed_in.actor.roles == {Role.RESIDENT, Role.TECHNICIAN}
    service.change_own_password(database, signed_in.actor, made.password, "seven green herons at dusk")
    assert not session.sign_in(database, "li.na", "seven green herons at dusk", None, None).must_change_password
    with pytest.raises(LoginFailed):
        session.sign_in(database, "li.na", made.password, None, None)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_an_administrator_manages_people(database: Database, actor_of: ActorOf, role: Role) -> None:
    with pytest.raises(PermissionDenied), database.transaction(actor_of(role)) as tx:
        service.create_person(tx, username="li.na", name="李娜", roles={Role.RESIDENT})


def test_a_username_is_taken_in_every_organization(
    database: Database, actor_of: ActorOf, two_organizations: tuple[Organization, Organization]
) -> None:
    make_person(database, two_organizations[1].id, "li.na", {Role.EXPERT})
    with pytest.raises(UsernameTaken), database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
        service.create_person(tx, username="LI.NA", name="李娜", roles={Role.RESIDENT})


def test_a_person_of_another_organization_is_not_found(
    database: Database, actor_of: ActorOf, two_organizations: tuple[Organization, Organization]
) -> None:
    stranger = make_person(database, two_organizations[1].id, "stranger", {Role.EXPERT})
    for person_id in (stranger.id, uuid4()):
        with pytest.raises(NotFound), database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
            service.change_person(tx, person_id, PersonChange(active=False))
    with database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
        assert "stranger" not in [person.username for person in service.list_people(tx)]


@pytest.mark.parametrize(
    "change", [PersonChange(active=False), PersonChange(roles=frozenset({Role.AUDITOR}))], ids=["closed", "other roles"]
)
def test_closing_an_account_or_changing_roles_ends_its_sessions(
    database: Database, people: Mapping[Role, Person], actor_of: ActorOf, change: PersonChange
) -> None:
    token = session.sign_in(database, "resident", PASSWORD, None, None).token
    with database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
        service.change_person(tx, people[Role.RESIDENT].id, change)
    assert session.resolve(database, token) is None


def test_a_change_of_name_ends_no_session(database: Database, people: Mapping[Role, Person], actor_of: ActorOf) -> None:
    token = session.sign_in(database, "resident", PASSWORD, None, None).token
    with database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
        changed = service.change_person(tx, people[Role.RESIDENT].id, PersonChange(name="陈静", title="住院医师"))
    assert (changed.name, changed.title) == ("陈静", "住院医师")
    assert session.resolve(database, token) is not None


def test_the_last_administrator_stays(database: Database, people: Mapping[Role, Person], actor_of: ActorOf) -> None:
    last = people[Role.ADMINISTRATOR].id
    for change in (PersonChange(active=False), PersonChange(roles=frozenset({Role.RESIDENT}))):
        with pytest.raises(LastAdministrator), database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
            service.change_person(tx, last, change)


def test_an_administrator_gives_a_new_password_which_ends_the_sessions(
    database: Database, people: Mapping[Role, Person], actor_of: ActorOf
) -> None:
    token = session.sign_in(database, "resident", PASSWORD, None, None).token
    with database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
        secret = service.reset_password(tx, people[Role.RESIDENT].id)
    assert session.resolve(database, token) is None
    assert session.sign_in(database, "resident", secret, None, None).must_change_password


def test_changing_the_own_password_keeps_this_session_and_ends_the_others(
    database: Database, people: Mapping[Role, Person]
) -> None:
    here = session.sign_in(database, "resident", PASSWORD, None, None)
    elsewhere = session.sign_in(database, "resident", PASSWORD, None, None)
    with pytest.raises(PasswordWrong):
        service.change_own_password(database, here.actor, "not my password", "seven green herons at dusk")
    with pytest.raises(PasswordUnchanged):
        service.change_own_password(database, here.actor, PASSWORD, PASSWORD)
    with pytest.raises(PasswordTooWeak):
        service.change_own_password(database, here.actor, PASSWORD, "short")
    service.change_own_password(database, here.actor, PASSWORD, "seven green herons at dusk")
    assert session.resolve(database, here.token) is not None
    assert session.resolve(database, elsewhere.token) is None


@pytest.mark.parametrize(
    ("username", "name", "roles"),
    [
        ("x", "李娜", {Role.RESIDENT}),
        ("li na", "李娜", {Role.RESIDENT}),
        ("li.na", " ", {Role.RESIDENT}),
        ("li.na", "李娜", set()),
    ],
)
def test_incomplete_people_are_refused(
    database: Database, actor_of: ActorOf, username: str, name: str, roles: set[Role]
) -> None:
    with pytest.raises(InvalidInput), database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
        service.create_person(tx, username=username, name=name, roles=roles)

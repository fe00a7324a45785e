"""The people of an organization: made, given roles, closed, given a new password."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from coverslip.access import audit, password
from coverslip.access.errors import LastAdministrator, PasswordUnchanged, UsernameTaken
from coverslip.access.permission import Permission, require
from coverslip.access.session import check_password, normal_username
from coverslip.errors import InvalidInput, NotFound
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Person
from coverslip.records.queries import person as people
from coverslip.records.queries import session as sessions
from coverslip.records.transaction import Transaction
from coverslip.vocabulary.roles import Role

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What to change of a person; None leaves a field as it is."""

    name: str | None = None
    name_en: str | None = None
    title: str | None = None
    email: str | None = None
    locale: Literal["zh-CN", "en"] | None = None
    roles: frozenset[Role] | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person just made, and the password to tell them; it is kept nowhere."""

    person: Person
    password: str


def list_people(tx: Transaction) -> list[Person]:
    """Everyone of the actor's organization, roles and organization loaded."""
    require(tx.actor, Permission.PEOPLE_READ)
    audit.record(tx, "people.read", object_type="organization", object_id=tx.organization_id)
    return people.list_people(tx)


def create_person(
    tx: Transaction,
    *,
    username: str,
    name: str,
    roles: Iterable[Role],
    name_en: str = "",
    title: str = "",
    email: str | None = None,
    locale: Literal["zh-CN", "en"] = "zh-CN",
    chosen_password: str | None = None,
    must_change: bool = True,
) -> NewPerson:
    """Make a person with a generated password that has to be changed at the first sign-in.

    Raises `PermissionDenied`, `InvalidInput`, `UsernameTaken`, `PasswordTooWeak`.
    """
    require(tx.actor, Permission.PEOPLE_MANAGE)
    username = normal_username(username)
    if not _USERNAME.fullmatch(username):
        raise InvalidInput(field="username", problem="username_letters", value=username)
    if not name.strip():
        raise InvalidInput(field="name", problem="required")
    wanted = frozenset(roles)
    if not wanted:
        raise InvalidInput(field="roles", problem="required")
    if people.account(tx, username) is not None:
        raise UsernameTaken(field="username", username=username)
    if chosen_password is not None:
        password.require_strong(chosen_password, username=username, name=name)
    secret = chosen_password or password.generated()
    row = tx.add(
        Person(
            username=username,
            name=name.strip(),
            name_en=name_en.strip(),
            title=title.strip(),
            email=(email or "").strip() or None,
            locale=locale,
            password_hash=password.hashed(secret),
            must_change_password=must_change,
        )
    )
    people.set_roles(tx, row.id, wanted)
    audit.record(
        tx,
        "person.create",
        object_type="person",
        object_id=row.id,
        detail={"username": username, "roles": sorted(wanted)},
    )
    return NewPerson(_existing(tx, row.id), secret)


def change_person(tx: Transaction, person_id: UUID, change: PersonChange) -> Person:
    """Change a person; closing an account ends its sessions at once, and so does a change of roles.

    Raises `PermissionDenied`, `NotFound`, `InvalidInput`, `LastAdministrator`.
    """
    require(tx.actor, Permission.PEOPLE_MANAGE)
    row = _existing(tx, person_id)
    held = frozenset(Role(role.role) for role in row.roles)
    roles = held if change.roles is None else change.roles
    active = row.active if change.active is None else change.active
    if not roles:
        raise InvalidInput(field="roles", problem="required")
    was_administrator = row.active and Role.ADMINISTRATOR in held
    if was_administrator and not (active and Role.ADMINISTRATOR in roles):
        people.lock_administrators(tx)
        if people.count_active(tx, Role.ADMINISTRATOR, besides=row.id) == 0:
            raise LastAdministrator
    changed = _apply(row, change)
    if roles != held:
        people.set_roles(tx, row.id, roles)
        changed["roles"] = sorted(roles)
    if roles != held or (row.active and not active):
        sessions.revoke_all(tx, row.id, besides=tx.actor.session_id if active else None)
    if row.active != active:
        row.active = active
        changed["active"] = active
    tx.flush()
    audit.record(tx, "person.change", object_type="person", object_id=row.id, detail=changed)
    return _existing(tx, person_id)


def reset_password(tx: Transaction, person_id: UUID) -> str:
    """Give a person a generated password to be changed at the next sign-in; ends their sessions."""
    require(tx.actor, Permission.PEOPLE_MANAGE)
    row = _existing(tx, person_id)
    secret = password.generated()
    row.password_hash = password.hashed(secret)
    row.must_change_password = True
    sessions.revoke_all(tx, row.id)
    audit.record(tx, "person.reset_password", object_type="person", object_id=row.id)
    return secret


def change_own_password(database: Database, actor: Actor, current: str, new: str) -> None:
    """Replace the signed-in person's password; their other sessions end.

    Raises `PasswordWrong`, `PasswordTooWeak`, `LoginThrottled`.
    """
    check_password(database, actor, current)
    assert actor.person_id is not None
    with database.transaction(actor) as tx:
        row = _existing(tx, actor.person_id)
        password.require_strong(new, username=row.username, name=row.name)
        if password.matches(row.password_hash, new):
            raise PasswordUnchanged(field="password")
        row.password_hash = password.hashed(new)
        row.must_change_password = False
        sessions.revoke_all(tx, row.id, besides=actor.session_id)
        audit.record(tx, "person.change_password", object_type="person", object_id=row.id)


def _existing(tx: Transaction, person_id: UUID) -> Person:
    row = people.person(tx, person_id)
    if row is None:
        raise NotFound(field="person")
    return row


def _apply(row: Person, change: PersonChange) -> dict[str, Any]:
    """Set the plain fields; returns what changed, names left out: the audit trail holds ids."""
    changed: dict[str, Any] = {}
    for field in ("name", "name_en", "title", "email", "locale"):
        value = getattr(change, field)
        if value is None or value == getattr(row, field):
            continue
        if field == "name" and not value.strip():
            raise InvalidInput(field="name", problem="required")
        setattr(row, field, value.strip() or None if field == "email" else value.strip())
        changed.setdefault("fields", []).append(field)
    return changed

"""People of the transaction's organization, with roles and organization loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import joinedload, selectinload

from coverslip.records.models import Person, PersonRole
from coverslip.records.transaction import Transaction
from coverslip.vocabulary.roles import Role

_LOADED = (selectinload(Person.roles), joinedload(Person.organization))


@dataclass(frozen=True, slots=True)
class Account:
    """What signing in needs to know before any organization is known."""

    person_id: UUID
    organization_id: UUID
    password_hash: str
    active: bool


def list_people(tx: Transaction) -> list[Person]:
    """Everyone of the organization, by username."""
    return list(tx.session.scalars(select(Person).options(*_LOADED).order_by(Person.username)))


def person(tx: Transaction, person_id: UUID) -> Person | None:
    """One person of the organization; freshly read."""
    return tx.session.scalar(
        select(Person).options(*_LOADED).where(Person.id == person_id).execution_options(populate_existing=True)
    )


def person_by_username(tx: Transaction, username: str) -> Person | None:
    """One person of the organization by username."""
    return tx.session.scalar(select(Person).options(*_LOADED).where(Person.username == username))


def set_roles(tx: Transaction, person_id: UUID, roles: Iterable[Role]) -> None:
    """Replace a person's roles."""
    tx.session.execute(delete(PersonRole).where(PersonRole.person_id == person_id))
    for role in sorted(set(roles)):
        tx.session.add(PersonRole(organization_id=tx.organization_id, person_id=person_id, role=role.value))
    tx.session.flush()


def lock_administrators(tx: Transaction) -> None:
    """Let changes of administrators come one after another, so that two cannot take each other's role away."""
    tx.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 2))"), {"key": f"administrators:{tx.organization_id}"}
    )


def count_active(tx: Transaction, role: Role, *, besides: UUID) -> int:
    """How many active people hold a role, one person left out."""
    query = (
        select(func.count())
        .select_from(PersonRole)
        .join(Person, Person.id == PersonRole.person_id)
        .where(PersonRole.role == role.value, Person.active, Person.id != besides)
    )
    return tx.session.scalar(query) or 0


def account(tx: Transaction, username: str) -> Account | None:
    """The account behind a username in any organization, through the database's own narrow function."""
    row = tx.session.execute(
        text("SELECT person_id, organization_id, password_hash, active FROM coverslip_sign_in_lookup(:username)"),
        {"username": username},
    ).one_or_none()
    return None if row is None else Account(*row)

"""Who is signed in."""

from __future__ import annotations

from dataclasses import dataclass

from coverslip.access.permission import Permission, permissions_of
from coverslip.records.actor import Actor
from coverslip.records.models import Person


@dataclass(frozen=True, slots=True)
class Identity:
    """A session that holds: the actor for transactions, the person with roles and organization loaded."""

    actor: Actor
    person: Person
    csrf_token: str

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the person may do."""
        return permissions_of(self.actor.roles)

    @property
    def must_change_password(self) -> bool:
        """Whether the person has to choose an own password before anything else."""
        return self.person.must_change_password


@dataclass(frozen=True, slots=True)
class SignedIn(Identity):
    """A session just begun; the token goes into the cookie and is kept nowhere."""

    token: str

"""Who acts: the person, session, address and organization that a transaction stands for."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from coverslip.vocabulary.roles import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """The one in whose name records are read and written.

    `organization_id` decides which rows the database shows at all; None shows no row of any hospital.
    """

    organization_id: UUID | None
    person_id: UUID | None = None
    session_id: UUID | None = None
    address: str | None = None
    roles: frozenset[Role] = frozenset()
    is_system: bool = False

    @classmethod
    def system(cls, organization_id: UUID) -> Actor:
        """Coverslip itself at work for one organization: a job, the watch folder, the command line."""
        return cls(organization_id=organization_id, is_system=True)

    @classmethod
    def nobody(cls, address: str | None = None) -> Actor:
        """Someone who has not signed in; sees the directory of organizations and nothing else."""
        return cls(organization_id=None, address=address)

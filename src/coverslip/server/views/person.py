"""People as the API shows them."""

from __future__ import annotations

from coverslip import __version__
from coverslip.access.identity import Identity
from coverslip.records import models
from coverslip.server.schemas.person import Organization, Person
from coverslip.server.schemas.session import Me
from coverslip.vocabulary.roles import Role


def person(row: models.Person) -> Person:
    """A person with roles and organization, both loaded."""
    return Person(
        id=row.id,
        username=row.username,
        name=row.name,
        name_en=row.name_en or None,
        title=row.title or None,
        email=row.email,
        roles=[Role(held.role) for held in row.roles],
        locale="en" if row.locale == "en" else "zh-CN",
        active=row.active,
        organization=Organization.model_validate(row.organization),
    )


def me(identity: Identity, *, demo: bool) -> Me:
    """The signed-in person and what they may do."""
    return Me(
        person=person(identity.person),
        permissions=sorted(identity.permissions),
        csrf_token=identity.csrf_token,
        must_change_password=identity.must_change_password,
        version=__version__,
        demo=demo,
    )

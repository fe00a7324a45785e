"""Organizations: made on the command line, by whoever runs the installation."""

from __future__ import annotations

import re
from uuid import UUID

from coverslip.access import audit
from coverslip.access.errors import OrganizationCodeTaken
from coverslip.errors import InvalidInput
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization
from coverslip.records.models.organization import ORGANIZATION_KINDS
from coverslip.records.queries import organization as organizations

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


def create_organization(database: Database, *, code: str, name_zh: str, name_en: str, kind: str) -> Organization:
    """Make an organization; raises `InvalidInput`, `OrganizationCodeTaken`."""
    if not _CODE.fullmatch(code):
        raise InvalidInput(field="code", problem="code_letters", value=code)
    if kind not in ORGANIZATION_KINDS:
        raise InvalidInput(field="kind", problem="not_one_of", value=kind, allowed=", ".join(ORGANIZATION_KINDS))
    if not name_zh.strip() or not name_en.strip():
        raise InvalidInput(field="name_zh" if not name_zh.strip() else "name_en", problem="required")
    with database.transaction(Actor.nobody()) as tx:
        if organizations.organization_by_code(tx, code) is not None:
            raise OrganizationCodeTaken(field="code", organization=code)
        made = tx.add(Organization(code=code, name_zh=name_zh.strip(), name_en=name_en.strip(), kind=kind))
    with database.transaction(Actor.system(made.id)) as tx:
        audit.record(tx, "organization.create", object_type="organization", object_id=made.id, detail={"code": code})
    return made


def list_organizations(database: Database) -> list[Organization]:
    """Every organization, by code."""
    with database.transaction(Actor.nobody()) as tx:
        return organizations.all_organizations(tx)


def find_organization(database: Database, code: str) -> UUID:
    """Id of the organization with that code; raises `InvalidInput`."""
    with database.transaction(Actor.nobody()) as tx:
        found = organizations.organization_by_code(tx, code)
    if found is None:
        raise InvalidInput(field="organization", problem="organization_unknown", value=code)
    return found.id

"""Who may do what: one table of roles and permissions, denied by default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from coverslip.access.errors import PermissionDenied
from coverslip.records.actor import Actor
from coverslip.vocabulary.roles import Role


class Permission(StrEnum):
    """Something a role allows."""

    WORKLIST_READ = "worklist.read"
    CASE_READ = "case.read"
    CASE_REGISTER = "case.register"
    CASE_ASSIGN = "case.assign"
    SLIDE_READ = "slide.read"
    SLIDE_INGEST = "slide.ingest"
    SLIDE_MATCH = "slide.match"
    READING_START = "reading.start"
    READING_REVIEW = "reading.review"
    ANNOTATION_WRITE = "annotation.write"
    REPORT_WRITE = "report.write"
    REPORT_SIGN = "report.sign"
    REPORT_AMEND = "report.amend"
    REPORT_READ = "report.read"
    AUDIT_READ = "audit.read"
    AUDIT_CASE = "audit.case"
    PEOPLE_MANAGE = "people.manage"
    PEOPLE_READ = "people.read"
    STORAGE_READ = "storage.read"
    STORAGE_MANAGE = "storage.manage"
    STORAGE_HOLD = "storage.hold"
    STORAGE_REMOVE = "storage.remove"
    INTAKE_MANAGE = "intake.manage"


_P = Permission
_TECHNICIAN = frozenset(
    {
        _P.WORKLIST_READ, _P.CASE_READ, _P.CASE_REGISTER, _P.SLIDE_READ, _P.SLIDE_INGEST, _P.SLIDE_MATCH,
        _P.PEOPLE_READ,
    }
)  # fmt: skip
_RESIDENT = frozenset(
    {
        _P.WORKLIST_READ, _P.CASE_READ, _P.SLIDE_READ, _P.READING_START, _P.ANNOTATION_WRITE, _P.REPORT_WRITE,
        _P.REPORT_READ, _P.PEOPLE_READ,
    }
)  # fmt: skip
_PATHOLOGIST = _RESIDENT | {_P.READING_REVIEW, _P.REPORT_SIGN, _P.REPORT_AMEND, _P.CASE_ASSIGN, _P.AUDIT_CASE}

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.TECHNICIAN: _TECHNICIAN,
        Role.RESIDENT: _RESIDENT,
        Role.PATHOLOGIST: _PATHOLOGIST,
        Role.SENIOR_PATHOLOGIST: _PATHOLOGIST,
        Role.EXPERT: _PATHOLOGIST,
        Role.HEAD: _PATHOLOGIST | {_P.AUDIT_READ, _P.STORAGE_READ, _P.STORAGE_HOLD, _P.STORAGE_REMOVE},
        Role.ADMINISTRATOR: frozenset(
            {_P.PEOPLE_MANAGE, _P.PEOPLE_READ, _P.INTAKE_MANAGE, _P.STORAGE_READ, _P.STORAGE_MANAGE}
        ),
        Role.AUDITOR: frozenset({_P.AUDIT_READ, _P.AUDIT_CASE, _P.STORAGE_READ}),
    }
)


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that these roles allow together."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))


def may(actor: Actor, permission: Permission) -> bool:
    """Whether the actor may; Coverslip's own jobs may everything within their organization."""
    if actor.organization_id is None:
        return False
    return actor.is_system or permission in permissions_of(actor.roles)


def require(actor: Actor, permission: Permission) -> None:
    """Raise `PermissionDenied` unless the actor may."""
    if not may(actor, permission):
        raise PermissionDenied(permission=permission.value)

"""The table of roles and permissions, as the brief of the product states it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from coverslip.access.errors import PermissionDenied
from coverslip.access.permission import ROLE_PERMISSIONS, Permission, may, permissions_of, require
from coverslip.records.actor import Actor
from coverslip.vocabulary.roles import Role

CLINICAL = {p for p in Permission if p.value.split(".")[0] in {"worklist", "case", "slide", "reading", "report"}}


def _actor(*roles: Role) -> Actor:
    return Actor(uuid4(), uuid4(), roles=frozenset(roles))


def test_every_role_stands_in_the_table() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)


def test_every_permission_is_held_by_some_role() -> None:
    assert permissions_of(Role) == set(Permission)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_administrators_and_auditors_see_no_clinical_data(role: Role) -> None:
    assert ROLE_PERMISSIONS[role] & CLINICAL == set()


@pytest.mark.parametrize("role", list(Role))
def test_only_pathologists_sign_and_review(role: Role) -> None:
    signing = {Role.PATHOLOGIST, Role.SENIOR_PATHOLOGIST, Role.EXPERT, Role.HEAD}
    for permission in (Permission.REPORT_SIGN, Permission.REPORT_AMEND, Permission.READING_REVIEW):
        assert may(_actor(role), permission) == (role in signing)


def test_several_roles_add_up() -> None:
    both = _actor(Role.TECHNICIAN, Role.AUDITOR)
    require(both, Permission.SLIDE_INGEST)
    require(both, Permission.AUDIT_READ)


def test_what_is_not_granted_is_denied() -> None:
    with pytest.raises(PermissionDenied) as refused:
        require(_actor(Role.RESIDENT), Permission.REPORT_SIGN)
    assert "report.sign" in refused.value.message("en")
    assert not any(may(_actor(), permission) for permission in Permission)


def test_nobody_may_anything_without_an_organization() -> None:
    assert not any(may(Actor.nobody(), permission) for permission in Permission)


def test_coverslips_own_jobs_may_everything_in_their_organization() -> None:
    assert all(may(Actor.system(uuid4()), permission) for permission in Permission)

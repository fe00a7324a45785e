"""The directory of organizations."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from coverslip.records.models import Organization
from coverslip.records.transaction import Transaction


def all_organizations(tx: Transaction) -> list[Organization]:
    """Every organization of the installation, by code."""
    return list(tx.session.scalars(select(Organization).order_by(Organization.code)))


def organization(tx: Transaction, organization_id: UUID) -> Organization | None:
    """One organization by id."""
    return tx.session.get(Organization, organization_id)


def organization_by_code(tx: Transaction, code: str) -> Organization | None:
    """One organization by its code."""
    return tx.session.scalar(select(Organization).where(Organization.code == code))

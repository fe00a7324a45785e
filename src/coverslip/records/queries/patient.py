"""Patients of the transaction's organization."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from coverslip.records.models import Patient
from coverslip.records.transaction import Transaction


def patient(tx: Transaction, patient_id: UUID) -> Patient | None:
    """One patient by id."""
    return tx.session.get(Patient, patient_id)


def patient_by_number(tx: Transaction, patient_number: str) -> Patient | None:
    """One patient by the hospital's number, large letters or small, locked until the transaction ends."""
    query = (
        select(Patient)
        .where(Patient.patient_number_key == func.lower(patient_number))
        .order_by((Patient.patient_number == patient_number).desc(), Patient.id)
    )
    return tx.session.scalar(query.limit(1).with_for_update())


def add_patient(
    tx: Transaction, *, patient_number: str, name: str, name_en: str | None, sex: str, birth_date: date | None
) -> Patient:
    """Insert a patient."""
    return tx.add(
        Patient(
            organization_id=tx.organization_id,
            patient_number=patient_number,
            name=name,
            name_en=name_en,
            sex=sex,
            birth_date=birth_date,
        )
    )

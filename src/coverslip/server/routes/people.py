"""The people of the own organization."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from coverslip.server.schemas.person import GeneratedPassword, Person, PersonChange, PersonList, PersonRegistration

router = APIRouter(prefix="/people", tags=["people"])


@router.get("")
def list_people() -> PersonList:
    """Everyone of the own organization."""
    raise NotImplementedError


@router.post("", status_code=201)
def create_person(given: PersonRegistration) -> Person:
    """Add a person."""
    raise NotImplementedError


@router.patch("/{person_id}")
def change_person(person_id: UUID, given: PersonChange) -> Person:
    """Change name, title, roles, or whether the person may sign in."""
    raise NotImplementedError


@router.post("/{person_id}/password")
def reset_password(person_id: UUID) -> GeneratedPassword:
    """Give the person a new password, shown once, to be changed at the next sign-in."""
    raise NotImplementedError

"""People and their organization."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from coverslip.server.schemas.common import Given, Locale, Shown
from coverslip.vocabulary.roles import Role

Name = Annotated[str, Field(min_length=1, max_length=200)]
Extra = Annotated[str, Field(max_length=200)]
Email = Annotated[str, Field(max_length=254, pattern=r"^$|^[^@\s]+@[^@\s]+$")]
"""Empty: none."""
Username = Annotated[str, Field(min_length=2, max_length=64, pattern=r"^[a-z0-9][a-z0-9._@-]*$")]
Roles = Annotated[list[Role], Field(min_length=1, max_length=len(Role))]


class Organization(Shown):
    """A hospital."""

    id: UUID
    code: str
    name_zh: str
    name_en: str


class Person(Shown):
    """A person who can sign in."""

    id: UUID
    username: str
    name: str
    name_en: str | None
    title: str | None
    email: str | None
    roles: list[Role]
    locale: Locale
    active: bool
    organization: Organization


class CreatedPerson(Person):
    """A person just added, and the first password: shown once, to be changed at the first sign-in."""

    password: str


class PersonList(Shown):
    """The people of the own organization."""

    items: list[Person]


class PersonRegistration(Given):
    """A new person; the server makes up the first password."""

    username: Username
    name: Name
    name_en: Extra = ""
    title: Extra = ""
    email: Email | None = None
    roles: Roles
    locale: Locale = "zh-CN"


class PersonChange(Given):
    """What shall change; a field that is absent stays as it is, an empty `name_en`, `title` or `email` is cleared."""

    name: Name | None = None
    name_en: Extra | None = None
    title: Extra | None = None
    email: Email | None = None
    roles: Roles | None = None
    locale: Locale | None = None
    active: bool | None = None


class GeneratedPassword(Shown):
    """A password that is shown once and must be changed at the next sign-in."""

    password: str

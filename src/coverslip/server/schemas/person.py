"""People and their organization."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from coverslip.server.schemas.common import Given, Locale, Shown
from coverslip.vocabulary.roles import Role

Name = Annotated[str, Field(min_length=1, max_length=200)]
Username = Annotated[str, Field(min_length=2, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Roles = Annotated[list[Role], Field(max_length=len(Role))]


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


class PersonList(Shown):
    """The people of the own organization."""

    items: list[Person]


class PersonRegistration(Given):
    """A new person; a first password is set by `POST /people/{id}/password`."""

    username: Username
    name: Name
    name_en: Name | None = None
    title: Name | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    roles: Roles
    locale: Locale = "zh-CN"


class PersonChange(Given):
    """What shall change; a field that is absent stays as it is."""

    name: Name | None = None
    name_en: Name | None = None
    title: Name | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    roles: Roles | None = None
    locale: Locale | None = None
    active: bool | None = None


class GeneratedPassword(Shown):
    """A password that is shown once and must be changed at the next sign-in."""

    password: str

"""Signing in, and who is signed in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from coverslip.server.schemas.common import Given, GivenAsTyped, Locale, Password, Shown
from coverslip.server.schemas.person import Person


class SignIn(GivenAsTyped):
    """Name and password. The password is taken as typed: its spaces count."""

    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Password


class SessionChange(Given):
    """The language of the signed-in person."""

    locale: Locale


class PasswordChange(GivenAsTyped):
    """The password in use and the one that shall follow."""

    current: Password
    new: Password


class Me(Shown):
    """The signed-in person, what they may do, and the token that unsafe requests carry in `X-CSRF-Token`."""

    person: Person
    permissions: list[str]
    csrf_token: str
    must_change_password: bool
    version: str
    demo: bool

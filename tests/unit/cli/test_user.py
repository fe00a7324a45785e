"""`coverslip user`: the first people of an installation."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from coverslip.access import session
from coverslip.access.errors import LastAdministrator, LoginFailed, OrganizationCodeTaken, UsernameTaken
from coverslip.cli import user
from coverslip.errors import CoverslipError, InvalidInput, NotFound
from coverslip.records.database import Database
from coverslip.settings import settings


@pytest.fixture
def installation(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    assert database.owner_url is not None
    monkeypatch.setenv("COVERSLIP_DATABASE_URL", database.owner_url)
    monkeypatch.setenv("COVERSLIP_APPLICATION_DATABASE_URL", database.url)
    settings.cache_clear()
    yield database
    settings.cache_clear()


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(user.command, list(arguments))


def _done(*arguments: str) -> str:
    result = _run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def _refused(*arguments: str) -> CoverslipError:
    error = _run(*arguments).exception
    assert isinstance(error, CoverslipError)
    return error


@pytest.fixture
def hospital(installation: Database) -> Database:
    _done("organization", "QH", "--name-zh", "清河县人民医院", "--name-en", "Qinghe County People's Hospital")
    return installation


def _create(username: str = "chen.jing", role: str = "administrator") -> str:
    printed = _done("create", username, "--organization", "QH", "--name", "陈静", "--role", role, "--json")
    secret: str = json.loads(printed)["password"]
    return secret


def test_the_first_administrator_signs_in_with_the_printed_password(hospital: Database) -> None:
    signed_in = session.sign_in(hospital, "chen.jing", _create(), None, None)
    assert signed_in.must_change_password
    assert [role.role for role in signed_in.person.roles] == ["administrator"]


def test_a_new_password_replaces_the_old(hospital: Database) -> None:
    old = _create()
    new = json.loads(_done("password", "Chen.Jing", "--json"))["password"]
    with pytest.raises(LoginFailed):
        session.sign_in(hospital, "chen.jing", old, None, None)
    session.sign_in(hospital, "chen.jing", new, None, None)


def test_an_account_is_closed_and_opened_again(hospital: Database) -> None:
    secret = _create("wang.wu", "resident")
    _done("change", "wang.wu", "--closed")
    with pytest.raises(LoginFailed):
        session.sign_in(hospital, "wang.wu", secret, None, None)
    _done("change", "wang.wu", "--active", "--role", "pathologist", "--role", "head")
    assert len(session.sign_in(hospital, "wang.wu", secret, None, None).actor.roles) == 2


def test_people_are_listed(hospital: Database) -> None:
    _create()
    (listed,) = json.loads(_done("list", "--json"))
    assert listed["code"] == "QH"
    assert listed["people"] == [
        {"username": "chen.jing", "name": "陈静", "name_en": "", "roles": ["administrator"], "active": True}
    ]
    assert "陈静" in _done("list")


def test_what_cannot_be_is_refused(hospital: Database) -> None:
    _create()
    names = ("--name-zh", "甲", "--name-en", "A")
    person = ("--name", "陈静", "--role", "resident")
    assert isinstance(_refused("organization", "QH", *names), OrganizationCodeTaken)
    assert isinstance(_refused("organization", "Q H", *names), InvalidInput)
    assert isinstance(_refused("create", "chen.jing", "--organization", "QH", *person), UsernameTaken)
    assert isinstance(_refused("create", "li.si", "--organization", "XX", *person), InvalidInput)
    assert isinstance(_refused("password", "nobody"), NotFound)
    assert isinstance(_refused("change", "chen.jing", "--closed"), LastAdministrator)
    assert _run("change", "chen.jing").exit_code == 2
    assert _run("create", "li.si", "--organization", "QH", "--name", "李四", "--role", "king").exit_code == 2

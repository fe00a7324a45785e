"""`coverslip user`: organizations and people from the command line, for whoever runs the installation."""

from __future__ import annotations

import json
from typing import Any, Literal

import click

from coverslip.access import people
from coverslip.access.organization import create_organization, find_organization, list_organizations
from coverslip.access.people import PersonChange
from coverslip.access.session import normal_username
from coverslip.errors import NotFound
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Person
from coverslip.records.models.organization import ORGANIZATION_KINDS
from coverslip.records.queries import person as person_queries
from coverslip.settings import settings
from coverslip.vocabulary.roles import Role

ROLES = click.Choice([role.value for role in Role])


@click.group("user", short_help="Create people and set passwords from the command line.")
def command() -> None:
    """Organizations and people, managed on the machine itself.

    The first steps on a new installation:

    \b
      coverslip user organization QH --name-zh 清河县人民医院 --name-en "Qinghe County People's Hospital"
      coverslip user create chen.jing --organization QH --name 陈静 --role administrator

    Exit status: 0 done; 1 failed; 2 bad input.
    """


@command.command("organization")
@click.argument("code")
@click.option("--name-zh", required=True, help="Name in Chinese.")
@click.option("--name-en", required=True, help="Name in English.")
@click.option("--kind", type=click.Choice(ORGANIZATION_KINDS), default="county", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def organization(code: str, name_zh: str, name_en: str, kind: str, as_json: bool) -> None:
    """Create the organization CODE: a hospital or a laboratory."""
    with Database.open(settings()) as database:
        made = create_organization(database, code=code, name_zh=name_zh, name_en=name_en, kind=kind)
    _say(as_json, {"id": str(made.id), "code": made.code}, f"{made.code}: {made.name_zh} / {made.name_en}")


@command.command("create")
@click.argument("username")
@click.option("--organization", "code", required=True, help="Code of the organization.")
@click.option("--name", required=True, help="Name as it stands on reports.")
@click.option("--name-en", default="", help="Name in Latin letters.")
@click.option("--title", default="", help="Professional title.")
@click.option("--email", help="Address for messages.")
@click.option("--role", "roles", type=ROLES, multiple=True, required=True, help="Role; may be given several times.")
@click.option("--locale", type=click.Choice(["zh-CN", "en"]), default="zh-CN", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(
    username: str,
    code: str,
    name: str,
    name_en: str,
    title: str,
    email: str | None,
    roles: tuple[str, ...],
    locale: Literal["zh-CN", "en"],
    as_json: bool,
) -> None:
    """Create a person; prints the generated password, to be changed at the first sign-in."""
    with (
        Database.open(settings()) as database,
        database.transaction(Actor.system(find_organization(database, code))) as tx,
    ):
        made = people.create_person(
            tx,
            username=username,
            name=name,
            name_en=name_en,
            title=title,
            email=email,
            roles=[Role(role) for role in roles],
            locale=locale,
        )
    _say_password(as_json, made.person.username, made.password)


@command.command("password")
@click.argument("username")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def password(username: str, as_json: bool) -> None:
    """Give a person a new generated password and end their sessions."""
    with Database.open(settings()) as database:
        actor, person_id = _locate(database, username)
        with database.transaction(actor) as tx:
            secret = people.reset_password(tx, person_id)
    _say_password(as_json, normal_username(username), secret)


@command.command("change")
@click.argument("username")
@click.option("--role", "roles", type=ROLES, multiple=True, help="The roles from now on; may be given several times.")
@click.option("--active/--closed", default=None, help="Open or close the account; closing ends its sessions.")
def change(username: str, roles: tuple[str, ...], active: bool | None) -> None:
    """Change a person's roles, open or close the account."""
    if not roles and active is None:
        raise click.UsageError("nothing to change: give --role, --active or --closed")
    with Database.open(settings()) as database:
        actor, person_id = _locate(database, username)
        with database.transaction(actor) as tx:
            wanted = frozenset(Role(role) for role in roles) or None
            person = people.change_person(tx, person_id, PersonChange(roles=wanted, active=active))
    click.echo(_line(person))


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_all(as_json: bool) -> None:
    """List organizations and their people."""
    printed: list[dict[str, Any]] = []
    with Database.open(settings()) as database:
        for found in list_organizations(database):
            with database.transaction(Actor.system(found.id)) as tx:
                persons = people.list_people(tx)
            printed.append({"code": found.code, "name_zh": found.name_zh, "name_en": found.name_en, "people": persons})
    if as_json:
        for entry in printed:
            entry["people"] = [_entry(person) for person in entry["people"]]
        click.echo(json.dumps(printed, ensure_ascii=False, indent=2))
        return
    for entry in printed:
        click.echo(f"{entry['code']}  {entry['name_zh']} / {entry['name_en']}")
        for person in entry["people"]:
            click.echo(f"  {_line(person)}")


def _locate(database: Database, username: str) -> tuple[Actor, Any]:
    with database.transaction(Actor.nobody()) as tx:
        account = person_queries.account(tx, normal_username(username))
    if account is None:
        raise NotFound(field="username")
    return Actor.system(account.organization_id), account.person_id


def _entry(person: Person) -> dict[str, Any]:
    return {
        "username": person.username,
        "name": person.name,
        "name_en": person.name_en,
        "roles": [role.role for role in person.roles],
        "active": person.active,
    }


def _line(person: Person) -> str:
    closed = "" if person.active else "  (closed 已停用)"
    return f"{person.username}  {person.name}  {', '.join(role.role for role in person.roles)}{closed}"


def _say(as_json: bool, data: dict[str, Any], line: str) -> None:
    click.echo(json.dumps(data, ensure_ascii=False) if as_json else line)


def _say_password(as_json: bool, username: str, secret: str) -> None:
    _say(as_json, {"username": username, "password": secret}, f"{username}  {secret}")

"""The database as one file and back, with PostgreSQL's own programs; for `coverslip backup` and `restore`."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import make_url

from coverslip.records.database import Database, unavailable_is_said
from coverslip.records.embedded import binaries
from coverslip.records.errors import DumpFailed, OwnerUnknown

_SEES_ALL = "-c coverslip.purpose=backup"
"""Opens the owner's door in row-level security; for nobody else it means anything."""


@dataclass(frozen=True, slots=True)
class DumpedBlob:
    """Bytes that the dumped rows need."""

    organization_id: UUID
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Roles:
    """Names that stand in grants and policies, so a dump can only go back where they are the same."""

    owner: str
    application: str


def roles(database: Database) -> Roles:
    """The roles of an installation; raises `OwnerUnknown`."""
    return Roles(make_url(_owner(database)).username or "", make_url(database.url).username or "")


def dump(database: Database, target: Path) -> list[DumpedBlob]:
    """Write the whole database to `target` (custom format) and list the bytes it needs, both of the same instant."""
    with unavailable_is_said(), psycopg.connect(_owner(database), options=_SEES_ALL) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        snapshot = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert snapshot is not None
        rows = connection.execute("SELECT organization_id, digest, size_bytes FROM blobs ORDER BY 1, 2").fetchall()
        _run(
            database, "pg_dump", "--format=custom", "--no-owner", "--enable-row-security",
            f"--snapshot={snapshot[0]}", f"--file={target}",
        )  # fmt: skip
    return [DumpedBlob(*row) for row in rows]


def restore(database: Database, source: Path) -> None:
    """Fill an empty database from a dump, in one transaction; an untouched schema without rows is replaced."""
    with unavailable_is_said(), psycopg.connect(_owner(database)) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    _run(database, "pg_restore", "--no-owner", "--single-transaction", "--exit-on-error", str(source))


def is_empty(database: Database) -> bool:
    """Whether no organization, hence nothing at all, is in the database."""
    with unavailable_is_said(), psycopg.connect(_owner(database)) as connection:
        made = connection.execute("SELECT to_regclass('public.organizations') IS NOT NULL").fetchone()
        if made != (True,):
            others = connection.execute(
                "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            ).fetchone()
            return others == (0,)
        return connection.execute("SELECT 1 FROM organizations LIMIT 1").fetchone() is None


def _owner(database: Database) -> str:
    if database.owner_url is None:
        raise OwnerUnknown
    return database.owner_url


def _run(database: Database, program: str, *arguments: str) -> None:
    url = make_url(_owner(database)).set(drivername="postgresql")
    # The password goes by the environment: a command line is there for every user of the machine to read.
    environment = {**os.environ, "PGOPTIONS": _SEES_ALL, "LC_ALL": "C"}
    if url.password is not None:
        environment["PGPASSWORD"] = str(url.password)
    address = url._replace(password=None).render_as_string(hide_password=False)
    done = subprocess.run(
        [str(binaries() / program), f"--dbname={address}", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise DumpFailed(program=program, problem="program_refused", technical=lines[0])

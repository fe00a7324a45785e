"""The database of one installation: opened, checked, migrated, and used by transactions in somebody's name."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from coverslip.records.actor import Actor
from coverslip.records.embedded import APPLICATION, OWNER, SUPERUSER, EmbeddedPostgres
from coverslip.records.errors import (
    ApplicationRoleMissing,
    ApplicationRoleUnsafe,
    DatabaseFull,
    DatabaseUnavailable,
    InstallationMissing,
)
from coverslip.records.migrate import migrate, require_newest
from coverslip.records.queries.audit import append_pending
from coverslip.records.transaction import Transaction
from coverslip.settings import Settings

logger = logging.getLogger(__name__)

DATABASE_NAME = "coverslip"

_DANGERS = text("""
    SELECT CASE
        WHEN r.rolsuper THEN 'superuser'
        WHEN r.rolbypassrls THEN 'BYPASSRLS'
        WHEN EXISTS (
            SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            AND pg_has_role(r.oid, c.relowner, 'MEMBER')
        ) THEN 'owner'
    END
    FROM pg_roles r WHERE r.rolname = current_user
""")


class Database:
    """Connections of the application's role, and of the owner where this process may migrate and back up.

    `url` is the libpq address of the application's role; `owner_url` that of the schema's owner or None.
    """

    def __init__(
        self, url: str, *, owner_url: str | None = None, embedded: EmbeddedPostgres | None = None, pool_size: int = 10
    ) -> None:
        self.url = url
        self.owner_url = owner_url
        self.embedded = embedded
        self._engine = _engine(url, pool_size)

    @classmethod
    def open(cls, settings: Settings, *, migrated: bool = True, existing: bool = False) -> Database:
        """Connect, starting the embedded PostgreSQL where no address is set, and migrate where the owner is known.

        `migrated=False` leaves an empty database empty (for `coverslip restore`); `existing=True` makes no new one (a
        check or a backup of nothing would say that all is well). Raises `DatabaseUnavailable`, `InstallationMissing`,
        `DatabaseNotStarted`, `ApplicationRoleUnsafe`, `ApplicationRoleMissing`, `SchemaOutdated`.
        """
        if settings.database_url is None and settings.application_database_url is None:
            if existing and not settings.database_dir.is_dir():
                raise InstallationMissing(folder=str(settings.data_dir.resolve()))
            return cls._open_embedded(settings, migrated=migrated)
        if settings.application_database_url is None:
            raise ApplicationRoleMissing(role=APPLICATION)
        database = cls(settings.application_database_url, owner_url=settings.database_url)
        return database._ready(migrated=migrated)

    @classmethod
    def _open_embedded(cls, settings: Settings, *, migrated: bool) -> Database:
        server = EmbeddedPostgres(settings.database_dir)
        server.open()
        try:
            prepare_cluster(server, DATABASE_NAME)
            return cls(
                server.url(APPLICATION, DATABASE_NAME), owner_url=server.url(OWNER, DATABASE_NAME), embedded=server
            )._ready(migrated=migrated)
        except BaseException:
            server.close()
            raise

    def _ready(self, *, migrated: bool) -> Self:
        try:
            if migrated and self.owner_url is not None:
                self.migrate()
            with unavailable_is_said(), self._engine.connect() as connection:
                _require_safe(connection)
                if migrated:
                    require_newest(connection)
        except BaseException:
            self._engine.dispose()
            raise
        return self

    def migrate(self) -> None:
        """Bring the schema to this version, as its owner."""
        assert self.owner_url is not None
        owner = _engine(self.owner_url, 1)
        try:
            with unavailable_is_said():
                migrate(owner, make_url(self.url).username or APPLICATION)
        finally:
            owner.dispose()

    @contextmanager
    def transaction(self, actor: Actor) -> Iterator[Transaction]:
        """A transaction that sees only the actor's organization; committed at the end, rolled back on any error.

        Audit events recorded in it are appended just before the commit. Raises `DatabaseUnavailable` when the
        database does not answer; nothing is then written.
        """
        with unavailable_is_said(), Session(self._engine, expire_on_commit=False) as session, session.begin():
            tx = Transaction(actor=actor, session=session)
            tx.stand_for(actor)
            yield tx
            session.flush()
            append_pending(tx)
        for call in tx.after_commit:
            call()

    @contextmanager
    def alone(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Let nobody else in who asks for the same name, over as many transactions as the block takes.

        Yields True; with `wait=False` False at once where somebody else is in. Never wait inside a transaction: whoever
        is in may need its rows. Raises `DatabaseUnavailable`.
        """
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with unavailable_is_said(), self._engine.connect() as bare:
            connection = bare.execution_options(isolation_level="AUTOCOMMIT")
            if wait:
                connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
            elif not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
                yield False
                return
            try:
                yield True
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})

    def is_available(self) -> bool:
        """Whether the database answers now."""
        try:
            with unavailable_is_said(), self._engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except DatabaseUnavailable:
            return False
        return True

    def close(self) -> None:
        """Give connections back; the last process to leave stops an embedded PostgreSQL."""
        self._engine.dispose()
        if self.embedded is not None:
            self.embedded.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def prepare_cluster(server: EmbeddedPostgres, name: str) -> None:
    """Make the owner's and the application's role and an empty database in an embedded cluster, where missing."""
    with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        for role in (OWNER, APPLICATION):
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
                password = make_url(server.url(role, name)).password
                assert password is not None
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(password)
                    )
                )
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))
            )
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(APPLICATION))
            )


@contextmanager
def unavailable_is_said() -> Iterator[None]:
    """Turn lost connections and a full disk into errors that a person can act on; other errors pass."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable(problem="database_busy") from error
    except DBAPIError as error:
        _say(error, error.orig if isinstance(error.orig, psycopg.Error) else None)
        raise
    except psycopg.Error as error:
        _say(error, error)
        raise


def _say(error: Exception, cause: psycopg.Error | None) -> None:
    if cause is None:
        return
    state = cause.sqlstate
    if state == "53100":
        raise DatabaseFull from error
    lost = state is None and isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    if lost or (state is not None and (state.startswith(("08", "57P", "28", "3D")) or state == "53300")):
        problem = str(cause).strip().splitlines() or [type(cause).__name__]
        raise DatabaseUnavailable(problem="database_lost", technical=problem[0]) from error


def _engine(url: str, pool_size: int) -> Engine:
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=15,
        pool_pre_ping=True,
        connect_args={"options": "-c timezone=UTC", "application_name": "coverslip", "connect_timeout": 5},
    )


def _require_safe(connection: Connection) -> None:
    danger = connection.scalar(_DANGERS)
    if danger is not None:
        role = str(connection.scalar(text("SELECT current_user")))
        raise ApplicationRoleUnsafe(role=role, problem="role_rights", technical=str(danger))

"""What can go wrong with the database itself."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class DatabaseUnavailable(CoverslipError):
    """The database does not answer; nothing was written. Parameter: `problem`."""

    code = "DATABASE_UNAVAILABLE"


class DatabaseFull(CoverslipError):
    """The database's disk is full; nothing was written."""

    code = "DATABASE_FULL"


class InstallationMissing(CoverslipError):
    """There is no installation in the data folder, and this command makes none. Parameter: `folder`."""

    code = "INSTALLATION_MISSING"
    exit_status = 2


class DatabaseNotStarted(CoverslipError):
    """The embedded PostgreSQL could not be started. Parameters: `folder`, `problem`."""

    code = "DATABASE_NOT_STARTED"


class ApplicationRoleMissing(CoverslipError):
    """`COVERSLIP_APPLICATION_DATABASE_URL` is needed with `COVERSLIP_DATABASE_URL`, or its role does not exist."""

    code = "APPLICATION_ROLE_MISSING"


class ApplicationRoleUnsafe(CoverslipError):
    """The role could step over row-level security. Parameters: `role`, `problem`."""

    code = "APPLICATION_ROLE_UNSAFE"


class SchemaOutdated(CoverslipError):
    """The database's schema is not the one this version needs. Parameters: `found`, `needed`."""

    code = "SCHEMA_OUTDATED"


class OwnerUnknown(CoverslipError):
    """The task needs the schema's owner, and only the application's role is known."""

    code = "DATABASE_OWNER_UNKNOWN"


class DumpFailed(CoverslipError):
    """`pg_dump` or `pg_restore` failed. Parameters: `program`, `problem`."""

    code = "DATABASE_DUMP_FAILED"

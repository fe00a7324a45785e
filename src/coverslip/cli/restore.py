"""`coverslip restore`: bring a backup back into an empty installation."""

from __future__ import annotations

import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import click
from pydantic import BaseModel, Field, ValidationError

from coverslip.access import audit
from coverslip.cli.backup import DUMP_NAME, FORMAT, MANIFEST_NAME, blob_name
from coverslip.cli.check import Outcome, check_installation, print_outcome, with_progress
from coverslip.errors import Problem
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.dump import Roles, is_empty, restore, roles
from coverslip.records.queries import custody
from coverslip.records.queries.organization import all_organizations
from coverslip.records.queries.session import revoke_everybody
from coverslip.settings import settings
from coverslip.storage import checksums
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import InstallationDiffers, InstallationNotEmpty, NotABackup

_DIGEST = Field(pattern=r"^[0-9a-f]{64}$")


class _Dump(BaseModel):
    sha256: str = _DIGEST
    size_bytes: int


class _Blob(BaseModel):
    organization_id: UUID
    sha256: str = _DIGEST
    size_bytes: int


class _Roles(BaseModel):
    owner: str
    application: str


class Manifest(BaseModel):
    """What an archive says of itself."""

    format: str = Field(pattern=f"^{FORMAT}$")
    coverslip: str
    schema_: str = Field(alias="schema")
    made_at: str
    roles: _Roles
    database: _Dump
    blobs: list[_Blob]


def read_backup(
    database: Database, store: BlobStore, source: Path, progress: Callable[[int], None] = lambda _: None
) -> Outcome:
    """Fill the empty installation and check it; blobs first, then the database in one transaction.

    Raises `NotABackup`, `InstallationNotEmpty`, `InstallationDiffers`; the outcome holds what the check found.
    """
    if not is_empty(database):
        raise InstallationNotEmpty(found="database")
    try:
        with tarfile.open(source, "r:") as archive, tempfile.TemporaryDirectory(prefix="coverslip-") as folder:
            manifest = _manifest(archive, source)
            _same_roles(manifest, roles(database))
            _only_known_blobs(store, manifest)
            dumped = Path(folder) / DUMP_NAME
            found = checksums.copy_stream(_member(archive, DUMP_NAME, source), dumped)
            if found.digest != manifest.database.sha256:
                _refuse(source, Problem("backup_part_changed", value=DUMP_NAME, technical=f"SHA-256 {found.digest}"))
            for blob in manifest.blobs:
                name = blob_name(str(blob.organization_id), blob.sha256)
                store.put_stream(blob.organization_id, _member(archive, name, source), blob.sha256, progress)
            restore(database, dumped)
    except tarfile.TarError as error:
        _refuse(source, Problem("parser_refused", technical=str(error)))
    database.migrate()
    _begin_anew(database)
    return check_installation(database, store)


def _manifest(archive: tarfile.TarFile, source: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(_member(archive, MANIFEST_NAME, source).read())
    except ValidationError as error:
        _refuse(source, Problem("backup_manifest", value=MANIFEST_NAME, number=error.error_count()))


def _member(archive: tarfile.TarFile, name: str, source: Path) -> Any:
    try:
        opened = archive.extractfile(name)
    except KeyError:
        opened = None
    if opened is None:
        _refuse(source, Problem("backup_part_missing", value=name))
    return opened


def _refuse(source: Path, problem: Problem) -> NoReturn:
    raise NotABackup(file=str(source), problem=problem)


def _same_roles(manifest: Manifest, here: Roles) -> None:
    needed = Roles(manifest.roles.owner, manifest.roles.application)
    if needed != here:
        raise InstallationDiffers(
            found=f"{here.owner}, {here.application}", needed=f"{needed.owner}, {needed.application}"
        )


def _only_known_blobs(store: BlobStore, manifest: Manifest) -> None:
    """An attempt that was cut short may have left some of the archive's own blobs; anything else is somebody's."""
    expected = {(blob.organization_id, blob.sha256) for blob in manifest.blobs}
    for blob in store.list():
        if (blob.organization_id, blob.digest) not in expected:
            raise InstallationNotEmpty(found=blob.digest)


def _begin_anew(database: Database) -> None:
    """Nobody is signed in after a restore, all bytes lie in the hot place, and the trail says that there was one."""
    with database.transaction(Actor.nobody()) as tx:
        organizations = all_organizations(tx)
    for organization in organizations:
        with database.transaction(Actor.system(organization.id)) as tx:
            revoke_everybody(tx)
            custody.begin_anew(tx)
            audit.record(tx, "installation.restore", object_type="organization", object_id=organization.id)


@click.command("restore", short_help="Bring a backup back.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the check's outcome as JSON.")
def command(file: Path, as_json: bool) -> None:
    """Bring the backup FILE back into an empty installation, then check all of it as `coverslip check` does.

    Set COVERSLIP_DATA_DIR to a new folder, or the database addresses to an empty database. Everybody has to sign in
    again. Exit status: 0 brought back and checked; 1 failed, or the check found something; 2 no backup, or the
    installation is not empty.
    """
    configured = settings()
    with Database.open(configured, migrated=False) as database:
        store = BlobStore.open(configured)
        outcome = with_progress(file.stat().st_size, "restore", lambda tell: read_backup(database, store, file, tell))
    print_outcome(outcome, as_json=as_json)
    if outcome.problems:
        sys.exit(1)

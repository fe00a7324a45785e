"""`coverslip backup`: copy database and blobs into one archive.

The archive is a plain tar: `database.dump` (pg_dump, custom format), `blobs/<organization>/<digest>` and last
`manifest.json`. Database and list of blobs are of the same instant; the server may run meanwhile.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from coverslip import __version__
from coverslip.access import audit
from coverslip.cli.check import with_progress
from coverslip.errors import InvalidInput
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.dump import DumpedBlob, dump, roles
from coverslip.records.migrate import newest_revision
from coverslip.records.queries.organization import all_organizations
from coverslip.settings import settings
from coverslip.storage import checksums
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobCorrupt, StorageFull, is_full
from coverslip.storage.pieces import as_file

FORMAT = "coverslip-backup-1"
DUMP_NAME, MANIFEST_NAME = "database.dump", "manifest.json"
_PIECE = 4 * 1024 * 1024


def write_backup(
    database: Database, store: BlobStore, target: Path, progress: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """Write the archive; it is whole or not there. Returns the manifest.

    Raises `InvalidInput` where the file exists, `BlobMissing` and `BlobCorrupt` where the store does not hold what the
    database says (run `coverslip check`), `StorageFull`.
    """
    if target.exists():
        raise InvalidInput(field="file", problem="file_exists", value=str(target))
    draft = target.with_name(f".{target.name}.partial")
    try:
        with (
            tempfile.TemporaryDirectory(prefix="coverslip-", dir=target.parent) as folder,
            open(draft, "xb", opener=_private) as file,
        ):
            dumped = Path(folder) / DUMP_NAME
            blobs = dump(database, dumped)
            manifest = _manifest(database, dumped, blobs)
            _write(file, dumped, manifest, store, blobs, progress)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        if is_full(error):
            raise StorageFull(folder=str(target.parent)) from error
        raise InvalidInput(field="file", problem="file_not_writable", technical=str(error)) from error
    finally:
        draft.unlink(missing_ok=True)
    _note(database, manifest)
    return manifest


def _private(path: str, flags: int) -> int:
    """Opens a file that nobody else on the machine may read: it holds every patient and every password's hash."""
    return os.open(path, flags, 0o600)


def _manifest(database: Database, dumped: Path, blobs: list[DumpedBlob]) -> dict[str, Any]:
    checksum = checksums.of_file(dumped)
    names = roles(database)
    return {
        "format": FORMAT,
        "coverslip": __version__,
        "schema": newest_revision(),
        "made_at": datetime.now(UTC).isoformat(),
        "roles": {"owner": names.owner, "application": names.application},
        "database": {"name": DUMP_NAME, "sha256": checksum.digest, "size_bytes": checksum.size_bytes},
        "blobs": [
            {"organization_id": str(blob.organization_id), "sha256": blob.digest, "size_bytes": blob.size_bytes}
            for blob in blobs
        ],
    }


def _write(
    file: IO[bytes],
    dumped: Path,
    manifest: dict[str, Any],
    store: BlobStore,
    blobs: list[DumpedBlob],
    progress: Callable[[int], None],
) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.add(dumped, DUMP_NAME, filter=_anonymous)
        for blob in blobs:
            entry = tarfile.TarInfo(blob_name(str(blob.organization_id), blob.digest))
            entry.size, entry.mode = blob.size_bytes, 0o600
            with as_file(_compared(store, blob, progress)) as reading:
                archive.addfile(entry, reading)
        text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST_NAME)
        entry.size, entry.mode = len(text), 0o600
        archive.addfile(entry, io.BytesIO(text))


def _compared(store: BlobStore, blob: DumpedBlob, tell: Callable[[int], None]) -> Iterator[bytes]:
    """A blob piece by piece; raises `BlobCorrupt` in place of the last one where the blob is not what its name says."""
    at, digest = 0, hashlib.sha256()
    while at < blob.size_bytes:
        length = min(_PIECE, blob.size_bytes - at)
        piece = store.open_range(blob.organization_id, blob.digest, at, length)
        at += len(piece)
        digest.update(piece)
        tell(len(piece))
        if at == blob.size_bytes and digest.hexdigest() != blob.digest:
            raise BlobCorrupt(digest=blob.digest, found=digest.hexdigest())
        yield piece


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry


def blob_name(organization_id: str, digest: str) -> str:
    """Where a blob stands in the archive."""
    return f"blobs/{organization_id}/{digest}"


def _note(database: Database, manifest: dict[str, Any]) -> None:
    with database.transaction(Actor.nobody()) as tx:
        organizations = all_organizations(tx)
    for organization in organizations:
        with database.transaction(Actor.system(organization.id)) as tx:
            audit.record(
                tx,
                "installation.backup",
                object_type="organization",
                object_id=organization.id,
                detail={"database_sha256": manifest["database"]["sha256"]},
            )


@click.command("backup", short_help="Copy database and blobs into one archive.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def command(file: Path, as_json: bool) -> None:
    """Write everything of this installation into FILE, a tar that must not exist yet.

    The archive holds patient data: keep it as safe as the database itself. Its digest, printed at the end, proves later
    that it is unchanged; `coverslip restore` brings it back. Exit status: 0 written; 1 failed, nothing left behind;
    2 bad input.
    """
    configured = settings()
    with Database.open(configured, existing=True) as database:
        store = BlobStore.open(configured)
        total = sum(blob.size_bytes for blob in store.list())
        manifest = with_progress(total, "backup", lambda tell: write_backup(database, store, file, tell))
    checksum = checksums.of_file(file)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "file": str(file),
                    "sha256": checksum.digest,
                    "size_bytes": checksum.size_bytes,
                    "blobs": len(manifest["blobs"]),
                    "schema": manifest["schema"],
                }
            )
        )
    else:
        click.echo(f"{file}: {len(manifest['blobs'])} files, {checksum.size_bytes} bytes\n  SHA-256 {checksum.digest}")

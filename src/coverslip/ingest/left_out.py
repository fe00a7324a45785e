"""What of a watched folder cannot be looked into: it stands beside the slides that wait, until it can be.

Folders that Coverslip's account may not enter, links that lead out, folders too deep. Said once when it begins and once
when it is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from coverslip.access import audit
from coverslip.ingest.errors import FolderLeftOut
from coverslip.ingest.scan import Unreadable
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.queries import intake
from coverslip.records.transaction import Transaction
from coverslip.vocabulary.text import storable


def note_left_out(database: Database, actor: Actor, folder_id: UUID, left_out: Sequence[Unreadable]) -> None:
    """Write down what is left out now, and forget what no longer is. Raises `DatabaseUnavailable`."""
    now = {intake.LEFT_OUT + entry.key: entry for entry in left_out}
    with database.transaction(actor) as tx:
        before = intake.left_out(tx, folder_id)
        fresh = [(key, entry) for key, entry in now.items() if before.get(key) != entry.problem.key]
        if fresh:
            intake.note_files(tx, folder_id, [_row(key, entry) for key, entry in fresh])
        over = [key for key in before if key not in now]
        if over:
            intake.forget(tx, folder_id, over)
        for _, entry in fresh:
            _tell(tx, folder_id, storable(entry.name), entry.problem.key)
        for key in over:
            _tell(tx, folder_id, storable(key.removeprefix(intake.LEFT_OUT).decode(errors="replace")), None)


def _row(key: bytes, entry: Unreadable) -> dict[str, object]:
    error = FolderLeftOut(file=storable(entry.name), problem=entry.problem)
    return {
        "key": key,
        "name": storable(entry.name),
        "fingerprint": entry.problem.key,
        "size_bytes": 0,
        "outcome": "waiting",
        "code": error.code,
        "parameters": {name: value for name, value in error.parameters.items() if value is not None},
    }


def _tell(tx: Transaction, folder_id: UUID, name: str, problem: str | None) -> None:
    detail = {"file": name, "code": FolderLeftOut.code, "problem": problem}
    audit.record(
        tx,
        "watch.note",
        object_type="watched_folder",
        object_id=folder_id,
        detail=detail,
        outcome="success" if problem is None else "failed",
    )

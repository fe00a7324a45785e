"""Watched folders, what was found in them, and matching rules, of the transaction's organization."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from coverslip.records.models import MatchRule, WatchedFile, WatchedFolder
from coverslip.records.transaction import Transaction

BATCH = 1000
PART = b"\0"
"""Between the path of a folder and the name of one of several slides in it; stands in no path."""
LEFT_OUT = PART
"""Before the path of what a folder holds and nobody can look into."""
_OF_SLIDES = func.substring(WatchedFile.key, 1, 1) != LEFT_OUT


def folders(tx: Transaction) -> list[WatchedFolder]:
    """Every watched folder, by path, freshly read."""
    query = select(WatchedFolder).order_by(WatchedFolder.path).execution_options(populate_existing=True)
    return list(tx.session.scalars(query))


def folder(tx: Transaction, folder_id: UUID, *, for_update: bool = False) -> WatchedFolder | None:
    """One watched folder, freshly read; locked until the transaction ends where asked."""
    query = select(WatchedFolder).where(WatchedFolder.id == folder_id).execution_options(populate_existing=True)
    return tx.session.scalar(query.with_for_update() if for_update else query)


def folder_by_path(tx: Transaction, path: str) -> WatchedFolder | None:
    """The watched folder at a path."""
    return tx.session.scalar(select(WatchedFolder).where(WatchedFolder.path == path))


def hold(tx: Transaction, folder_id: UUID, holder: str, until: datetime) -> bool:
    """Whether this process watches the folder from now on: where it is enabled and nobody else does."""
    free = or_(WatchedFolder.held_by.is_(None), WatchedFolder.held_by == holder, WatchedFolder.held_until < func.now())
    change = (
        update(WatchedFolder)
        .where(WatchedFolder.id == folder_id, WatchedFolder.enabled, free)
        .values(held_by=holder, held_until=until)
        .returning(WatchedFolder.id)
    )
    return tx.session.execute(change.execution_options(synchronize_session=False)).one_or_none() is not None


def let_go(tx: Transaction, folder_id: UUID, holder: str) -> None:
    """Another process may watch the folder."""
    change = (
        update(WatchedFolder)
        .where(WatchedFolder.id == folder_id, WatchedFolder.held_by == holder)
        .values(held_by=None, held_until=None)
    )
    tx.session.execute(change.execution_options(synchronize_session=False))


def remove_folder(tx: Transaction, folder_id: UUID) -> None:
    """Forget a folder and what was found in it; the folder itself stays as it is."""
    tx.session.execute(delete(WatchedFile).where(WatchedFile.folder_id == folder_id))
    tx.session.execute(delete(WatchedFolder).where(WatchedFolder.id == folder_id))


def outcomes(tx: Transaction) -> dict[UUID, dict[str, int]]:
    """For each folder, how many of its slides had which outcome."""
    query = select(WatchedFile.folder_id, WatchedFile.outcome, func.count()).group_by(
        WatchedFile.folder_id, WatchedFile.outcome
    )
    found: dict[UUID, dict[str, int]] = {}
    for folder_id, outcome, count in tx.session.execute(query):
        found.setdefault(folder_id, {})[outcome] = count
    return found


def files(
    tx: Transaction, folder_id: UUID, *, outcomes: Iterable[str] | None = None, limit: int = 200
) -> list[WatchedFile]:
    """What was found in a folder, the newest word first."""
    query = select(WatchedFile).where(WatchedFile.folder_id == folder_id)
    if outcomes is not None:
        query = query.where(WatchedFile.outcome.in_(list(outcomes)))
    query = query.order_by(WatchedFile.noted_at.desc(), WatchedFile.id.desc()).limit(limit)
    return list(tx.session.scalars(query.execution_options(populate_existing=True)))


def file(tx: Transaction, file_id: UUID) -> WatchedFile | None:
    """One of them."""
    return tx.session.get(WatchedFile, file_id)


def memory(tx: Transaction, folder_id: UUID) -> dict[bytes, str]:
    """The fingerprint under which each slide ever found in a folder was dealt with, by its key."""
    query = select(WatchedFile.key, WatchedFile.fingerprint).where(WatchedFile.folder_id == folder_id, _OF_SLIDES)
    rows = tx.session.execute(query.order_by(WatchedFile.noted_at, WatchedFile.id))
    return {key.partition(PART)[0]: fingerprint for key, fingerprint in rows}


def holds_uncleared(tx: Transaction, folder_id: UUID) -> bool:
    """Whether slides were found in a folder that nobody cleared out of it since."""
    waiting = (WatchedFile.folder_id == folder_id, WatchedFile.cleared.is_(None), _OF_SLIDES)
    query = select(WatchedFile.id).where(*waiting).limit(1)
    return tx.session.scalar(query) is not None


def forget_parts(tx: Transaction, folder_id: UUID, key: bytes, kept: Iterable[bytes]) -> None:
    """Of a folder with several slides, forget those that are no longer told apart as they were."""
    of_folder = (WatchedFile.key == key) | (func.substring(WatchedFile.key, 1, len(key) + 1) == key + PART)
    stale = (WatchedFile.folder_id == folder_id, of_folder, WatchedFile.key.not_in(list(kept)))
    tx.session.execute(delete(WatchedFile).where(*stale))


def left_out(tx: Transaction, folder_id: UUID) -> dict[bytes, str]:
    """What of a folder is noted as not looked into: key, from `LEFT_OUT` on, and why."""
    query = select(WatchedFile.key, WatchedFile.fingerprint).where(WatchedFile.folder_id == folder_id, ~_OF_SLIDES)
    return {row.key: row.fingerprint for row in tx.session.execute(query)}


def forget(tx: Transaction, folder_id: UUID, keys: Iterable[bytes]) -> None:
    """Forget what was noted under these keys."""
    tx.session.execute(delete(WatchedFile).where(WatchedFile.folder_id == folder_id, WatchedFile.key.in_(list(keys))))


def due(tx: Transaction, folder_id: UUID) -> dict[bytes, int]:
    """The slides to be tried again now, and how often they were tried."""
    query = select(WatchedFile.key, WatchedFile.attempts).where(
        WatchedFile.folder_id == folder_id, WatchedFile.next_try_at <= func.now(), _OF_SLIDES
    )
    return {key.partition(PART)[0]: attempts for key, attempts in tx.session.execute(query)}


def note_files(tx: Transaction, folder_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down what became of slides of a folder; what was said of them before is overwritten."""
    for start in range(0, len(rows), BATCH):
        values = [
            {"organization_id": tx.organization_id, "folder_id": folder_id, **row}
            for row in rows[start : start + BATCH]
        ]
        statement = insert(WatchedFile).values(values)
        changed = {name: getattr(statement.excluded, name) for name in rows[0] if name != "key"}
        changed |= {"noted_at": func.now(), "cleared": None, "cleared_at": None}
        tx.session.execute(statement.on_conflict_do_update(index_elements=["folder_id", "key"], set_=changed))


def to_clear(tx: Transaction, folder_id: UUID, taken_before: datetime, limit: int) -> list[WatchedFile]:
    """Slides whose copy in the folder may go: in the store since then, or begun to be cleared away."""
    safe = WatchedFile.outcome.in_(("matched", "unmatched", "duplicate")) & WatchedFile.code.is_(None)
    due = (WatchedFile.cleared.is_(None)) & (WatchedFile.taken_at <= taken_before)
    query = (
        select(WatchedFile)
        .where(WatchedFile.folder_id == folder_id, safe, due | (WatchedFile.cleared == "begun"))
        .order_by(WatchedFile.taken_at, WatchedFile.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return list(tx.session.scalars(query))


def rules(tx: Transaction) -> list[MatchRule]:
    """Every matching rule, in order."""
    query = select(MatchRule).order_by(MatchRule.position, MatchRule.id).execution_options(populate_existing=True)
    return list(tx.session.scalars(query))


def replace_rules(tx: Transaction, rows: list[MatchRule]) -> None:
    """Let these be the matching rules."""
    tx.session.execute(delete(MatchRule))
    tx.session.expire_all()
    for row in rows:
        tx.add(row)

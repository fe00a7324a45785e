"""Which folders are watched, and what became of what was found in them: the services behind page and command.

An administrator names folders below the roots that the installation states (`COVERSLIP_WATCH_ROOTS`), so that nobody
has Coverslip read, move or delete elsewhere on the machine; the operator of the machine names any (`by_operator`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from coverslip.access import audit
from coverslip.access.errors import PermissionDenied
from coverslip.access.permission import Permission, may, require
from coverslip.errors import InvalidInput, NotFound
from coverslip.records.models import WatchedFile, WatchedFolder
from coverslip.records.models.intake import AFTER_TAKING, FILE_OUTCOMES
from coverslip.records.queries import intake
from coverslip.records.queries import organization as organizations
from coverslip.records.transaction import Transaction
from coverslip.settings import Settings

PROBLEMS = ("waiting", "failed", "refused")
"""Outcomes that a person may have to do something about."""
LONGEST_PATH = 1024
CHANGEABLE = ("enabled", "after_taking", "after_days", "quiet_seconds")
RANGES = {"after_days": (0, 3650), "quiet_seconds": (1, 3600)}


@dataclass(frozen=True, slots=True)
class FolderState:
    """A watched folder and how many slides of it had which outcome."""

    folder: WatchedFolder
    counts: Mapping[str, int]

    @property
    def problems(self) -> int:
        """Slides that failed, were refused or are still waited for."""
        return sum(self.counts.get(outcome, 0) for outcome in PROBLEMS)


def watched_folders(tx: Transaction) -> list[FolderState]:
    """Every watched folder of the hospital with its state, by path. Raises `PermissionDenied`."""
    _require_reader(tx)
    audit.record(tx, "watch.read", object_type="watched_folder", object_id=None)
    counts = intake.outcomes(tx)
    return [FolderState(folder, counts.get(folder.id, {})) for folder in intake.folders(tx)]


def folder_files(
    tx: Transaction, folder_id: UUID, outcomes: tuple[str, ...] = PROBLEMS, limit: int = 200
) -> list[WatchedFile]:
    """What was found in a folder with one of these outcomes, newest first.

    Raises `PermissionDenied`, `NotFound`, `InvalidInput`.
    """
    _require_reader(tx)
    _folder(tx, folder_id)
    for outcome in outcomes:
        if outcome not in FILE_OUTCOMES:
            raise InvalidInput(field="outcome", problem="not_one_of", value=outcome, allowed=", ".join(FILE_OUTCOMES))
    audit.record(tx, "watch.read", object_type="watched_folder", object_id=folder_id)
    return intake.files(tx, folder_id, outcomes=outcomes, limit=limit)


def add_folder(
    tx: Transaction,
    settings: Settings,
    path: str,
    *,
    after_taking: str = "keep",
    after_days: int = 7,
    quiet_seconds: int = 30,
    skip_existing: bool = False,
    by_operator: bool = False,
) -> WatchedFolder:
    """Have a folder watched. `skip_existing`: what lies in it at the first look is remembered and not taken in.

    Raises `PermissionDenied`, and `InvalidInput` for a path outside the roots, watched already, or no folder.
    """
    require(tx.actor, Permission.INTAKE_MANAGE)
    named = _checked_path(tx, settings, path, by_operator=by_operator)
    values: dict[str, Any] = {"after_taking": after_taking, "after_days": after_days, "quiet_seconds": quiet_seconds}
    _check(values)
    for other in intake.folders(tx):
        if _overlap(Path(other.path), named):
            raise InvalidInput(field="path", problem="watch_taken", value=other.path)
    folder = tx.add(
        WatchedFolder(
            organization_id=tx.organization_id,
            path=str(named),
            skip_existing=skip_existing,
            added_by=None if by_operator else tx.actor.person_id,
            **values,
        )
    )
    detail = {"path": folder.path, "skip_existing": skip_existing, **values}
    audit.record(tx, "watch.add", object_type="watched_folder", object_id=folder.id, detail=detail)
    return folder


def change_folder(tx: Transaction, folder_id: UUID, changes: Mapping[str, Any]) -> WatchedFolder:
    """Change `enabled`, `after_taking`, `after_days` or `quiet_seconds`.

    Raises `PermissionDenied`, `NotFound`, `InvalidInput`.
    """
    require(tx.actor, Permission.INTAKE_MANAGE)
    folder = _folder(tx, folder_id, for_update=True)
    for name in changes:
        if name not in CHANGEABLE:
            raise InvalidInput(field=name, problem="unknown_field")
    _check(changes)
    before = {name: getattr(folder, name) for name in changes}
    for name, value in changes.items():
        setattr(folder, name, value)
    tx.flush()
    detail = {"path": folder.path, "before": before, "after": dict(changes)}
    audit.record(tx, "watch.change", object_type="watched_folder", object_id=folder.id, detail=detail)
    return folder


def remove_folder(tx: Transaction, folder_id: UUID) -> None:
    """Watch a folder no longer and forget what was found in it; its files stay.

    Raises `PermissionDenied`, `NotFound`.
    """
    require(tx.actor, Permission.INTAKE_MANAGE)
    folder = _folder(tx, folder_id, for_update=True)
    audit.record(tx, "watch.remove", object_type="watched_folder", object_id=folder.id, detail={"path": folder.path})
    intake.remove_folder(tx, folder_id)


def try_again(tx: Transaction, file_id: UUID) -> WatchedFile:
    """Have a slide that was refused, failed or waits taken in at the next look.

    Raises `PermissionDenied`, `NotFound`.
    """
    _require_reader(tx)
    file = intake.file(tx, file_id)
    if file is None:
        raise NotFound(field="file")
    file.next_try_at, file.attempts = datetime.now(UTC), 0
    tx.flush()
    audit.record(
        tx, "watch.retry", object_type="watched_folder", object_id=file.folder_id, detail={"file_id": str(file.id)}
    )
    return file


def is_allowed(settings: Settings, organization_code: str, path: Path) -> bool:
    """Whether a path lies below one of the installation's roots for this hospital, links followed."""
    resolved = Path(os.path.realpath(path))
    roots = (Path(str(root).replace("{organization}", organization_code)) for root in settings.watch_roots)
    return any(resolved.is_relative_to(os.path.realpath(root)) for root in roots)


def _checked_path(tx: Transaction, settings: Settings, path: str, *, by_operator: bool) -> Path:
    given = Path(path.strip())
    if not given.is_absolute() or len(path) > LONGEST_PATH or "\0" in path:
        raise InvalidInput(field="path", problem="watch_absolute", value=path[:80])
    named = Path(os.path.normpath(given))
    organization = organizations.organization(tx, tx.organization_id)
    if not by_operator and (organization is None or not is_allowed(settings, organization.code, named)):
        raise InvalidInput(field="path", problem="watch_outside", value=str(named))
    if _overlap(Path(os.path.realpath(named)), Path(os.path.realpath(settings.data_dir))):
        raise InvalidInput(field="path", problem="watch_own_data", value=str(named))
    if not named.is_dir():
        raise InvalidInput(field="path", problem="watch_no_folder", value=str(named))
    return named


def _check(values: Mapping[str, Any]) -> None:
    after = values.get("after_taking", "keep")
    if after not in AFTER_TAKING:
        raise InvalidInput(
            field="after_taking", problem="not_one_of", value=str(after), allowed=", ".join(AFTER_TAKING)
        )
    for name, (least, most) in RANGES.items():
        value = values.get(name, least)
        if not isinstance(value, int) or not least <= value <= most:
            raise InvalidInput(field=name, problem="watch_range", value=json.dumps(value), least=least, most=most)
    if not isinstance(values.get("enabled", True), bool):
        raise InvalidInput(field="enabled", problem="required")


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _folder(tx: Transaction, folder_id: UUID, *, for_update: bool = False) -> WatchedFolder:
    folder = intake.folder(tx, folder_id, for_update=for_update)
    if folder is None:
        raise NotFound(field="folder")
    return folder


def _require_reader(tx: Transaction) -> None:
    """Who takes slides in sees what came of the folders, too."""
    if not (may(tx.actor, Permission.INTAKE_MANAGE) or may(tx.actor, Permission.SLIDE_INGEST)):
        raise PermissionDenied(permission=Permission.INTAKE_MANAGE.value)

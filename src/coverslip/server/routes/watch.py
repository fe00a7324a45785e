"""Watched folders and the rules that read names and barcodes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from coverslip.access.permission import Permission
from coverslip.ingest import match_rules, watched_folders
from coverslip.ingest.match_rules import NewRule
from coverslip.ingest.watched_folders import PROBLEMS, FolderState
from coverslip.records.queries import intake
from coverslip.server.call import Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.watch import (
    FileOutcome,
    MatchRule,
    MatchRules,
    NewMatchRules,
    NewWatchedFolder,
    WatchedFile,
    WatchedFiles,
    WatchedFolder,
    WatchedFolderChange,
    WatchedFolders,
)
from coverslip.server.views import watch as views

router = APIRouter(route_class=GuardedRoute, tags=["watch"])


@router.get("/watched-folders")
def list_watched_folders(call: Caller) -> WatchedFolders:
    """Every watched folder of the hospital, and the roots below which one may lie."""
    with call.transaction() as tx:
        items = [views.folder(state) for state in watched_folders.watched_folders(tx)]
    return WatchedFolders(items=items, roots=[str(root) for root in call.services.settings.watch_roots])


@router.post("/watched-folders", status_code=201)
def add_watched_folder(given: NewWatchedFolder, call: Caller) -> WatchedFolder:
    """Have a folder watched."""
    with call.transaction() as tx:
        row = watched_folders.add_folder(tx, call.services.settings, **given.model_dump())
        return views.folder(FolderState(row, {}))


@router.patch("/watched-folders/{folder_id}")
def change_watched_folder(folder_id: UUID, given: WatchedFolderChange, call: Caller) -> WatchedFolder:
    """Pause or resume it, or change what is done with files that were taken in."""
    changes = {name: value for name, value in given.model_dump().items() if value is not None}
    with call.transaction() as tx:
        row = watched_folders.change_folder(tx, folder_id, changes)
        return views.folder(FolderState(row, intake.outcomes(tx).get(row.id, {})))


@router.delete("/watched-folders/{folder_id}", status_code=204)
def remove_watched_folder(folder_id: UUID, call: Caller) -> None:
    """Watch it no longer; its files stay."""
    with call.transaction() as tx:
        watched_folders.remove_folder(tx, folder_id)


@router.get("/watched-folders/{folder_id}/files")
def list_watched_files(
    folder_id: UUID, call: Caller, outcome: Annotated[list[FileOutcome] | None, Query(max_length=7)] = None
) -> WatchedFiles:
    """What was found in it, newest first; without `outcome` what a person may have to do something about."""
    asked = tuple(outcome) if outcome else PROBLEMS
    named = Permission.SLIDE_INGEST in call.person.permissions
    with call.transaction() as tx:
        rows = watched_folders.folder_files(tx, folder_id, asked)
        return WatchedFiles(items=[views.file(row, named=named) for row in rows])


@router.post("/watched-files/{file_id}/retry")
def retry_watched_file(file_id: UUID, call: Caller) -> WatchedFile:
    """Have a slide that was refused, failed or waits taken in at the next look."""
    named = Permission.SLIDE_INGEST in call.person.permissions
    with call.transaction() as tx:
        return views.file(watched_folders.try_again(tx, file_id), named=named)


@router.get("/match-rules")
def list_match_rules(call: Caller) -> MatchRules:
    """The hospital's rules in order; the built-in one comes after them."""
    with call.transaction() as tx:
        return MatchRules(items=[MatchRule.model_validate(row) for row in match_rules.match_rules(tx)])


@router.put("/match-rules")
def save_match_rules(given: NewMatchRules, call: Caller) -> MatchRules:
    """Let these be the rules, in this order."""
    rules = [NewRule(**rule.model_dump()) for rule in given.rules]
    with call.transaction() as tx:
        return MatchRules(items=[MatchRule.model_validate(row) for row in match_rules.save_rules(tx, rules)])

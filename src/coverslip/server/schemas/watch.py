"""Watched folders: what is watched, how it goes, what failed; and the rules that read names and barcodes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from coverslip.server.schemas.common import ErrorBody, Given, Localised, Shown

AfterTaking = Literal["keep", "move", "delete"]
FolderStateName = Literal["new", "watching", "unreachable"]
FileOutcome = Literal["waiting", "matched", "unmatched", "duplicate", "failed", "refused", "skipped"]
RuleSource = Literal["barcode", "file_name", "folder_name"]
Days = Annotated[int, Field(ge=0, le=3650)]
Seconds = Annotated[int, Field(ge=1, le=3600)]


class WatchedFolder(Shown):
    """One folder. `counts`: slides found in it by outcome; `problem`: why it cannot be reached, in words."""

    id: UUID
    path: str
    enabled: bool
    after_taking: AfterTaking
    after_days: int
    quiet_seconds: int
    skip_existing: bool
    state: FolderStateName
    problem: Localised | None
    scanned_at: datetime | None
    is_watched_now: bool
    counts: dict[FileOutcome, int]


class WatchedFolders(Shown):
    """Every watched folder, and the roots below which the installation allows one."""

    items: list[WatchedFolder]
    roots: list[str]


class NewWatchedFolder(Given):
    """A folder to watch. `skip_existing`: what lies in it at the first look is remembered, not taken in."""

    path: Annotated[str, Field(min_length=1, max_length=1024)]
    after_taking: AfterTaking = "keep"
    after_days: Days = 7
    quiet_seconds: Seconds = 30
    skip_existing: bool = False


class WatchedFolderChange(Given):
    """A field that is absent stays as it is."""

    enabled: bool | None = None
    after_taking: AfterTaking | None = None
    after_days: Days | None = None
    quiet_seconds: Seconds | None = None


class WatchedFile(Shown):
    """A slide in a watched folder. Its name and slide are null for who may not see slides."""

    id: UUID
    name: str | None
    outcome: FileOutcome
    error: ErrorBody | None
    slide_id: UUID | None
    size_bytes: int
    attempts: int
    noted_at: datetime
    next_try_at: datetime | None


class WatchedFiles(Shown):
    """Newest first, 200 at most."""

    items: list[WatchedFile]


class MatchRule(Shown):
    """How this hospital writes an accession number into names and barcodes."""

    name: str
    source: RuleSource
    pattern: str
    enabled: bool


class MatchRules(Shown):
    """In the order in which they are asked."""

    items: list[MatchRule]


class NewMatchRule(Given):
    """A rule: an RE2 expression with the named groups accession, block, slide, stain."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    source: RuleSource
    pattern: Annotated[str, Field(min_length=1, max_length=300)]
    enabled: bool = True


class NewMatchRules(Given):
    """All rules, in order."""

    rules: Annotated[list[NewMatchRule], Field(max_length=50)]

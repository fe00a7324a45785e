"""How slides come in by themselves: watched folders, what was found in them, rules that read names and barcodes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from coverslip.records.models.base import Base, Identifier, Now, OfOrganization, Size, of_directory, one_of, within

AFTER_TAKING = ("keep", "move", "delete")
FOLDER_STATES = ("new", "watching", "unreachable")
FILE_OUTCOMES = ("waiting", "matched", "unmatched", "duplicate", "failed", "refused", "skipped")
CLEARINGS = ("begun", "moved", "deleted", "gone")
RULE_SOURCES = ("barcode", "file_name", "folder_name")


class WatchedFolder(OfOrganization, Base):
    """A folder that scanners write to. `held_by` and `held_until`: the process that watches it just now."""

    __tablename__ = "watched_folders"
    __table_args__ = (
        of_directory(),
        within("added_by", "people"),
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "path"),
        one_of("after_taking", AFTER_TAKING),
        one_of("state", FOLDER_STATES),
    )

    id: Mapped[Identifier]
    path: Mapped[str]
    enabled: Mapped[bool] = mapped_column(server_default="true")
    after_taking: Mapped[str] = mapped_column(server_default="keep")
    after_days: Mapped[int] = mapped_column(Integer, server_default="7")
    quiet_seconds: Mapped[int] = mapped_column(Integer, server_default="30")
    skip_existing: Mapped[bool] = mapped_column(server_default="false")
    state: Mapped[str] = mapped_column(server_default="new")
    state_problem: Mapped[str | None]
    scanned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    held_by: Mapped[str | None]
    held_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    added_by: Mapped[UUID | None]
    created_at: Mapped[Now]


class WatchedFile(OfOrganization, Base):
    """A slide as it lies in a watched folder and what became of it; looked at again once `fingerprint` changes.

    `key`: the bytes of its relative path, which need not be text. `cleared`: whether it was moved or deleted there.
    """

    __tablename__ = "watched_files"
    __table_args__ = (
        within("folder_id", "watched_folders"),
        within("slide_id", "slides"),
        UniqueConstraint("folder_id", "key"),
        Index(None, "organization_id", "folder_id", "outcome"),
        Index(None, "slide_id"),
        one_of("outcome", FILE_OUTCOMES),
        one_of("cleared", CLEARINGS),
    )

    id: Mapped[Identifier]
    folder_id: Mapped[UUID]
    key: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str]
    fingerprint: Mapped[str]
    size_bytes: Mapped[Size]
    outcome: Mapped[str]
    code: Mapped[str | None]
    parameters: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    slide_id: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    next_try_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    noted_at: Mapped[Now]
    taken_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    cleared: Mapped[str | None]
    cleared_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class MatchRule(OfOrganization, Base):
    """How this hospital writes accession, block, slide and stain into barcodes and names; asked in order of position.

    `pattern`: an RE2 expression with the named groups accession, block, slide, stain.
    """

    __tablename__ = "match_rules"
    __table_args__ = (
        of_directory(),
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "name"),
        Index(None, "organization_id", "position"),
        one_of("source", RULE_SOURCES),
    )

    id: Mapped[Identifier]
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str]
    source: Mapped[str]
    pattern: Mapped[str]
    enabled: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[Now]

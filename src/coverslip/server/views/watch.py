"""Watched folders as the API shows them. File names may name patients: who may not see slides is not told them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import PurePosixPath

from coverslip.errors import LOCALES, problem_text
from coverslip.ingest.watched_folders import FolderState
from coverslip.records import models
from coverslip.server.schemas.common import Localised
from coverslip.server.schemas.watch import WatchedFile, WatchedFolder
from coverslip.server.views.failure import failure_text, recorded_error

NAMING = frozenset({"file", "name", "missing", "folder", "value"})
"""Parameters of errors that hold names of files."""


def folder(state: FolderState) -> WatchedFolder:
    """A folder with its state."""
    row = state.folder
    return WatchedFolder.model_validate(
        {
            **{name: getattr(row, name) for name in WatchedFolder.model_fields if hasattr(row, name)},
            "problem": None if row.state_problem is None else _words(row.state_problem),
            "is_watched_now": row.held_until is not None and row.held_until > datetime.now(UTC),
            "counts": dict(state.counts),
        }
    )


def file(row: models.WatchedFile, *, named: bool) -> WatchedFile:
    """What was found in a folder; `named`: whether the reader may see names."""
    kept = {
        name: value if named or name not in NAMING else f"…{PurePosixPath(str(value)).suffix[:8]}"
        for name, value in (row.parameters or {}).items()
        if named or name != "technical"
    }
    return WatchedFile.model_validate(
        {
            **{name: getattr(row, name) for name in ("id", "outcome", "size_bytes", "attempts", "noted_at")},
            "next_try_at": row.next_try_at,
            "name": row.name if named else None,
            "slide_id": row.slide_id if named else None,
            "error": None if row.code is None else recorded_error(row.code, json.dumps(kept)),
        }
    )


def _words(problem: str) -> Localised:
    """A key of the catalogue's problems, or the code of an error."""
    try:
        return Localised.of(*(problem_text(problem, locale) for locale in LOCALES))
    except KeyError:
        return failure_text(problem, None)

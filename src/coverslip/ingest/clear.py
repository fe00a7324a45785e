"""Clearing a slide out of the scanner's folder, once it is certain that the store has it.

Certain is: the slide's record still holds what was taken from there, every stored file has been read back and agrees
with its checksum, and the files in the folder are those that were taken (for deletion their bytes are read and
compared, too). How the files looked before all this was asked is written down before the first one goes: only those
very files go, and a process that is killed in between leaves a list to be finished (`clear_file`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, unquote_to_bytes

from coverslip.access import audit
from coverslip.errors import CoverslipError, system_problem
from coverslip.ingest.clear_file import marks_of, move, remove
from coverslip.ingest.errors import SourceNotCleared
from coverslip.ingest.scan import TAKEN_FOLDER, Found, is_unchanged
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.errors import DatabaseUnavailable
from coverslip.records.models import Slide, WatchedFile
from coverslip.records.queries import intake
from coverslip.records.queries import slide as slides
from coverslip.slides.bundle import Bundle
from coverslip.storage import checksums
from coverslip.storage.blobs import BlobStore

How = Literal["move", "delete"]


class Clearing:
    """Clears slides out of one folder, after one look at it."""

    def __init__(self, database: Database, blobs: BlobStore, actor: Actor, root: Path) -> None:
        self._database, self._blobs, self._actor, self._root = database, blobs, actor, root
        self._seen: dict[bytes, tuple[list[Bundle], dict[Path, list[int]]]] = {}

    def clear(self, row: WatchedFile, found: Found | None, how: How) -> bool:
        """Whether the slide's files are gone from the folder now. `found`: the slide as the scan saw it, if it did.

        One that changed since is taken in again first. What else keeps a file there is written on its row, once.
        Raises `DatabaseUnavailable`.
        """
        try:
            if row.cleared is None:
                if found is None and not self._is_there(row):
                    self._done(row, "gone")
                    return True
                if found is None or found.fingerprint != row.fingerprint:
                    return False
                self._begin(row, self._certain(row, found, how), how)
            self._carry_out(row)
        except DatabaseUnavailable:
            raise
        except CoverslipError as error:
            self._left(row, error)
            return False
        except OSError as error:
            self._left(row, SourceNotCleared(file=row.name, problem=system_problem(error)))
            return False
        self._done(row, "moved" if (row.parameters or {}).get("to") else "deleted")
        return True

    def _is_there(self, row: WatchedFile) -> bool:
        try:
            (self._root / os.fsdecode(row.key.partition(b"\0")[0])).lstat()
        except FileNotFoundError:
            return False
        return True

    def _certain(self, row: WatchedFile, found: Found, how: How) -> list[tuple[Path, list[int]]]:
        """The slide's files in the folder with their marks; raises `SourceNotCleared` unless the store has them.

        The marks are taken first: whatever comes to lie there from then on is another file.
        """
        said = row.parameters or {}
        bundles, marks_by_path = self._marked(row, found)
        bundle = next((bundle for bundle in bundles if bundle.name == said.get("bundle")), None)
        with self._database.transaction(self._actor) as tx:
            slide = None if row.slide_id is None else slides.slide(tx, row.slide_id)
        if bundle is None:
            raise SourceNotCleared(file=row.name, problem="clear_changed")
        marked = [(file.path, marks_by_path[file.path]) for file in bundle.files]
        if slide is None or slide.content_digest != said.get("digest") or len(slide.files) != len(bundle.files):
            raise SourceNotCleared(file=row.name, problem="clear_stored")
        self._verify_stored(row, slide)
        if how == "delete":
            for part, (path, marks) in zip(slide.files, marked, strict=True):
                if checksums.of_file(path).digest != part.digest or marks_of(path) != marks:
                    raise SourceNotCleared(file=row.name, problem="clear_changed")
        return marked

    def _marked(self, row: WatchedFile, found: Found) -> tuple[list[Bundle], dict[Path, list[int]]]:
        """The slides there and the marks of their files, seen once: before the first of several leaves the folder."""
        if found.key not in self._seen:
            bundles = found.bundles()
            marks = {file.path: marks_of(file.path) for bundle in bundles for file in bundle.files}
            if not is_unchanged(found, self._root):
                raise SourceNotCleared(file=row.name, problem="clear_changed")
            self._seen[found.key] = bundles, marks
        return self._seen[found.key]

    def _verify_stored(self, row: WatchedFile, slide: Slide) -> None:
        for part in slide.files:
            try:
                self._blobs.verify(slide.organization_id, part.digest)
            except CoverslipError as error:
                raise SourceNotCleared(file=row.name, problem="clear_stored") from error

    def _begin(self, row: WatchedFile, marked: Sequence[tuple[Path, list[int]]], how: How) -> None:
        files = [[quote(os.fsencode(path.relative_to(self._root))), *marks] for path, marks in marked]
        said: dict[str, Any] = {**(row.parameters or {}), "files": files}
        if how == "move":
            said["to"] = self._free_folder(files)
        row.parameters, row.cleared = said, "begun"
        self._write(row, cleared="begun", parameters=said)

    def _free_folder(self, files: Sequence[Sequence[Any]]) -> str:
        """Below the folder of taken slides one of today in which nothing is in the way."""
        day = datetime.now(UTC).date().isoformat()
        number = 1
        while True:
            name = f"{TAKEN_FOLDER}/{day}" if number == 1 else f"{TAKEN_FOLDER}/{day}-{number}"
            if not any(os.path.lexists(self._root / name / _path(relative)) for relative, *_ in files):
                return name
            number += 1

    def _carry_out(self, row: WatchedFile) -> None:
        said = row.parameters or {}
        folders = set()
        for relative, *marks in said.get("files", []):
            path = self._root / _path(relative)
            folders.add(path.parent)
            if "to" in said:
                move(path, self._root / said["to"] / _path(relative), marks)
            else:
                remove(path, marks)
        for folder in sorted(folders, reverse=True):
            if folder != self._root:
                with suppress(OSError):
                    folder.rmdir()  # only where nothing is left in it

    def _done(self, row: WatchedFile, cleared: str) -> None:
        self._write(row, cleared=cleared, cleared_at=datetime.now(UTC), code=None, audited={"how": cleared})

    def _left(self, row: WatchedFile, error: CoverslipError) -> None:
        self._write(row, code=error.code, audited={"code": error.code, "problem": error.parameters.get("problem")})

    def _write(self, row: WatchedFile, *, audited: dict[str, Any] | None = None, **values: Any) -> None:
        with self._database.transaction(self._actor) as tx:
            stored = intake.file(tx, row.id)
            if stored is None:
                return
            for name, value in values.items():
                setattr(stored, name, value)
            tx.flush()
            if audited is not None:
                audit.record(
                    tx,
                    "slide.clear",
                    object_type="slide",
                    object_id=row.slide_id,
                    detail={"file": row.name, **audited},
                    outcome="failed" if "code" in audited else "success",
                )


def _path(quoted: str) -> Path:
    return Path(os.fsdecode(unquote_to_bytes(quoted)))

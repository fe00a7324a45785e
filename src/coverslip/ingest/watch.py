"""Watching one scanner's folder: what has come to rest is taken in, once; what was dealt with is remembered.

A look is a scan by names and sizes (`scan`), so that a hundred thousand slides that are known cost no reading. A slide
is at rest when no file of it changed between looks for as long as the folder asks, by this machine's clock, whatever
the share's clock says. One process watches a folder at a time; another takes over soon after it fell silent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from coverslip.access import audit
from coverslip.errors import CoverslipError, Problem, system_problem
from coverslip.ingest.clear import Clearing
from coverslip.ingest.enter import TRIED_AGAIN
from coverslip.ingest.errors import FileChanged, FileStillGrowing, FileUnreadable
from coverslip.ingest.faults import ends_look, passes
from coverslip.ingest.intake import take_in
from coverslip.ingest.left_out import note_left_out
from coverslip.ingest.scan import Found, Scan, scan
from coverslip.ingest.settle import Patience, states_of
from coverslip.ingest.taken import Taken
from coverslip.ingest.watched_folders import is_allowed
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import WatchedFolder
from coverslip.records.queries import intake
from coverslip.records.queries import organization as organizations
from coverslip.settings import Settings
from coverslip.slides.bundle import Bundle
from coverslip.slides.bundle_errors import SlideIncomplete
from coverslip.slides.errors import SlideEmpty, SlideMissing
from coverslip.slides.isolation import DecoderPool
from coverslip.storage.blobs import BlobStore
from coverslip.vocabulary.text import storable

HELD = timedelta(seconds=20)
RENEWED_SECONDS = 5.0
STEP_SECONDS = 30.0
"""A look ends after so long, that other folders get their turn; what is left is taken at the next."""
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
MOST_ATTEMPTS = 3
CLEARED_AT_ONCE = 50
AT_ONCE = Patience(quiet_seconds=0.0)


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look did. `resting`: slides that are seen but have not rested long enough."""

    found: int = 0
    taken: tuple[Taken, ...] = ()
    problems: int = 0
    resting: int = 0
    cleared: int = 0
    unreachable: str | None = None


@dataclass(slots=True)
class _Tally:
    taken: list[Taken] = field(default_factory=list)
    problems: int = 0
    resting: int = 0


class FolderWatch:
    """Watches one folder in the name of Coverslip itself. Used by one thread."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        settings: Settings,
        organization_id: UUID,
        folder_id: UUID,
        *,
        holder: str,
        decoders: DecoderPool | None = None,
        clock: Callable[[], float] = time.monotonic,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database, self._blobs, self._settings = database, blobs, settings
        self._actor = Actor.system(organization_id)
        self._folder_id, self._holder, self._decoders = folder_id, holder, decoders
        self._clock, self._stopping = clock, stopping
        self._known: dict[bytes, str] | None = None
        self._seen: dict[bytes, tuple[str, float]] = {}
        self._held_at = float("-inf")

    def look(self) -> Looked | None:
        """Look once; None where the folder is not this process's to watch. Raises what `faults.ends_look`."""
        folder = self._hold()
        if folder is None:
            self._known, self._seen = None, {}
            return None
        root = Path(folder.path)
        try:
            if not self._is_allowed(folder):
                return self._lost(folder, Problem("watch_not_allowed"))
            seen = scan(root)
        except OSError as error:
            return self._lost(folder, system_problem(error))
        known = self._remembered(folder, seen)
        if seen.entries == 0 and known and self._should_hold_slides():
            return self._lost(folder, Problem("watch_empty"))
        self._reached(folder)
        note_left_out(self._database, self._actor, folder.id, seen.unreadable)
        tally = _Tally(problems=len(seen.unreadable))
        self._take_ripe(folder, seen, known, tally)
        cleared = self._clear(folder, root, seen)
        return Looked(len(seen.found), tuple(tally.taken), tally.problems, tally.resting, cleared)

    def let_go(self) -> None:
        """Let another process watch the folder. Raises `DatabaseUnavailable`."""
        with self._database.transaction(self._actor) as tx:
            intake.let_go(tx, self._folder_id, self._holder)

    def trouble(self, error: CoverslipError) -> None:
        """Write down what keeps everything from being taken in (a full store, ...), until the next look goes well."""
        with self._database.transaction(self._actor) as tx:
            stored = intake.folder(tx, self._folder_id, for_update=True)
            if stored is not None:
                stored.state_problem = error.code
                tx.flush()

    def _hold(self) -> WatchedFolder | None:
        with self._database.transaction(self._actor) as tx:
            if not intake.hold(tx, self._folder_id, self._holder, datetime.now(UTC) + HELD):
                return None
            self._held_at = self._clock()
            return intake.folder(tx, self._folder_id)

    def _renew(self, _: int = 0) -> None:
        if self._clock() - self._held_at > RENEWED_SECONDS:
            self._hold()

    def _is_allowed(self, folder: WatchedFolder) -> bool:
        """The roots may have changed since, and a link below one may lead elsewhere now."""
        if folder.added_by is None:
            return True
        with self._database.transaction(self._actor) as tx:
            organization = organizations.organization(tx, tx.organization_id)
        return organization is not None and is_allowed(self._settings, organization.code, Path(folder.path))

    def _remembered(self, folder: WatchedFolder, seen: Scan) -> dict[bytes, str]:
        """What was dealt with; at the first look at all, everything there where the folder is to skip it."""
        if self._known is None:
            with self._database.transaction(self._actor) as tx:
                self._known = intake.memory(tx, folder.id)
                if folder.scanned_at is None and folder.skip_existing:
                    rows = [_row(slide, slide.key, "skipped") for slide in seen.found]
                    if rows:
                        intake.note_files(tx, folder.id, rows)
                    self._known |= {slide.key: slide.fingerprint for slide in seen.found}
        return self._known

    def _should_hold_slides(self) -> bool:
        with self._database.transaction(self._actor) as tx:
            return intake.holds_uncleared(tx, self._folder_id)

    def _lost(self, folder: WatchedFolder, problem: Problem) -> Looked:
        """The share is away: nothing that was in it is forgotten. Said once."""
        self._seen = {}
        self._state(folder, "unreachable", problem, "watch.lost")
        return Looked(unreachable=problem.key)

    def _reached(self, folder: WatchedFolder) -> None:
        self._state(folder, "watching", None, "watch.back" if folder.state == "unreachable" else None)

    def _state(self, folder: WatchedFolder, state: str, problem: Problem | None, action: str | None) -> None:
        with self._database.transaction(self._actor) as tx:
            stored = intake.folder(tx, folder.id, for_update=True)
            if stored is None:
                return
            said_already = stored.state == state
            stored.state, stored.state_problem = state, None if problem is None else problem.key
            if state == "watching":
                stored.scanned_at = stored.seen_at = datetime.now(UTC)
            tx.flush()
            if action is not None and not said_already:
                detail: dict[str, Any] = {"path": folder.path}
                if problem is not None:
                    detail |= {"problem": problem.key, **problem.parameters}
                audit.record(tx, action, object_type="watched_folder", object_id=folder.id, detail=detail)

    def _take_ripe(self, folder: WatchedFolder, seen: Scan, known: dict[bytes, str], tally: _Tally) -> None:
        with self._database.transaction(self._actor) as tx:
            due = intake.due(tx, folder.id)
        began = self._clock()
        there = {slide.key for slide in seen.found}
        self._seen = {key: value for key, value in self._seen.items() if key in there}
        for slide in seen.found:
            same = known.get(slide.key) == slide.fingerprint
            if same and slide.key not in due:
                self._seen.pop(slide.key, None)
                continue
            if not same and not self._rests(slide, folder.quiet_seconds, known, tally):
                continue
            if self._stopping() or self._clock() - began > STEP_SECONDS:
                tally.resting += 1
                continue
            self._take(slide, known, due.get(slide.key, 0), tally)

    def _rests(self, slide: Found, quiet_seconds: int, known: dict[bytes, str], tally: _Tally) -> bool:
        """Whether a slide that is new or changed has been the same for long enough."""
        now = self._clock()
        fingerprint, since = self._seen.get(slide.key, ("", now))
        if fingerprint != slide.fingerprint:
            self._seen[slide.key] = (slide.fingerprint, now)
            since = now
        quiet = now - since >= quiet_seconds
        if quiet and not slide.unfinished and slide.size_bytes > 0:
            return True
        tally.resting += 1
        if now - since >= 20 * quiet_seconds:
            file = storable(Path(slide.name).name)
            empty = slide.size_bytes == 0
            error = SlideEmpty(file=file) if empty else FileStillGrowing(file=file, seconds=20 * quiet_seconds)
            self._note(slide, slide.key, error, 0, known)
        return False

    def _take(self, slide: Found, known: dict[bytes, str], attempts: int, tally: _Tally) -> None:
        """Take in what lies there; one entry may be several slides, each of which is noted."""
        try:
            states_of(slide.path)  # what another program keeps locked is waited for, not refused
            bundles = slide.bundles()
        except OSError as error:
            unreadable = FileUnreadable(file=storable(slide.name), problem=system_problem(error))
            self._note(slide, slide.key, unreadable, attempts, known)
            tally.problems += 1
            return
        except CoverslipError as error:
            self._note(slide, slide.key, error, attempts, known)
            tally.problems += 1
            return
        keys = [slide.key + intake.PART + bundle.name.encode() if len(bundles) > 1 else slide.key for bundle in bundles]
        if slide.path.is_dir():
            with self._database.transaction(self._actor) as tx:
                intake.forget_parts(tx, self._folder_id, slide.key, keys)
        for key, bundle in zip(keys, bundles, strict=True):
            try:
                taken = take_in(
                    self._database,
                    self._blobs,
                    self._actor,
                    bundle,
                    patience=AT_ONCE,
                    decoders=self._decoders,
                    progress=self._renew,
                    origin="watch",
                )
            except CoverslipError as error:
                if ends_look(error):
                    raise
                self._note(slide, key, error, attempts, known, audited=True)
                tally.problems += 1
            else:
                self._note_taken(slide, key, bundle, taken, attempts)
                known[slide.key] = slide.fingerprint
                tally.taken.append(taken)
            self._renew()
        self._seen.pop(slide.key, None)

    def _note_taken(self, slide: Found, key: bytes, bundle: Bundle, taken: Taken, attempts: int) -> None:
        again = taken.code in TRIED_AGAIN and attempts + 1 < MOST_ATTEMPTS
        row = _row(slide, key, taken.outcome) | {
            "name": storable(slide.name) if key == slide.key else f"{storable(slide.name)}: {bundle.name}",
            "code": taken.code,
            "parameters": {**taken.parameters, "bundle": bundle.name, "digest": taken.digest},
            "slide_id": taken.slide_id,
            "attempts": attempts + 1,
            "next_try_at": datetime.now(UTC) + _pause(attempts) if again else None,
            "taken_at": datetime.now(UTC),
        }
        with self._database.transaction(self._actor) as tx:
            intake.note_files(tx, self._folder_id, [row])

    def _note(
        self,
        slide: Found,
        key: bytes,
        error: CoverslipError,
        attempts: int,
        known: dict[bytes, str],
        *,
        audited: bool = False,
    ) -> None:
        """Write down why a slide is not in, once; it is looked at again when it changes, or after a while if locked."""
        if isinstance(error, FileChanged | SlideMissing):
            self._seen.pop(slide.key, None)  # written to, or gone: the next looks tell
            return
        waits = isinstance(error, FileUnreadable | SlideIncomplete | SlideEmpty | FileStillGrowing) or passes(error)
        again = isinstance(error, FileUnreadable) or passes(error)
        row = _row(slide, key, "waiting" if waits else "refused") | {
            "code": error.code,
            "parameters": {name: value for name, value in error.parameters.items() if value is not None},
            "attempts": attempts + 1,
            "next_try_at": datetime.now(UTC) + _pause(attempts) if again else None,
        }
        said_already = known.get(slide.key) == slide.fingerprint
        with self._database.transaction(self._actor) as tx:
            intake.note_files(tx, self._folder_id, [row])
            if not audited and not said_already:
                detail = {"file": row["name"], "code": error.code}
                audit.record(
                    tx,
                    "watch.note",
                    object_type="watched_folder",
                    object_id=self._folder_id,
                    detail=detail,
                    outcome="failed",
                )
        known[slide.key] = slide.fingerprint

    def _clear(self, folder: WatchedFolder, root: Path, seen: Scan) -> int:
        """Move or delete what is due, a few at a time."""
        kept = folder.after_taking == "keep"  # then only what was begun is finished
        before = datetime.min.replace(tzinfo=UTC) if kept else datetime.now(UTC) - timedelta(days=folder.after_days)
        with self._database.transaction(self._actor) as tx:
            rows = intake.to_clear(tx, folder.id, before, CLEARED_AT_ONCE)
        there = {slide.key: slide for slide in seen.found}
        clearing = Clearing(self._database, self._blobs, self._actor, root)
        cleared = 0
        for row in rows:
            if self._stopping():
                break
            found = there.get(row.key.partition(b"\0")[0])
            cleared += clearing.clear(row, found, "move" if folder.after_taking == "move" else "delete")
            self._renew()
        return cleared


def _row(slide: Found, key: bytes, outcome: str) -> dict[str, Any]:
    """What is written down of a slide; every row has the same columns."""
    return {
        "key": key,
        "name": storable(slide.name),
        "fingerprint": slide.fingerprint,
        "size_bytes": slide.size_bytes,
        "outcome": outcome,
        "code": None,
        "parameters": None,
        "slide_id": None,
        "attempts": 0,
        "next_try_at": None,
        "taken_at": None,
    }


def _pause(attempts: int) -> timedelta:
    return min(LONGEST_WAIT, SHORTEST_WAIT * float(2 ** min(attempts, 10)))

"""A scanner's watched folder, and the clock that a test moves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select

from coverslip.ingest.watch import FolderWatch, Looked
from coverslip.ingest.watched_folders import (
    change_folder,
)
from coverslip.phantoms.files.dicom import write_dicom
from coverslip.records.actor import Actor
from coverslip.records.models import AuditEvent, Slide, WatchedFile, WatchedFolder
from coverslip.settings import Settings
from coverslip.testing.laboratory import Laboratory

SlideFileMaker = Callable[[str, str], Path]
QUIET = 10


@dataclass
class Scanner:
    """A watched folder and a clock that the test moves."""

    laboratory: Laboratory
    root: Path
    settings: Settings
    folder: WatchedFolder
    now: float = 0.0
    holder: str = "one"
    watch: FolderWatch = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As a process that begins anew."""
        organization_id = self.laboratory.actor.organization_id
        assert organization_id is not None
        self.watch = FolderWatch(
            self.laboratory.database,
            self.laboratory.blobs,
            self.settings,
            organization_id,
            self.folder.id,
            holder=self.holder,
            decoders=self.laboratory.decoders,
            clock=lambda: self.now,
        )

    def look(self, after: float = 0.0) -> Looked:
        self.now += after
        looked = self.watch.look()
        assert looked is not None
        return looked

    def settle(self) -> Looked:
        """See everything, let it rest, look again."""
        self.look()
        return self.look(QUIET)

    def files(self) -> dict[str, tuple[str, str | None]]:
        with self.laboratory.database.transaction(self.system) as tx:
            rows = tx.session.scalars(select(WatchedFile))
            return {row.name: (row.outcome, row.code) for row in rows}

    def state(self) -> tuple[str, str | None]:
        with self.laboratory.database.transaction(self.system) as tx:
            row = tx.session.get_one(WatchedFolder, self.folder.id)
            return row.state, row.state_problem

    def audited(self, action: str) -> list[dict[str, Any]]:
        with self.laboratory.database.transaction(self.system) as tx:
            return [event.detail for event in tx.session.scalars(select(AuditEvent).where(AuditEvent.action == action))]

    def slides(self) -> int:
        with self.laboratory.database.transaction(self.system) as tx:
            return len(list(tx.session.scalars(select(Slide).where(Slide.content_digest.is_not(None)))))

    def change(self, **changes: object) -> None:
        with self.laboratory.database.transaction(self.system) as tx:
            change_folder(tx, self.folder.id, changes)

    @property
    def system(self) -> Actor:
        return Actor.system(self.laboratory.actor.organization_id)  # type: ignore[arg-type]  # the laboratory has one


def put(scanner: Scanner, slide_file: SlideFileMaker, kind: str, name: str) -> Path:
    target = scanner.root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(slide_file(kind, "source.svs"), target))


def dicom(folder: Path, seed: int, factors: tuple[int, ...] = (1, 4)) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 255, (256, 320, 3), dtype=np.uint8)
    return write_dicom(folder, pixels, factors=factors)

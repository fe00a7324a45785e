"""Faults of store and disk are the installation's: no door refuses or deletes a slide for them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from coverslip.errors import CoverslipError
from coverslip.ingest import intake, upload, upload_job
from coverslip.ingest.faults import KEPT_FAULTS
from coverslip.ingest.upload_errors import UploadDiskFull
from coverslip.ingest.upload_spool import Spool
from coverslip.jobs.task import Work
from coverslip.records.models import WatchedFile
from coverslip.settings import Settings
from coverslip.storage.errors import BlobCorrupt, BlobMissing, CacheFull, StorageFull
from coverslip.testing.laboratory import Laboratory
from tests.unit.ingest.scanner import Scanner, put

SlideFileMaker = Callable[[str, str], Path]
STORE_FAULTS = [
    BlobMissing(digest="0" * 64),
    BlobCorrupt(digest="0" * 64, found="-"),
    CacheFull(needed_mb=2, limit_mb=1),
]


@pytest.mark.parametrize("fault", STORE_FAULTS, ids=lambda fault: str(fault.code))
def test_a_fault_of_the_store_is_not_the_slides_by_any_door(
    scanner: Scanner, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch, fault: CoverslipError
) -> None:
    assert fault.code in KEPT_FAULTS
    put(scanner, slide_file, "labelled", "a.svs")

    def enter(*_: object) -> None:
        raise fault

    with monkeypatch.context() as patched:
        patched.setattr(intake, "enter", enter)
        assert scanner.settle().taken == ()
    assert scanner.files() == {"a.svs": ("waiting", fault.code)}
    with scanner.laboratory.database.transaction(scanner.system) as tx:
        tx.session.scalars(select(WatchedFile)).one().next_try_at = datetime.now(UTC)
    assert [taken.outcome for taken in scanner.look().taken] == ["matched"]


@pytest.mark.parametrize("fault", STORE_FAULTS, ids=lambda fault: str(fault.code))
def test_an_upload_outlives_a_fault_of_the_store(
    laboratory: Laboratory,
    slide_file: SlideFileMaker,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    fault: CoverslipError,
) -> None:
    content = slide_file("labelled", "x.svs").read_bytes()
    spool, limits = Spool(settings.spool_dir), upload.UploadLimits(10**9, timedelta(hours=1))
    with laboratory.database.transaction(laboratory.actor) as tx:
        begun = upload.begin_upload(tx, spool, limits, upload.NewUpload("x.svs", len(content)))
    writer = spool.write(begun.part, 0, len(content))
    writer.append(content)
    writer.finish()
    with laboratory.database.transaction(laboratory.actor) as tx:
        upload.look_up(tx, spool, limits, begun.part.upload_id)

    def enter(*_: object) -> None:
        raise fault

    monkeypatch.setattr(intake, "enter", enter)
    work = Work(laboratory.database, laboratory.blobs, settings)
    upload_job.take_in_upload.run(
        work, batch_id=str(begun.part.batch_id), organization_id=str(laboratory.actor.organization_id)
    )
    with laboratory.database.transaction(laboratory.actor) as tx:
        (batch,) = upload.own_uploads(tx)
        assert (batch.status, batch.failure_code) == ("failed", fault.code)
        assert upload.may_be_tried_again(batch)
    assert [path.read_bytes() for path in settings.spool_dir.rglob("*") if path.is_file()] == [content]


def test_intake_and_uploads_leave_the_reserve_free(
    laboratory: Laboratory, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert Settings().reserve_bytes == 2_000_000_000
    path = slide_file("labelled", "a.svs")
    size, usage = path.stat().st_size, shutil.disk_usage(tmp_path)
    spool = Spool(tmp_path / "spool", reserve_bytes=Settings().reserve_bytes)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2_000_000_000 + size - 1))
        with pytest.raises(StorageFull):
            laboratory.take(path)
        with pytest.raises(UploadDiskFull):
            spool.require_room(size)
    assert list(laboratory.blobs.list()) == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2_000_000_000 + size))
    spool.require_room(size)
    assert laboratory.take(path).outcome == "matched"

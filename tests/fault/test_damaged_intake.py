"""Damaged files through the whole door: a slide with its reason or a refusal, and never bytes without a row."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from coverslip.errors import CoverslipError
from coverslip.phantoms.files import WRITERS
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Blob, Slide
from coverslip.slides.isolation import DecoderLimits, DecoderPool
from coverslip.storage.blobs import BlobStore
from coverslip.testing.laboratory import open_laboratory
from coverslip.testing.mutation import mutate_file
from coverslip.vocabulary.roles import Role

KINDS = ("svs-jpeg-rgb", "svs-jpeg2000-ycbcr", "tiff-pyramid", "ome-tiff")
FILES = 40


def test_damaged_files_leave_nothing_half(
    database: Database, blob_store: BlobStore, actor_of: Callable[[Role], Actor], tmp_path: Path
) -> None:
    originals = {}
    for kind in KINDS:
        (tmp_path / kind).mkdir()
        originals[kind] = WRITERS[kind](tmp_path / kind)
    outcomes: Counter[str] = Counter()
    with DecoderPool(DecoderLimits(1024, 20.0), blob_store.folders) as decoders:
        laboratory = open_laboratory(database, blob_store, actor_of(Role.TECHNICIAN), decoders)
        for seed in range(FILES):
            original = originals[KINDS[seed % len(KINDS)]]
            path = Path(shutil.copy(original, tmp_path / f"{seed}{original.suffix}"))
            mutate_file(path, seed)
            try:
                outcomes[laboratory.take(path).outcome] += 1
            except CoverslipError as error:
                outcomes[error.code] += 1
        intact = laboratory.take(originals["tiff-pyramid"])
    assert intact.outcome == "unmatched"
    assert outcomes.total() == FILES
    assert len(outcomes) > 1, outcomes
    with database.transaction(laboratory.actor) as tx:
        rows = tx.session.scalars(select(Slide).where(Slide.content_digest.is_not(None))).all()
        registered = set(tx.session.scalars(select(Blob.digest)))
    assert all(row.status in ("unmatched", "failed") for row in rows)
    assert all(row.failure_code for row in rows if row.status == "failed")
    assert {blob.digest for blob in blob_store.list()} == registered

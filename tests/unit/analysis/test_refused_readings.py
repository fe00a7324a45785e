"""Slides of which nothing is measured, or nothing is accepted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coverslip.analysis import review
from coverslip.analysis.errors import FluorescenceSlide, ReadingUnplaced
from coverslip.analysis.review import ReadingRequest
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Slide
from coverslip.storage.blobs import BlobStore
from coverslip.testing.reading_example import StoredSlide, requested, work_off
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.roles import Role

Actors = Callable[[Role], Actor]
KI67 = ReadingRequest(Marker.KI67)


def test_nobody_accepts_a_result_of_a_slide_without_a_case(
    database: Database, blob_store: BlobStore, actor_of: Actors, slide: StoredSlide, organization: Organization
) -> None:
    finished = requested(database, actor_of(Role.RESIDENT), slide)
    work_off(database, blob_store)
    with database.transaction(Actor.system(organization.id)) as tx:
        row = tx.session.get(Slide, slide.id)
        assert row is not None
        row.status, row.block_id = "unmatched", None
    with pytest.raises(ReadingUnplaced), database.transaction(actor_of(Role.PATHOLOGIST)) as tx:
        review.review_reading(tx, finished, "accept")
    with database.transaction(actor_of(Role.PATHOLOGIST)) as tx:
        assert review.review_reading(tx, finished, "reject", "切片未匹配").decision == "rejected"


def test_a_fluorescence_slide_is_not_read_by_a_brightfield_algorithm(
    database: Database, actor_of: Actors, slide: StoredSlide, organization: Organization
) -> None:
    with database.transaction(Actor.system(organization.id)) as tx:
        row = tx.session.get(Slide, slide.id)
        assert row is not None
        row.stain, row.marker = "fluorescence", None
    with pytest.raises(FluorescenceSlide), database.transaction(actor_of(Role.RESIDENT)) as tx:
        review.start_reading(tx, slide.id, KI67)

"""From the scanner's file to a slide of a case."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from coverslip.access.errors import PermissionDenied
from coverslip.ingest import intake, look
from coverslip.ingest.errors import FileChanged
from coverslip.ingest.place import associated_image, change_slide, match_slide, open_slide_record
from coverslip.ingest.queue import queue_page
from coverslip.records.actor import Actor
from coverslip.records.models import AuditEvent, Blob, Case, Slide
from coverslip.records.queries import reading as readings
from coverslip.records.queries import slide as slides
from coverslip.slides.describe import from_json
from coverslip.storage.blobs import BlobStore
from coverslip.testing.case_example import finished_reading, registered
from coverslip.testing.laboratory import Laboratory
from coverslip.vocabulary.roles import Role

SlideFileMaker = Callable[[str, str], Path]


def stored(laboratory: Laboratory, slide_id: UUID) -> Slide:
    with laboratory.database.transaction(laboratory.actor) as tx:
        found = slides.slide(tx, slide_id)
    assert found is not None
    return found


def rows(laboratory: Laboratory) -> list[Slide]:
    with laboratory.database.transaction(laboratory.actor) as tx:
        return list(tx.session.scalars(select(Slide).order_by(Slide.id)))


def test_a_barcode_brings_the_file_to_its_expected_slide(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    taken = laboratory.take(slide_file("labelled", "scan_0001.svs"))
    assert (taken.outcome, taken.case_id, taken.label) == ("matched", laboratory.case_id, "2")
    slide = stored(laboratory, taken.slide_id)
    assert (slide.status, slide.marker, slide.clone) == ("ready", "ki67", "MIB-1")
    assert slide.received_by == laboratory.actor.person_id
    assert slide.original_name == "scan_0001.svs"


def test_the_case_awaiting_slides_becomes_ready(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    laboratory.take(slide_file("labelled", "a.svs"))
    with laboratory.database.transaction(laboratory.actor) as tx:
        assert tx.session.scalar(select(Case.status).where(Case.id == laboratory.case_id)) == "ready"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("S25-00123-A1-2_KI67.svs", "2"),
        ("S25-00123-A1-3_ER.svs", "3"),
        ("S25-00123-A1-3.svs", "3"),
        ("S25-00123_A1_ER.svs", "3"),
        ("S25-00123 a1 1.svs", "1"),
        ("S25-00123-A1-HE.svs", "1"),
    ],
)
def test_a_file_name_brings_the_file_to_its_expected_slide(
    laboratory: Laboratory, slide_file: SlideFileMaker, name: str, label: str
) -> None:
    taken = laboratory.take(slide_file("plain", name))
    assert (taken.outcome, taken.label) == ("matched", label)


@pytest.mark.parametrize("name", ["scan.svs", "S25-001234-A1-2_KI67.svs", "S25-0012-A1-2.svs"])
def test_a_file_that_names_no_case_waits_unmatched(
    laboratory: Laboratory, slide_file: SlideFileMaker, name: str
) -> None:
    taken = laboratory.take(slide_file("plain", name))
    assert (taken.outcome, taken.case_id) == ("unmatched", None)


@pytest.mark.parametrize("name", ["S25-00123.svs", "S25-00123-A1-9.svs", "S25-00123-B1-2_KI67.svs"])
def test_a_file_that_names_only_the_case_waits_beside_it(
    laboratory: Laboratory, slide_file: SlideFileMaker, name: str
) -> None:
    taken = laboratory.take(slide_file("plain", name))
    assert (taken.outcome, taken.case_id) == ("unmatched", laboratory.case_id)


def test_label_and_name_that_contradict_each_other_match_nothing(
    laboratory: Laboratory, slide_file: SlideFileMaker
) -> None:
    taken = laboratory.take(slide_file("labelled", "S25-00123-A1-3_ER.svs"))
    assert (taken.outcome, taken.flags) == ("unmatched", ("LABEL_CONTRADICTS_NAME",))


def test_a_barcode_text_is_read_by_the_rule_of_names_too(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    taken = laboratory.take(slide_file("other", "scan_0002.svs"))
    assert (taken.outcome, taken.label) == ("matched", "3")


def test_a_rescan_never_replaces_a_slide_that_is_there(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    first = laboratory.take(slide_file("labelled", "a.svs"))
    second = laboratory.take(slide_file("plain", "S25-00123-A1-2_KI67.svs"))
    assert (second.outcome, second.flags) == ("unmatched", ("ALREADY_SCANNED",))
    assert stored(laboratory, first.slide_id).content_digest == first.digest


def test_a_second_identical_file_is_the_same_slide(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    first = laboratory.take(slide_file("labelled", "a.svs"))
    before = len(rows(laboratory))
    blobs = {blob.digest for blob in laboratory.blobs.list()}
    second = laboratory.take(slide_file("labelled", "copy of a.svs"))
    assert (second.outcome, second.slide_id) == ("duplicate", first.slide_id)
    assert len(rows(laboratory)) == before
    assert {blob.digest for blob in laboratory.blobs.list()} == blobs


def test_every_stored_byte_stands_in_the_register(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    laboratory.take(slide_file("labelled", "a.svs"))
    with laboratory.database.transaction(laboratory.actor) as tx:
        registered = {(blob.digest, blob.size_bytes) for blob in tx.session.scalars(select(Blob))}
    assert {(blob.digest, blob.size_bytes) for blob in laboratory.blobs.list()} == registered
    assert len(registered) == 4


def test_the_stored_bytes_are_the_files_and_the_file_stays(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    path = slide_file("labelled", "a.svs")
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    taken = laboratory.take(path)
    organization_id = laboratory.actor.organization_id
    assert organization_id is not None
    assert laboratory.blobs.read(organization_id, taken.digest) == before[0]
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_the_properties_are_kept_and_a_first_look_at_the_quality(
    laboratory: Laboratory, slide_file: SlideFileMaker
) -> None:
    properties = stored(laboratory, laboratory.take(slide_file("labelled", "a.svs")).slide_id).properties
    assert properties is not None
    assert from_json(properties).width == 900
    assert properties["quality"]["tissue_share"] > 0.3
    assert properties["quality"]["focus"] > 0.2


def test_thumbnail_label_and_macro_are_served_as_stored_jpeg(
    laboratory: Laboratory, slide_file: SlideFileMaker
) -> None:
    taken = laboratory.take(slide_file("labelled", "a.svs"))
    with laboratory.database.transaction(laboratory.actor) as tx:
        for name in ("thumbnail", "label", "macro"):
            assert associated_image(tx, laboratory.blobs, taken.slide_id, name)[:3] == b"\xff\xd8\xff"


def test_a_slide_without_spacing_is_taken_in_and_flagged(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    taken = laboratory.take(slide_file("unmeasured", "S25-00123-A1-3.svs"))
    assert (taken.outcome, taken.flags) == ("matched", ("SPACING_UNKNOWN",))


def test_taking_in_is_audited_with_the_digest(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    taken = laboratory.take(slide_file("labelled", "a.svs"))
    with laboratory.database.transaction(laboratory.actor) as tx:
        event = tx.session.scalars(select(AuditEvent).where(AuditEvent.action == "slide.ingest")).one()
    assert (event.object_id, event.case_id, event.outcome) == (taken.slide_id, laboratory.case_id, "success")
    assert event.detail["digest"] == taken.digest


def test_a_pathologist_may_not_take_slides_in(
    laboratory: Laboratory, slide_file: SlideFileMaker, actor_of: Callable[[Role], Actor]
) -> None:
    other = Laboratory(
        laboratory.database,
        laboratory.blobs,
        actor_of(Role.PATHOLOGIST),
        laboratory.case_id,
        laboratory.block_id,
    )
    with pytest.raises(PermissionDenied):
        other.take(slide_file("labelled", "a.svs"))
    assert list(laboratory.blobs.list()) == []


def test_matching_by_hand_fulfils_the_expected_slide(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    taken = laboratory.take(slide_file("plain", "scan.svs"))
    before = len(rows(laboratory))
    with laboratory.database.transaction(laboratory.actor) as tx:
        assert [slide.id for slide in queue_page(tx, "waiting", None, 10).slides] == [taken.slide_id]
        slide = match_slide(tx, taken.slide_id, laboratory.block_id, "2")
    assert (slide.status, slide.marker, slide.barcode) == ("ready", "ki67", "S25-00123-A1-2")
    assert len(rows(laboratory)) == before - 1
    with laboratory.database.transaction(laboratory.actor) as tx:
        placed = open_slide_record(tx, taken.slide_id)
    assert (placed.accession_number, placed.specimen_label, placed.block_label) == ("S25-00123", "A", "1")


def test_matching_by_hand_may_add_a_slide_nobody_expected(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    taken = laboratory.take(slide_file("plain", "scan.svs"))
    with laboratory.database.transaction(laboratory.actor) as tx:
        slide = match_slide(tx, taken.slide_id, laboratory.block_id, "7")
    assert (slide.status, slide.label, slide.case_id) == ("ready", "7", laboratory.case_id)


def test_readings_go_with_their_slide_to_the_case_it_is_matched_to(
    laboratory: Laboratory, slide_file: SlideFileMaker, actor_of: Callable[[Role], Actor]
) -> None:
    taken = laboratory.take(slide_file("plain", "S25-00123_unknown.svs"))
    assert (taken.outcome, taken.case_id) == ("unmatched", laboratory.case_id)
    reader = actor_of(Role.PATHOLOGIST)
    assert reader.person_id is not None
    with laboratory.database.transaction(reader) as tx:
        made = finished_reading(tx, laboratory.case_id, taken.slide_id, reader.person_id, decision="accepted")
    other = registered(laboratory.database, laboratory.actor)
    with laboratory.database.transaction(laboratory.actor) as tx:
        match_slide(tx, taken.slide_id, other.specimens[0].blocks[0].id, "99", despite=("match_name",))
    with laboratory.database.transaction(laboratory.actor) as tx:
        found = readings.reading(tx, made.id)
        assert found is not None
        assert (found.case_id, found.slide_id) == (other.id, taken.slide_id)
        event = tx.session.scalar(select(AuditEvent).where(AuditEvent.action == "slide.match"))
    assert event is not None
    assert (event.detail["case_before"], event.detail["readings_moved"]) == (str(laboratory.case_id), 1)


def test_a_place_that_is_taken_is_refused(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    laboratory.take(slide_file("labelled", "a.svs"))
    taken = laboratory.take(slide_file("plain", "scan.svs"))
    with laboratory.database.transaction(laboratory.actor) as tx, pytest.raises(Exception, match="already") as caught:
        match_slide(tx, taken.slide_id, laboratory.block_id, "2")
    assert getattr(caught.value, "code", None) == "SLIDE_PLACE_TAKEN"


def test_a_slide_is_placed_once(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    taken = laboratory.take(slide_file("labelled", "a.svs"))
    with laboratory.database.transaction(laboratory.actor) as tx, pytest.raises(Exception, match="place") as caught:
        match_slide(tx, taken.slide_id, laboratory.block_id, "5")
    assert getattr(caught.value, "code", None) == "SLIDE_ALREADY_PLACED"


def test_a_correction_of_the_stain_keeps_what_stood_there_in_the_audit_trail(
    laboratory: Laboratory, slide_file: SlideFileMaker
) -> None:
    taken = laboratory.take(slide_file("labelled", "a.svs"))
    with laboratory.database.transaction(laboratory.actor) as tx:
        change_slide(tx, taken.slide_id, {"clone": "SP6", "control_status": "passed"})
    with laboratory.database.transaction(laboratory.actor) as tx:
        event = tx.session.scalars(select(AuditEvent).where(AuditEvent.action == "slide.change")).one()
    assert event.detail["before"] == {"clone": "MIB-1", "control_status": "unknown"}
    assert event.detail["after"] == {"clone": "SP6", "control_status": "passed"}


def test_another_hospitals_case_is_never_matched(
    laboratory: Laboratory, slide_file: SlideFileMaker, two_organizations: tuple[object, ...]
) -> None:
    other = two_organizations[1]
    actor = Actor.system(getattr(other, "id"))  # noqa: B009
    elsewhere = Laboratory(laboratory.database, laboratory.blobs, actor, laboratory.case_id, laboratory.block_id)
    taken = elsewhere.take(slide_file("labelled", "S25-00123-A1-2_KI67.svs"))
    assert (taken.outcome, taken.case_id) == ("unmatched", None)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_file_replaced_between_copy_and_first_look_is_not_taken_for_its_predecessor(
    laboratory: Laboratory, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Object storage keeps no files to look at, so the scanner's own is looked at."""
    stored_elsewhere = replace(laboratory, blobs=BlobStore(url="memory:///"))
    path, other = slide_file("labelled", "scan.svs"), slide_file("other", "b.svs")
    state, look_at = path.stat(), look.look_or_fault

    def replaced(*arguments: Any) -> Any:
        if when == "before":
            shutil.copy(other, path)
        found = look_at(*arguments)
        if when == "after":
            path.write_bytes(path.read_bytes())
            os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        return found

    with monkeypatch.context() as patched, pytest.raises(FileChanged):
        patched.setattr(intake, "look_or_fault", replaced)
        stored_elsewhere.take(path)
    assert list(stored_elsewhere.blobs.list()) == []
    taken = stored_elsewhere.take(path)
    assert (taken.outcome, taken.label) == ("matched", "3" if when == "before" else "2")

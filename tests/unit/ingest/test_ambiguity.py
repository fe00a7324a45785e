"""What could be two slides is neither: glued labels, several barcodes, label against name, rescans, failed places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from coverslip.cases.accession import register_case
from coverslip.cases.registration import NewBlock, NewCase, NewPatient, NewSlide, NewSpecimen
from coverslip.ingest.identify import Named, Place, find_place
from coverslip.ingest.match_rules import NewRule, save_rules
from coverslip.ingest.place import match_slide
from coverslip.ingest.slide_words import words
from coverslip.records.actor import Actor
from coverslip.records.models import AuditEvent, Slide
from coverslip.testing.laboratory import Laboratory
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.roles import Role
from coverslip.vocabulary.stains import Stain

SlideFileMaker = Callable[[str, str], Path]
GLUED = "S25-00500"


def case(laboratory: Laboratory, accession: str, *specimens: tuple[str, Sequence[tuple[str, Sequence[str]]]]) -> None:
    """`specimens`: label, and blocks with the labels of their slides."""
    made = tuple(
        NewSpecimen(
            label,
            "76752008",
            "core_biopsy",
            blocks=tuple(NewBlock(block, tuple(NewSlide(one, Stain.HE) for one in slides)) for block, slides in blocks),
        )
        for label, blocks in specimens
    )
    with laboratory.database.transaction(laboratory.actor) as tx:
        register_case(tx, NewCase(accession, NewPatient(f"P-{accession}", "李梅", "female"), made))


def place(laboratory: Laboratory, name: str, *barcodes: str, folder: str = "") -> Place:
    with laboratory.database.transaction(laboratory.actor) as tx:
        return find_place(tx, Named(name, folder, barcodes))


def found(laboratory: Laboratory, name: str, *barcodes: str, folder: str = "") -> tuple[str | None, tuple[str, ...]]:
    at = place(laboratory, name, *barcodes, folder=folder)
    return None if at.slide is None else at.slide.label, at.reasons


def scanned(laboratory: Laboratory, label: str) -> None:
    with laboratory.database.transaction(laboratory.actor) as tx:
        tx.session.scalars(select(Slide).where(Slide.label == label, Slide.block_id == laboratory.block_id)).one()
        for slide in tx.session.scalars(select(Slide).where(Slide.label == label)):
            slide.status = "ready"


@pytest.mark.parametrize("text", ["S25-00500-A1-12", "S25-00500_A1_12", "S25-00500-A-112", "S25-00500-A112"])
@pytest.mark.parametrize("kind", ["name", "barcode"])
def test_block_and_slide_are_words_of_their_own(laboratory: Laboratory, text: str, kind: str) -> None:
    case(laboratory, GLUED, ("A", [("11", ["2"])]))
    at = found(laboratory, f"{text}.svs") if kind == "name" else found(laboratory, "scan.svs", text)
    assert at == (None, ("SLIDE_UNKNOWN",))


@pytest.mark.parametrize(
    ("text", "block"), [("A1-12", "1"), ("A11-2", "11"), ("A-1-12", "1"), ("a 11 2", "11"), ("A11-2-HE", "11")]
)
def test_each_of_two_slides_alike_when_glued_gets_its_own_file(laboratory: Laboratory, text: str, block: str) -> None:
    case(laboratory, GLUED, ("A", [("1", ["12"]), ("11", ["2"])]))
    at = place(laboratory, f"{GLUED}-{text}.svs")
    assert at.slide is not None
    (candidate,) = at.candidates
    assert candidate.block_label == block


@pytest.mark.parametrize("text", ["A112", "A-112", "A1-1-2", "A1-1-2-HE"])
def test_a_glued_label_is_nobodys(laboratory: Laboratory, text: str) -> None:
    case(laboratory, GLUED, ("A", [("1", ["12"]), ("11", ["2"])]))
    assert found(laboratory, f"{GLUED}-{text}.svs") == (None, ("SLIDE_UNKNOWN",))


def test_words_that_may_name_another_block_fit_neither(laboratory: Laboratory) -> None:
    case(laboratory, GLUED, ("1", [("1", ["2"]), ("11", ["5"])]))
    assert found(laboratory, f"{GLUED}-11-2.svs") == (None, ("SEVERAL_MATCH",))
    case(laboratory, "S25-00501", ("A", [("1", ["2-3"]), ("1-2", ["3"])]))
    assert found(laboratory, "S25-00501-A1-2-3.svs") == (None, ("SEVERAL_MATCH",))


def test_a_text_that_fits_a_shorter_number_too_is_no_cases(laboratory: Laboratory) -> None:
    case(laboratory, "S25-1", ("2", [("1", ["3"])]))
    case(laboratory, "S25-1-2", ("1", [("3", ["3"])]))
    assert found(laboratory, "S25-1-2-1-3.svs") == (None, ("BARCODE_FITS_SEVERAL_CASES",))


def test_a_rules_block_without_its_specimen_is_of_no_specimen(
    laboratory: Laboratory, actor_of: Callable[[Role], Actor]
) -> None:
    pattern = r"^(?P<accession>S\d\d-\d{5})_(?P<block>\d+)_(?P<slide>\d+)$"
    with laboratory.database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
        save_rules(tx, [NewRule("numbers", "file_name", pattern)])
    case(laboratory, GLUED, ("A", [("1", ["2"])]), ("B", [("1", ["1"])]))
    assert found(laboratory, f"{GLUED}_1_2.svs") == (None, ("SEVERAL_MATCH",))
    assert found(laboratory, "S25-00123_1_3.svs") == ("3", ())


@pytest.mark.parametrize("codes", [("A1-2", "A1-3"), ("A1-3", "A1-1"), ("A1-1", "A1-3"), ("A1-3", "A1-9")])
def test_two_barcodes_that_name_two_slides_of_one_case_name_none(
    laboratory: Laboratory, codes: tuple[str, ...]
) -> None:
    at = found(laboratory, "scan.svs", *(f"S25-00123-{code}" for code in codes))
    assert at == (None, ("SEVERAL_MATCH",))


def test_a_second_barcode_that_names_the_same_or_only_its_case_or_nothing_changes_nothing(
    laboratory: Laboratory,
) -> None:
    for second in ("S25-00123", "s25-00123 a1 3", "S25-00123-A1", "LOT 4711"):
        assert found(laboratory, "scan.svs", "S25-00123-A1-3", second) == ("3", ())


@pytest.mark.parametrize("name", ["A1-9", "B1-2", "A1-3", "A1-3_ER", "A1_ER", "2", "A1-22", "A1-2-3", "recut"])
def test_a_name_that_says_anything_but_the_labels_slide_holds_the_file_back(laboratory: Laboratory, name: str) -> None:
    at = found(laboratory, f"S25-00123-{name}.svs", "S25-00123-A1-2")
    assert at == (None, ("LABEL_CONTRADICTS_NAME",))


def test_a_name_of_a_slide_that_is_scanned_already_contradicts_the_label_all_the_same(laboratory: Laboratory) -> None:
    scanned(laboratory, "3")
    assert found(laboratory, "S25-00123-A1-3.svs", "S25-00123-A1-2") == (None, ("LABEL_CONTRADICTS_NAME",))


@pytest.mark.parametrize(
    "name",
    ["", "_20250301_0815", "-2025-03-01", "_A1-2_KI67", "_A1", "_A1-2_20250301T081500", "-A1-2-40x", "_A1_Ki-67"],
)
def test_a_name_that_agrees_or_only_tells_the_day_changes_nothing(laboratory: Laboratory, name: str) -> None:
    assert found(laboratory, f"S25-00123{name}.svs", "S25-00123-A1-2") == ("2", ())


def test_a_folder_of_another_case_contradicts_the_name(
    laboratory: Laboratory, actor_of: Callable[[Role], Actor]
) -> None:
    with laboratory.database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
        save_rules(tx, [NewRule("folder", "folder_name", r"^(?P<accession>S\d\d-\d+)$")])
    case(laboratory, GLUED, ("A", [("1", ["2"])]))
    assert found(laboratory, "S25-00123-A1-3.svs", folder=GLUED) == (None, ("LABEL_CONTRADICTS_NAME",))
    assert found(laboratory, "S25-00123-A1-3.svs", folder="S25-00123") == ("3", ())


def test_a_rescan_named_by_its_stain_is_not_taken_for_the_next_slide_of_that_stain(laboratory: Laboratory) -> None:
    case(laboratory, GLUED, ("A", [("1", ["1", "2"])]))
    assert found(laboratory, f"{GLUED}-A1_HE.svs") == (None, ("SEVERAL_MATCH",))
    scanned(laboratory, "1")
    assert found(laboratory, f"{GLUED}-A1_HE.svs") == (None, ("SEVERAL_MATCH",))


@pytest.mark.parametrize(
    ("text", "label"), [("A1-Ki-67", "2"), ("A1-KI67", "2"), ("A1-K-I67", "2"), ("A1-Ki6-7", None)]
)
def test_a_stain_is_written_as_people_write_it_not_glued_from_numbers(
    laboratory: Laboratory, text: str, label: str | None
) -> None:
    assert found(laboratory, f"S25-00123-{text}.svs")[0] == label


def test_a_registered_barcode_that_reads_as_another_slide_is_asked_about(laboratory: Laboratory) -> None:
    with laboratory.database.transaction(laboratory.actor) as tx:
        tx.session.scalars(select(Slide).where(Slide.label == "1")).one().barcode = "S25-00123-A1-3"
    assert found(laboratory, "scan.svs", "S25-00123-A1-3") == (None, ("SEVERAL_MATCH",))


def test_a_slide_in_the_queue_with_its_cases_barcode_holds_nobody_back(
    laboratory: Laboratory, slide_file: SlideFileMaker
) -> None:
    with laboratory.database.transaction(laboratory.actor) as tx:
        waiting = tx.add(
            Slide(
                organization_id=tx.organization_id,
                case_id=laboratory.case_id,
                label="scan",
                barcode="S25-00123",
                stain="other",
                status="unmatched",
            )
        )
    assert found(laboratory, "S25-00123-A1-3.svs", "S25-00123") == ("3", ())
    with laboratory.database.transaction(laboratory.actor) as tx:
        assert match_slide(tx, waiting.id, laboratory.block_id, "1").barcode is None
    assert found(laboratory, "S25-00123-A1-3.svs", "S25-00123") == ("3", ())


def test_a_slide_matched_by_hand_takes_the_place_of_one_that_failed(
    laboratory: Laboratory, slide_file: SlideFileMaker
) -> None:
    broken = slide_file("plain", "S25-00123-A1-2.svs")
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size // 2])
    failed = laboratory.take(broken)
    assert (failed.outcome, failed.label) == ("failed", "2")
    good = laboratory.take(slide_file("plain", "unknown.svs"))
    with laboratory.database.transaction(laboratory.actor) as tx:
        match_slide(tx, good.slide_id, laboratory.block_id, "2")
    with laboratory.database.transaction(laboratory.actor) as tx:
        (here,) = tx.session.scalars(
            select(Slide).where(Slide.block_id == laboratory.block_id, Slide.label == "2")
        ).all()
        history = tx.session.get_one(Slide, failed.slide_id)
        event = tx.session.scalars(select(AuditEvent).where(AuditEvent.action == "slide.replace")).one()
    assert (here.id, here.status, here.barcode, here.marker) == (good.slide_id, "ready", "S25-00123-A1-2", Marker.KI67)
    assert (history.status, history.case_id, history.block_id, history.barcode) == ("failed", None, None, None)
    assert (history.set_aside_by, history.set_aside_reason) == (laboratory.actor.person_id, "REPLACED")
    assert (history.content_digest, event.object_id) == (failed.digest, failed.slide_id)
    assert (event.detail["by"], event.detail["label"]) == (str(good.slide_id), "2")
    assert found(laboratory, "S25-00123-A1-2.svs", "S25-00123-A1-2") == (None, ("ALREADY_SCANNED",))


def test_words_are_never_glued() -> None:
    assert words("Ｓ25-00123_a1 2.ki67") == ("S25", "00123", "A1", "2", "KI67")
    assert words(None) == words("·—/") == ()

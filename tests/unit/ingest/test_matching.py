"""Which case a slide belongs to: by barcode and names as each hospital writes them, and never by a guess."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from coverslip.access.errors import PermissionDenied
from coverslip.errors import InvalidInput
from coverslip.ingest import look
from coverslip.ingest.identify import Named, Place, find_place
from coverslip.ingest.match_rules import NewRule, match_rules, read, save_rules
from coverslip.ingest.rule_preview import Example, preview
from coverslip.records.actor import Actor
from coverslip.records.models import AuditEvent, Slide
from coverslip.records.transaction import Transaction
from coverslip.testing.case_example import registered
from coverslip.testing.laboratory import Laboratory
from coverslip.vocabulary.roles import Role

SlideFileMaker = Callable[[str, str], Path]
SUZHOU = NewRule("病理号_蜡块_切片", "file_name", r"^(?P<accession>S\d\d-\d{5})_(?P<block>[A-Z]\d+)_(?P<slide>\d+)")
TICKET = NewRule("ticket", "barcode", r"^\*(?P<accession>[^*|]+)\|(?P<block>[^*|]+)\|(?P<slide>[^*|]+)\*$")
DAY = NewRule("folder", "folder_name", r"^(?P<accession>S\d\d-\d+)$")


@contextmanager
def at(laboratory: Laboratory) -> Iterator[Transaction]:
    with laboratory.database.transaction(laboratory.actor) as tx:
        yield tx


@pytest.fixture
def administrator(actor_of: Callable[[Role], Actor]) -> Actor:
    return actor_of(Role.ADMINISTRATOR)


@pytest.fixture
def with_rules(laboratory: Laboratory, administrator: Actor) -> Callable[..., None]:
    def save(*rules: NewRule) -> None:
        with laboratory.database.transaction(administrator) as tx:
            save_rules(tx, rules)

    return save


def place(laboratory: Laboratory, name: str, *barcodes: str, folder: str = "") -> Place:
    with at(laboratory) as tx:
        return find_place(tx, Named(name, folder, barcodes))


def label_of(found: Place) -> str | None:
    return None if found.slide is None else found.slide.label


@pytest.mark.parametrize(
    ("name", "barcodes", "label", "reasons"),
    [
        ("scan.svs", (), None, ("NOT_NAMED",)),
        ("scan.svs", ("XYZ-1",), None, ("BARCODE_UNKNOWN",)),
        ("scan.svs", ("S25-00123-A1-2",), "2", ()),
        ("scan.svs", ("s25-00123-a1-3",), "3", ()),
        ("S25-00123.svs", (), None, ("SLIDE_UNKNOWN",)),
        ("S25-00123-A1-9.svs", (), None, ("SLIDE_UNKNOWN",)),
        ("S25-00123-A1-3.svs", ("S25-00123-A1-2",), None, ("LABEL_CONTRADICTS_NAME",)),
        ("S25-00123-A1-3.svs", ("S25-00123",), "3", ()),
        ("S25-00123-A1-2.svs", ("S25-00999-A1-2",), None, ("LABEL_CONTRADICTS_NAME",)),
        ("Ｓ２５－００１２３－Ａ１－３.svs", (), "3", ()),
    ],
)
def test_what_label_and_name_say_is_matched_or_waits_for_a_stated_reason(
    laboratory: Laboratory, name: str, barcodes: tuple[str, ...], label: str | None, reasons: tuple[str, ...]
) -> None:
    found = place(laboratory, name, *barcodes)
    assert (label_of(found), found.reasons) == (label, reasons)


def test_a_barcode_that_fits_two_cases_is_matched_to_neither(laboratory: Laboratory) -> None:
    other = registered(laboratory.database, laboratory.actor)
    with at(laboratory) as tx:
        slide = tx.session.scalars(select(Slide).where(Slide.case_id == other.id)).first()
        assert slide is not None
        slide.barcode = "S25-00123-A1-2"
    found = place(laboratory, "scan.svs", "S25-00123-A1-2")
    assert (found.slide, found.case_id, found.reasons) == (None, None, ("BARCODE_FITS_SEVERAL_CASES",))
    assert {candidate.accession_number for candidate in found.candidates} == {"S25-00123", other.accession_number}


def test_two_labels_of_two_cases_on_one_glass_are_matched_to_neither(laboratory: Laboratory) -> None:
    other = registered(laboratory.database, laboratory.actor)
    found = place(laboratory, "scan.svs", "S25-00123-A1-1", f"{other.accession_number}-A1-1")
    assert (found.slide, found.reasons) == (None, ("BARCODE_FITS_SEVERAL_CASES",))


@pytest.mark.parametrize("kind", ["barcode", "file_name"])
def test_a_case_that_does_not_exist_is_said_with_the_number_that_was_read(
    laboratory: Laboratory, with_rules: Callable[..., None], kind: str
) -> None:
    with_rules(SUZHOU, TICKET)
    found = (
        place(laboratory, "scan.svs", "*S25-77777|A1|2*")
        if kind == "barcode"
        else place(laboratory, "S25-77777_A1_2.svs")
    )
    assert (found.slide, found.case_id, found.reasons) == (None, None, ("CASE_UNKNOWN",))
    assert found.reading is not None
    assert (found.reading.source, found.reading.accession) == (kind, "S25-77777")


def test_a_label_of_an_unknown_case_is_not_overruled_by_the_name(
    laboratory: Laboratory, with_rules: Callable[..., None]
) -> None:
    with_rules(TICKET)
    found = place(laboratory, "S25-00123-A1-3.svs", "*S25-77777|A1|2*")
    assert (found.slide, found.reasons) == (None, ("LABEL_CONTRADICTS_NAME",))


def test_a_hospitals_own_rule_reads_its_names(laboratory: Laboratory, with_rules: Callable[..., None]) -> None:
    assert label_of(place(laboratory, "S25-00123_A1_2_20250301_0815.svs")) is None
    with_rules(SUZHOU, TICKET, DAY)
    assert label_of(place(laboratory, "S25-00123_A1_2_20250301_0815.svs")) == "2"
    assert label_of(place(laboratory, "scan.svs", "*S25-00123|A1|3*")) == "3"
    by_folder = place(laboratory, "0001.svs", folder="S25-00123")
    assert (by_folder.slide, by_folder.case_id, by_folder.reasons) == (None, laboratory.case_id, ("SLIDE_UNKNOWN",))
    assert {candidate.slide.label for candidate in by_folder.candidates} == {"1", "2", "3"}


def test_a_rule_that_is_switched_off_reads_nothing(laboratory: Laboratory, with_rules: Callable[..., None]) -> None:
    with_rules(NewRule(SUZHOU.name, SUZHOU.source, SUZHOU.pattern, enabled=False))
    assert label_of(place(laboratory, "S25-00123_A1_2_20250301_0815.svs")) is None


def test_several_slides_that_fit_are_candidates_for_a_person(
    laboratory: Laboratory, with_rules: Callable[..., None]
) -> None:
    with_rules(NewRule("block", "file_name", r"(?P<accession>S\d\d-\d{5})_(?P<block>A\d)$"))
    found = place(laboratory, "S25-00123_A1.svs")
    assert (found.slide, found.case_id, found.reasons) == (None, laboratory.case_id, ("SEVERAL_MATCH",))
    assert {candidate.slide.label for candidate in found.candidates} == {"1", "2", "3"}


def test_why_a_slide_waits_stands_on_it_for_who_matches_it(
    laboratory: Laboratory, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "read_barcodes", lambda picture: ("S25-00123-A1-3",))
    taken = laboratory.take(slide_file("labelled", "S25-00123-A1-1.svs"))
    with at(laboratory) as tx:
        matching = tx.session.get_one(Slide, taken.slide_id).matching
        event = tx.session.scalars(select(AuditEvent).where(AuditEvent.action == "slide.ingest")).one()
    assert matching is not None
    assert matching["reasons"] == ["LABEL_CONTRADICTS_NAME"]
    assert matching["barcodes"] == ["S25-00123-A1-3"]
    assert {candidate["label"] for candidate in matching["candidates"]} == {"1", "3"}
    assert event.detail["flags"][0] == "LABEL_CONTRADICTS_NAME"


def test_stain_and_control_are_never_guessed(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    taken = laboratory.take(slide_file("plain", "HER2 positive control unstained.svs"))
    with at(laboratory) as tx:
        slide = tx.session.get_one(Slide, taken.slide_id)
    assert (slide.stain, slide.marker, slide.clone, slide.control_status) == ("other", None, None, "unknown")


@pytest.mark.parametrize(
    ("rule", "field", "problem"),
    [
        (NewRule("", "barcode", "(?P<accession>a)"), "name", "required"),
        (NewRule("a", "label", "(?P<accession>a)"), "source", "not_one_of"),
        (NewRule("a", "barcode", ""), "pattern", "rule_length"),
        (NewRule("a", "barcode", "x" * 301), "pattern", "rule_length"),
        (NewRule("a", "barcode", "(?P<accession>a"), "pattern", "rule_pattern"),
        (NewRule("a", "barcode", r"(?P<accession>a)\1"), "pattern", "rule_pattern"),
        (NewRule("a", "barcode", r"(?=a)(?P<accession>a)"), "pattern", "rule_pattern"),
        (NewRule("a", "barcode", r"(?P<accession>(a{900}){900})"), "pattern", "rule_pattern"),
        (NewRule("a", "barcode", "(?P<patient>a)"), "pattern", "rule_group"),
        (NewRule("a", "barcode", "(?P<block>a)"), "pattern", "rule_accession"),
    ],
)
def test_what_cannot_be_a_rule_is_refused_with_its_field(
    laboratory: Laboratory, administrator: Actor, rule: NewRule, field: str, problem: str
) -> None:
    with laboratory.database.transaction(administrator) as tx, pytest.raises(InvalidInput) as refused:
        save_rules(tx, [rule])
    assert (refused.value.field, refused.value.parameters["problem"]) == (f"rules.0.{field}", problem)


@pytest.mark.parametrize("pattern", [r"^(?P<accession>(a+)+)$", r"(?P<accession>(a|a)*)b", r"(?P<accession>(.*)*x)y"])
def test_no_rule_takes_long_on_any_text(pattern: str) -> None:
    """Python's own `re` would not end before the test's time limit does."""
    began = time.monotonic()
    assert read([NewRule("evil", "barcode", pattern)], "barcode", "a" * 511 + "!") is None
    assert time.monotonic() - began < 60


def test_rules_are_kept_in_their_order_and_their_change_is_audited(
    laboratory: Laboratory, administrator: Actor, with_rules: Callable[..., None]
) -> None:
    with_rules(SUZHOU, TICKET)
    with_rules(TICKET, DAY, SUZHOU)
    with laboratory.database.transaction(administrator) as tx:
        assert [rule.name for rule in match_rules(tx)] == ["ticket", "folder", "病理号_蜡块_切片"]
    with at(laboratory) as tx:
        events = list(tx.session.scalars(select(AuditEvent).where(AuditEvent.action == "match_rules.change")))
    assert [len(event.detail["after"]) for event in events] == [2, 3]
    assert [rule["name"] for rule in events[1].detail["before"]] == ["病理号_蜡块_切片", "ticket"]


def test_rules_are_tried_out_on_examples_before_they_are_kept(laboratory: Laboratory, administrator: Actor) -> None:
    examples = [
        Example("file_name", "S25-00123_A1_2_0001"),
        Example("barcode", "*S25-77777|A1|2*"),
        Example("folder_name", "holiday"),
    ]
    with laboratory.database.transaction(administrator) as tx:
        matched, unknown, nothing = preview(tx, [SUZHOU, TICKET], examples)
        assert match_rules(tx) == []
    assert (matched.label, matched.case_id, matched.reasons) == ("2", laboratory.case_id, ())
    assert matched.reading is not None
    assert (matched.reading.rule, matched.reading.block) == (SUZHOU.name, "A1")
    assert (unknown.reasons, nothing.reasons) == (("CASE_UNKNOWN",), ("NOT_NAMED",))


def test_another_hospitals_rules_and_cases_are_not_asked(
    laboratory: Laboratory, with_rules: Callable[..., None], two_organizations: tuple[Any, Any]
) -> None:
    with_rules(SUZHOU)
    with laboratory.database.transaction(Actor.system(two_organizations[1].id)) as tx:
        found = find_place(tx, Named("S25-00123_A1_2_0001.svs", "", ("S25-00123-A1-2",)))
    assert (found.slide, found.case_id, found.reasons) == (None, None, ("BARCODE_UNKNOWN",))


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.PATHOLOGIST, Role.HEAD, Role.AUDITOR])
def test_rules_are_an_administrators_business(
    laboratory: Laboratory, actor_of: Callable[[Role], Actor], role: Role
) -> None:
    with laboratory.database.transaction(actor_of(role)) as tx:
        with pytest.raises(PermissionDenied):
            save_rules(tx, [SUZHOU])
        with pytest.raises(PermissionDenied):
            preview(tx, [SUZHOU], [])

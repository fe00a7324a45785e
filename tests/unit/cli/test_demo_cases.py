from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from coverslip.cases.registration import validate
from coverslip.cli.demo_cases import DemoCase, DemoHospital, Phantom, RealField, Truncated, region
from coverslip.errors import Locale
from coverslip.phantoms.recipe import PRESETS
from coverslip.reports.render import render
from coverslip.testing.report_example import IMAGES, report_content
from coverslip.vocabulary.roles import Role
from coverslip.vocabulary.specimens import Procedure, site_by_code

NOW = datetime(2026, 5, 18, 6, 0, tzinfo=UTC)
REGION = region()


def cases() -> Iterator[tuple[DemoHospital, DemoCase]]:
    for hospital in REGION:
        for case in hospital.cases:
            yield hospital, case


def test_a_county_and_a_provincial_hospital_have_people_in_every_role() -> None:
    assert [hospital.kind for hospital in REGION] == ["county", "provincial"]
    for hospital in REGION:
        assert {role for person in hospital.people for role in person.roles} == set(Role)
    usernames = [person.username for hospital in REGION for person in hospital.people]
    assert len(set(usernames)) == len(usernames)


def test_a_dozen_cases_tell_every_story() -> None:
    stories = [case.story for _, case in cases()]
    assert len(stories) >= 12
    assert set(stories) == {
        "waiting", "ready", "in_reading", "read", "drafted", "signed", "amended", "journey",
    }  # fmt: skip
    assert stories.count("journey") == 1
    assert {case.priority for _, case in cases()} == {"routine", "urgent", "frozen"}


@pytest.mark.parametrize(("hospital", "case"), list(cases()), ids=lambda value: getattr(value, "accession_number", ""))
def test_a_case_can_be_registered_rendered_and_assigned(hospital: DemoHospital, case: DemoCase) -> None:
    validate(case.new_case(NOW), NOW)
    for specimen in case.specimens:
        assert site_by_code(specimen.site_code) is not None
        assert specimen.procedure in set(Procedure)
    readers = {
        person.username
        for person in hospital.people
        if {Role.RESIDENT, Role.PATHOLOGIST, Role.SENIOR_PATHOLOGIST, Role.HEAD} & set(person.roles)
    }
    assert case.assigned_to is None or case.assigned_to in readers
    if case.story in ("signed", "amended"):
        assert case.signed_by in readers
    if case.story in ("drafted", "signed", "amended", "journey"):
        assert case.report is not None
    if case.story == "amended":
        assert case.report is not None
        assert case.report.amended_diagnosis
        assert case.report.amendment_reason


def test_identifiers_are_given_once_in_a_hospital() -> None:
    for hospital in REGION:
        files = [file for case in hospital.cases for file in case.files()] + list(hospital.unmatched)
        for values in (
            [case.accession_number for case in hospital.cases],
            [case.patient.number for case in hospital.cases],
            [file.name for file in files],
            [file.barcode for file in files if file.barcode],
        ):
            assert len(set(values)) == len(values)


def test_renderings_differ_in_seed_and_use_presets_that_exist() -> None:
    seeds, kinds = [], set()
    for hospital in REGION:
        for file in [f for case in hospital.cases for f in case.files()] + list(hospital.unmatched):
            shown = file.rendering.of if isinstance(file.rendering, Truncated) else file.rendering
            kinds.add(type(file.rendering))
            seeds.append(shown.seed)
            assert isinstance(shown, RealField) or shown.preset in PRESETS
    assert len(set(seeds)) == len(seeds)
    assert kinds == {Phantom, RealField, Truncated}


def test_the_journey_case_has_a_ki67_slide_and_slides_still_to_come() -> None:
    (journey,) = [case for _, case in cases() if case.story == "journey"]
    assert [file.label for file in journey.files()] == [("A1-1", "HE"), ("A1-2", "KI67")]
    assert len(list(journey.new_case(NOW).slides())) == 5


def test_a_label_never_carries_a_name() -> None:
    for hospital in REGION:
        for case in hospital.cases:
            for file in case.files():
                printed = " ".join((file.name, *file.label, file.barcode or ""))
                assert case.patient.name not in printed
                assert case.patient.number not in printed


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_the_reports_font_prints_every_text_of_the_demo(locale: Locale) -> None:
    from dataclasses import astuple, replace

    everything = "\n".join(str(astuple(hospital)) for hospital in REGION).replace("\\n", " ")
    render(replace(report_content(), comment=everything), locale, IMAGES)

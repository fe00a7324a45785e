"""Coded concepts: checked against what the DICOM standard's dictionary says, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from pydicom.sr._concepts_dict import concepts

from coverslip.vocabulary.assays import CLONES, canonical_clone
from coverslip.vocabulary.coding import ALL_CODES, LOINC, MARKER_CODES, UCUM, Code
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.specimens import SNOMED_CT


def dictionary(scheme: str) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    entries: Mapping[str, tuple[str, list[int]]]
    for entries in concepts[scheme].values():  # type: ignore[assignment]  # pydicom types it as object
        for code, (display, *_) in entries.items():
            known.setdefault(code, set()).add(display.lower())
    return known


READ_ELSEWHERE = {"42400003", "41224006", "66051006", "266005"}
"""Lung lobes and gastric antrum: not in the DICOM dictionary, read in published HL7 FHIR examples and value sets."""
SNOMED_CODES = [code for code in ALL_CODES if code.system == SNOMED_CT and code.value not in READ_ELSEWHERE]
SPELT = {"haematoxylin": "hematoxylin", "oesophagus": "esophagus", "uterus": "uteri", "of": "structure"}


@pytest.mark.parametrize("code", SNOMED_CODES, ids=lambda code: code.en)
def test_a_snomed_code_means_what_our_display_says(code: Code) -> None:
    displays = " ".join(dictionary("SCT")[code.value])
    words = [SPELT.get(word, word) for word in re.findall(r"[a-z]+", code.en.lower())]
    matched = [word for word in words if word in displays]
    assert matched, f"{code.value}: {code.en} is {displays}"
    assert len(matched) >= (len(words) + 1) // 2


def test_what_the_dictionary_does_not_know_is_only_what_was_read_elsewhere() -> None:
    known = dictionary("SCT")
    assert {code.value for code in ALL_CODES if code.system == SNOMED_CT} - set(known) == READ_ELSEWHERE


def test_every_unit_is_a_ucum_code_of_the_dictionary() -> None:
    known = dictionary("UCUM")
    assert {code.value for code in ALL_CODES if code.system == UCUM} <= set(known)


def test_every_loinc_code_has_its_check_digit() -> None:
    """LOINC's last digit is a mod 10 (Luhn) check of the digits before it."""
    for code in ALL_CODES:
        if code.system == LOINC:
            number, check = code.value.split("-")
            digits = [int(digit) for digit in reversed(number)]
            total = sum(sum(divmod(2 * digit, 10)) if i % 2 == 0 else digit for i, digit in enumerate(digits))
            assert (10 - total % 10) % 10 == int(check), code.value


def test_every_marker_has_a_code_and_clones() -> None:
    assert set(MARKER_CODES) == set(Marker) == set(CLONES)


def test_every_code_has_a_display_in_both_languages() -> None:
    for code in ALL_CODES:
        if code.system != UCUM:
            assert code.en
            assert re.search(r"[\u4e00-\u9fff]", code.zh) or code.zh.startswith("HER2")


@pytest.mark.parametrize(
    ("marker", "written", "clone"),
    [
        (Marker.KI67, "mib1", "MIB-1"),
        (Marker.KI67, "MIB 1", "MIB-1"),
        (Marker.KI67, "30.9", "30-9"),
        (Marker.PD_L1, "22c3", "22C3"),
        (Marker.HER2, "MIB-1", None),
        (Marker.ER, "", None),
    ],
)
def test_a_clone_is_known_however_it_is_written(marker: Marker, written: str, clone: str | None) -> None:
    assert canonical_clone(marker, written) == clone

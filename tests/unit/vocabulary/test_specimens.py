from __future__ import annotations

import json
from importlib import resources

import pytest

from coverslip.errors import LOCALES, Locale
from coverslip.vocabulary.specimens import SITES, Procedure, site_by_code


def words(locale: Locale) -> dict[str, dict[str, str]]:
    source = resources.files("coverslip") / "locales" / locale / "vocabulary.json"
    found: dict[str, dict[str, str]] = json.loads(source.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("locale", LOCALES)
def test_the_catalogue_holds_exactly_the_sites_and_procedures(locale: Locale) -> None:
    expected = {site.code: site.zh if locale == "zh-CN" else site.en for site in SITES}
    assert words(locale)["site"] == expected
    assert set(words(locale)["procedure"]) == {procedure.value for procedure in Procedure}


def test_a_code_names_one_site() -> None:
    assert len({site.code for site in SITES}) == len(SITES)
    for site in SITES:
        assert site_by_code(site.code) is site
    assert site_by_code("0") is None


def verhoeff(number: str) -> bool:
    """Whether the last digit is the Verhoeff check digit that every SNOMED CT identifier carries."""
    d = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
         [3, 4, 0, 1, 2, 8, 9, 5, 6, 7], [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
         [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3], [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
         [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]]  # fmt: skip
    p = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
    while len(p) < 8:
        p.append([p[-1][p[1][n]] for n in range(10)])
    check = 0
    for place, digit in enumerate(reversed(number)):
        check = d[check][p[place % 8][int(digit)]]
    return check == 0


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.en)
def test_every_site_code_is_a_well_formed_snomed_ct_concept_identifier(site: object) -> None:
    code = getattr(site, "code", "")
    assert code.isdigit()
    assert 6 <= len(code) <= 18
    assert code[-3:-1] == "00", "partition of international concepts"
    assert verhoeff(code)

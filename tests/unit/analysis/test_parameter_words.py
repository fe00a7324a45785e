"""What the form of an algorithm's parameters says is said in both languages."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import pytest

from coverslip.analysis.errors import ParametersInvalid
from coverslip.analysis.registry import algorithm_named, enabled_algorithms, parameters_of
from coverslip.errors import LOCALES, Locale


def words(locale: Locale) -> dict[str, str]:
    """The viewer's words for parameters: `NAME` is the label, `NAME_help` the line below it."""
    text = (resources.files("coverslip") / "locales" / locale / "viewer.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)["parameters"]
    return found


@pytest.mark.parametrize("locale", LOCALES)
def test_every_parameter_of_every_algorithm_has_a_label_and_a_help_line(locale: Locale) -> None:
    wanted = {
        key
        for algorithm in enabled_algorithms()
        for name in algorithm.declaration.parameters.model_fields
        for key in (name, f"{name}_help")
    }
    assert wanted
    assert wanted - words(locale).keys() == set()


def test_no_words_are_left_of_a_parameter_that_is_gone() -> None:
    known = {name for algorithm in enabled_algorithms() for name in algorithm.declaration.parameters.model_fields}
    assert {key.removesuffix("_help") for key in words("zh-CN")} <= known


def test_the_chinese_words_of_parameters_are_chinese() -> None:
    assert [key for key, text in words("zh-CN").items() if not any("一" <= letter <= "鿿" for letter in text)] == []


@pytest.mark.parametrize(
    ("given", "field", "english"),
    [
        ({"sensitivity": 7}, "parameters.sensitivity", "0.5"),
        ({"sensitivity": 0.001}, "parameters.sensitivity", "0.01"),
        ({"sensitivity": "pale"}, "parameters.sensitivity", "no value"),
        ({"nothing": 1}, "parameters.nothing", "no such field"),
        ({"lowest_cut_od": 0.5, "highest_cut_od": 0.2}, "parameters", "contradict"),
    ],
)
def test_a_refused_parameter_is_told_in_both_languages(given: dict[str, Any], field: str, english: str) -> None:
    with pytest.raises(ParametersInvalid) as caught:
        parameters_of(algorithm_named("ki67-classical"), given)
    assert caught.value.field == field
    assert english in caught.value.message("en")
    chinese = caught.value.message("zh-CN").replace(field, "")
    assert not re.search("[A-Za-z]{3}", chinese)

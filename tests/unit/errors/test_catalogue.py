"""Every error speaks both languages, and the catalogue names no error that does not exist."""

import ast
import importlib
import json
import pickle
import pkgutil
import string
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

import coverslip
from coverslip.errors import LOCALES, CoverslipError, InvalidInput, Locale, _subtree, error_text

# Codes that no exception carries: outcomes written into a record (`slides.failure_code`, `readings.error_code`).
RECORDED_CODES: set[str] = set()


def every_error() -> list[type[CoverslipError]]:
    for module in pkgutil.walk_packages(coverslip.__path__, "coverslip."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    return sorted(set(_below(CoverslipError)), key=lambda kind: kind.code)


def _below(kind: type[CoverslipError]) -> Iterator[type[CoverslipError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _below(child)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_error_has_message_and_mend(locale: Locale) -> None:
    missing = []
    for kind in every_error():
        try:
            text = error_text(kind.code, locale)
        except KeyError:
            missing.append(kind.code)
        else:
            assert text["message"].strip() and text["mend"].strip(), kind.code
    assert missing == []


def test_both_languages_fill_the_same_placeholders() -> None:
    for kind in every_error():
        english, chinese = error_text(kind.code, "en"), error_text(kind.code, "zh-CN")
        for part in ("message", "mend"):
            assert placeholders(english[part]) - placeholders(chinese[part]) <= {"field"}, (kind.code, part)
            assert placeholders(chinese[part]) - placeholders(english[part]) <= {"field"}, (kind.code, part)


def test_the_chinese_words_are_chinese() -> None:
    for kind in every_error():
        text = error_text(kind.code, "zh-CN")
        for part in ("message", "mend"):
            words = "".join(literal for literal, *_ in string.Formatter().parse(text[part]))
            assert any("一" <= letter <= "鿿" for letter in words) or not words.strip("：: "), (kind.code, part)


def test_every_code_in_the_catalogue_belongs_to_an_error() -> None:
    codes = {kind.code for kind in every_error()} | RECORDED_CODES
    for locale in LOCALES:
        folder = resources.files("coverslip") / "locales" / locale
        for entry in folder.iterdir():
            named = set(json.loads(entry.read_text(encoding="utf-8")).get("errors", {}))
            assert named <= codes, (entry.name, named - codes)


def test_codes_are_unique_among_the_errors() -> None:
    codes = [kind.code for kind in every_error()]
    doubled = {code for code in codes if codes.count(code) > 1}
    # A subclass may narrow its parent without a code of its own.
    assert all(
        kind.__base__ is not None and kind.__base__.__dict__.get("code") == code
        for code in doubled
        for kind in every_error()
        if kind.code == code and "code" not in kind.__dict__
    )


def test_an_error_survives_the_way_out_of_a_child_process() -> None:
    error = pickle.loads(pickle.dumps(InvalidInput(field="region", problem="region_empty")))
    assert (type(error), error.field, str(error)) == (InvalidInput, "region", "region: the region is empty")


def problems_named_in_the_code() -> set[str]:
    """The literal `problem=` of every `InvalidInput(...)` call under src."""
    named = set()
    for path in Path(coverslip.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "InvalidInput":
                for keyword in node.keywords:
                    if keyword.arg == "problem":
                        key = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
                        assert isinstance(key, str), f"{path.name}:{node.lineno}: words in the code"
                        named.add(key)
    return named


def test_every_problem_has_words_in_both_languages() -> None:
    named = problems_named_in_the_code()
    assert named
    for locale in LOCALES:
        words = _subtree("problems", locale)
        assert named - words.keys() == set(), locale
        assert all(placeholders(words[key]) == placeholders(_subtree("problems", "en")[key]) for key in named)


def test_a_problem_is_told_in_the_language_asked_for() -> None:
    error = InvalidInput(field="spacing_um_x", problem="spacing_range", value="0.0")
    assert error.message("en") == "spacing_um_x: 0.0 µm/px is no spacing of a microscope"
    assert error.message("zh-CN") == "spacing_um_x：0.0 µm/px 不是显微镜可能的像素间距"

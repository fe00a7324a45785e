"""Every error speaks both languages, and the catalogue names no error that does not exist."""

import ast
import errno
import importlib
import json
import pickle
import pkgutil
import re
import string
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

import coverslip
from coverslip.errors import (
    LOCALES,
    CoverslipError,
    InvalidInput,
    Locale,
    Problem,
    _subtree,
    error_text,
    error_words,
    system_problem,
)
from coverslip.storage.errors import NotABackup

# Codes that no exception carries: outcomes written into a record (`slides.failure_code`, `readings.error_code`).
RECORDED_CODES: set[str] = set()


def every_error() -> list[type[CoverslipError]]:
    for module in pkgutil.walk_packages(coverslip.__path__, "coverslip."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    return sorted(set(_below(CoverslipError)), key=lambda kind: (kind.code, kind.__module__, kind.__qualname__))


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


HANDED_ON = {
    "SlideColour": "a recorded outcome, shown through `ProfileUnusable`",
    "cls": "the first of pydantic's faults, by a table of keys",
    "ParametersInvalid": "a fault of pydantic's, by a table of keys",
    "MatchContradicts": "the key that the contradiction was found with",
    "ProfileUnusable": "the key that the outcome was recorded with",
}


def is_text(value: ast.expr) -> bool:
    """Whether an expression makes a text of its own: no key of the catalogue."""
    if isinstance(value, ast.Constant):
        return isinstance(value.value, str)
    if isinstance(value, ast.BoolOp):
        return any(is_text(part) for part in value.values)
    if isinstance(value, ast.Call):
        return getattr(value.func, "id", getattr(value.func, "attr", "")) in {"str", "repr", "join", "format", "strip"}
    if isinstance(value, ast.Attribute):
        return value.attr in {"strerror", "message"}
    if isinstance(value, ast.Subscript):
        return is_text(value.value) or isinstance(value.slice, ast.Constant | ast.Slice)
    return isinstance(value, ast.JoinedStr | ast.BinOp)


def branches(value: ast.expr) -> list[ast.expr]:
    return [*branches(value.body), *branches(value.orelse)] if isinstance(value, ast.IfExp) else [value]


def problems_of(call: ast.Call, function: ast.AST, place: str) -> Iterator[str]:
    """The keys that a call names; asserts that it names nothing but keys."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    given = [keyword.value for keyword in call.keywords if keyword.arg == "problem"]
    if name == "Problem" and len(call.args) == 1:  # `cli.check` has a class of that name too
        given = call.args[:1]
    for value in [one for whole in given for one in branches(whole)]:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value
        elif isinstance(value, ast.Name):
            made = [node.value for node in ast.walk(function) if isinstance(node, ast.Assign) and named(node, value.id)]
            for one in [one for whole in made for one in branches(whole)]:
                assert not is_text(one) or name in HANDED_ON or isinstance(one, ast.Constant), f"{place}: words"
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value
        else:
            assert not is_text(value) or name in HANDED_ON, f"{place}: {ast.unparse(value)} is no key"


def named(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def problems_named_in_the_code() -> set[str]:
    """Every problem that an error of the code is raised with."""
    found = set()
    for path in Path(coverslip.__path__[0]).rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call):
                        found |= set(problems_of(node, function, f"{path.name}:{node.lineno}"))
    return found


def test_every_problem_has_words_in_both_languages() -> None:
    named_ones = problems_named_in_the_code()
    assert len(named_ones) > 200
    for locale in LOCALES:
        words = _subtree("problems", locale)
        assert named_ones - words.keys() == set(), locale
    english, chinese = _subtree("problems", "en"), _subtree("problems", "zh-CN")
    assert english.keys() == chinese.keys()
    assert [key for key in english if placeholders(english[key]) != placeholders(chinese[key])] == []


LATIN = (
    "Coverslip|COVERSLIP_[A-Z0-9_]+|SVS|TIFF|OME|XML|DICOM|STOW|WSI|JPEG|WebP|CMYK|ICC|RGB|YCbCr|Ki-67|JSON|GeoJSON|SHA-256|"
    "PostgreSQL|deflate|px|mm|MB|GB|Polygon|MultiPolygon|HTTP|UTF-8|PDF|Typst|S3|ONNX|CSV|µm/px|"
    # names that a person has to write exactly so
    "excluded_regions|flipped|--to dicom|s3://|file:///|endpoint|region|path_style|accession|base64|Feature|"
    "FeatureCollection"
)


def test_a_problem_in_chinese_holds_no_english_words() -> None:
    """Names of formats, units and programs stay as they are; everything else is Chinese."""
    wrong = []
    for key, text in _subtree("problems", "zh-CN").items():
        words = "".join(literal for literal, *_ in string.Formatter().parse(text))
        rest = re.findall(r"[A-Za-z]{2,}", re.sub(rf"(?<![A-Za-z])(?:{LATIN})(?![A-Za-z])", "", words))
        if rest:
            wrong.append((key, rest))
    assert wrong == []


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_no_english_stands_in_a_chinese_sentence_whatever_the_problem(kind: type[CoverslipError]) -> None:
    names = placeholders(error_text(kind.code, "zh-CN")["message"]) | placeholders(
        error_text(kind.code, "zh-CN")["mend"]
    )
    values = dict.fromkeys(names, "7") | {"problem": "a sentence in English", "technical": None}
    message = error_words(kind.code, "message", "zh-CN", values)
    sentence, _, technical = message.partition("技术细节：")
    if "problem" in placeholders(error_text(kind.code, "zh-CN")["message"]):
        assert technical == "a sentence in English"
    assert "English" not in sentence


def test_what_a_parser_says_stands_behind_the_sentence() -> None:
    error = NotABackup(file="b.tar", problem=Problem("parser_refused", technical="not a\ngzip file"))
    assert error.message("en").endswith("a part of it cannot be read. Technical detail: not a gzip file")
    assert error.message("zh-CN").endswith("其中部分内容无法解析。技术细节：not a gzip file")


def test_what_the_system_refuses_is_said_in_chinese() -> None:
    problem = system_problem(PermissionError(errno.EACCES, "Permission denied"))
    assert (
        NotABackup(file="b.tar", problem=problem).message("zh-CN").endswith("不允许此操作。技术细节：Permission denied")
    )


def test_a_problem_is_told_in_the_language_asked_for() -> None:
    error = InvalidInput(field="spacing_um_x", problem="spacing_range", value="0.0")
    assert error.message("en") == "spacing_um_x: 0.0 µm/px is no spacing of a microscope"
    assert error.message("zh-CN") == "spacing_um_x：0.0 µm/px 不是显微镜可能的像素间距"

"""Every error has one status, one body, and says nothing it should not."""

import importlib
import json
import pkgutil
from collections.abc import Iterator

import pytest

import coverslip
from coverslip.errors import CoverslipError, InvalidInput, NotFound
from coverslip.records.errors import DatabaseUnavailable
from coverslip.server.errors import InvalidRequest, body_of, field_words, headers_of, status_of
from coverslip.server.openapi import document
from coverslip.server.status import CODES, STATUS
from coverslip.storage.errors import StorageUnavailable


def every_error() -> set[type[CoverslipError]]:
    for module in pkgutil.walk_packages(coverslip.__path__, "coverslip."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    return set(_below(CoverslipError))


def _below(kind: type[CoverslipError]) -> Iterator[type[CoverslipError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _below(child)


def test_every_error_stands_in_the_table_and_every_code_of_the_table_is_an_error() -> None:
    codes = {kind.code for kind in every_error()}
    assert codes - STATUS.keys() == set(), "add these codes to server/status.py"
    assert STATUS.keys() - codes == set(), "no error has these codes"


def test_no_code_has_two_statuses() -> None:
    listed = [code for codes in CODES.values() for code in codes]
    assert len(listed) == len(set(listed))


def test_the_body_is_the_same_for_every_error() -> None:
    body = json.loads(body_of(NotFound(field="case")))
    assert body == {
        "error": {
            "code": "NOT_FOUND",
            "message": {
                "en": "There is no such case, or you may not see it.",
                "zh-CN": "病例 不存在，或您无权查看。",
            },
            "mend": body["error"]["mend"],
            "field": "case",
            "incident": None,
        }
    }
    assert set(body["error"]["mend"]) == {"en", "zh-CN"}


def test_an_unexpected_fault_says_its_incident_number_and_nothing_else() -> None:
    body = json.loads(body_of(CoverslipError(), "0123456789ab"))["error"]
    assert (body["code"], body["incident"], body["field"]) == ("INTERNAL", "0123456789ab", None)
    assert status_of(CoverslipError()) == 500


def test_an_error_that_waits_says_how_long() -> None:
    from coverslip.access.errors import LoginThrottled

    assert headers_of(LoginThrottled(seconds=7)) == {"Retry-After": "7"}
    assert headers_of(InvalidInput(field="region", problem="region_empty")) == {}


@pytest.mark.parametrize(
    ("fault", "english", "chinese"),
    [
        (
            {"type": "missing", "loc": ("body", "patient", "birth_date")},
            "Date of birth: this is needed",
            "出生日期：此项必填",
        ),
        (
            {"type": "string_too_long", "loc": ("body", "reason"), "ctx": {"max_length": 4000}},
            "Reason: at most 4000 characters are allowed",
            "理由：最多允许 4000 个字符",
        ),
        (
            {"type": "literal_error", "loc": ("query", "sort"), "ctx": {"expected": "'priority' or 'status'"}},
            "Order: it must be one of priority, status",
            "排序：须为以下之一：priority, status",
        ),
        (
            {"type": "less_than_equal", "loc": ("query", "limit"), "ctx": {"le": 200}},
            "Number a page: it must be at most 200",
            "每页条数：不得大于 200",
        ),
        ({"type": "json_invalid", "loc": ("body", 17)}, "Request: this is not JSON", "请求：不是有效的 JSON"),
        ({"type": "never_heard_of", "loc": ("body", "label")}, "Label: it cannot be read", "编号：无法识别"),
    ],
)
def test_a_fault_of_a_request_is_named_in_both_languages(fault: dict[str, object], english: str, chinese: str) -> None:
    body = json.loads(body_of(InvalidRequest.of([fault])))["error"]
    assert (body["message"]["en"], body["message"]["zh-CN"]) == (english, chinese)
    assert body["code"] == "INVALID_INPUT"


def test_what_was_typed_is_not_repeated() -> None:
    fault = {"type": "string_pattern_mismatch", "loc": ("body", "username"), "input": "王秀英", "ctx": {"pattern": "x"}}
    assert "王秀英" not in body_of(InvalidRequest.of([fault])).decode()


@pytest.mark.parametrize("kind", [DatabaseUnavailable, StorageUnavailable])
def test_where_database_and_store_are_is_said_to_the_log_only(
    kind: type[CoverslipError], caplog: pytest.LogCaptureFixture
) -> None:
    driver = 'connection to server at "10.1.2.3", port 5432 failed: FATAL: no entry for user "coverslip_app"'
    shown = body_of(kind(problem=driver)).decode()
    assert ("10.1.2.3" in shown, "coverslip_app" in shown, "log says why" in shown) == (False, False, True)
    assert [getattr(record, "problem", None) for record in caplog.records] == [driver]


def test_every_field_a_request_can_have_is_named_in_both_languages() -> None:
    described = json.loads(document())
    named: set[str] = set()
    for path in described["paths"].values():
        for operation in path.values():
            named |= {parameter["name"] for parameter in operation.get("parameters", ())}
            body = operation.get("requestBody")
            if body is not None and "application/json" in body["content"]:
                named |= _fields(described, body["content"]["application/json"]["schema"], set())
    for locale in ("en", "zh-CN"):
        words = field_words("en" if locale == "en" else "zh-CN")
        assert named - words.keys() == set(), locale
        assert all(word.strip() for word in words.values())


def _fields(described: dict[str, object], schema: object, seen: set[str]) -> set[str]:
    """Names of the properties of a schema and of those it refers to."""
    found: set[str] = set()
    if isinstance(schema, list):
        return found.union(*(_fields(described, part, seen) for part in schema))
    if not isinstance(schema, dict):
        return found
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference in seen:
            return found
        schemas = described["components"]["schemas"]  # type: ignore[index] # JSON
        return _fields(described, schemas[reference.rsplit("/", 1)[1]], seen | {reference})
    found |= set(schema.get("properties", ()))
    return found.union(*(_fields(described, part, seen) for part in schema.values()))

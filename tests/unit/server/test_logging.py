"""The log holds ids and places, never names or the text of an exception."""

import json
import logging

import pytest

from coverslip.server.logging import JsonFormatter

NAME = "王秀英"


def logged(*, error: BaseException | None = None, message: str = "request", **extra: object) -> dict[str, object]:
    record = logging.LogRecord("coverslip.server", logging.INFO, __file__, 1, message, None, None)
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    vars(record).update(extra)
    line: dict[str, object] = json.loads(JsonFormatter().format(record))
    return line


def raised() -> BaseException:
    try:
        try:
            raise ValueError(f"bad row: {NAME}")
        except ValueError as cause:
            raise RuntimeError(f"Key (name)=({NAME}) exists") from cause
    except RuntimeError as error:
        return error


def test_a_line_is_json_with_its_fields() -> None:
    line = logged(route="/cases/{case_id}", status=200)
    assert (line["event"], line["level"], line["route"], line["status"]) == ("request", "info", "/cases/{case_id}", 200)
    assert str(line["at"]).endswith("+00:00")


def test_an_exception_is_its_class_and_place_without_its_text() -> None:
    line = logged(error=raised())
    assert NAME not in json.dumps(line, ensure_ascii=False)
    error = line["error"]
    assert isinstance(error, dict)
    assert error["class"] == "builtins.RuntimeError"
    assert error["cause"]["class"] == "builtins.ValueError"
    assert error["frames"][-1].endswith(" raised")


def test_a_database_error_says_its_sqlstate() -> None:
    import psycopg

    assert logged(error=psycopg.errors.UniqueViolation(f"Key (name)=({NAME})"))["error"] == {
        "class": "psycopg.errors.UniqueViolation",
        "frames": [],
        "sqlstate": "23505",
    }


def test_the_message_of_a_line_with_an_exception_is_not_filled_in() -> None:
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed: %s", (NAME,), None)
    record.exc_info = (RuntimeError, RuntimeError(NAME), None)
    assert NAME not in JsonFormatter().format(record)


@pytest.mark.parametrize("name", ["uvicorn.access"])
def test_the_web_servers_own_access_log_is_off(name: str) -> None:
    from coverslip.server import logging as ours

    root = logging.getLogger()
    kept = root.handlers[:], root.level
    try:
        ours.configure()
        assert logging.getLogger(name).disabled
    finally:
        root.handlers[:], root.level = kept[0], kept[1]
        logging.getLogger(name).disabled = False

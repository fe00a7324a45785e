"""The description of the API that the web pages are built against is the API's own."""

import json
from pathlib import Path

from coverslip.server.openapi import document

COMMITTED = Path(__file__).parents[3] / "web" / "openapi.json"


def test_the_committed_description_is_that_of_the_code() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == document(), (
        "run: python -m coverslip.server.openapi > web/openapi.json"
    )


def test_every_answer_that_is_not_a_success_has_the_one_error_body() -> None:
    for path, methods in json.loads(document())["paths"].items():
        for method, operation in methods.items():
            schema = operation["responses"]["default"]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ErrorBody"}, (method, path)


def test_operation_names_are_unique() -> None:
    names = [
        operation["operationId"]
        for methods in json.loads(document())["paths"].values()
        for operation in methods.values()
    ]
    assert len(names) == len(set(names))

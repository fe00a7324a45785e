"""What nobody expected: a number for the person, the place for the log, the text for nobody."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pytest

from coverslip.records.models import Person
from coverslip.server.logging import JsonFormatter
from coverslip.server.routes import cases
from coverslip.testing.server import ServerForTests
from coverslip.vocabulary.roles import Role

NAME = "欧阳秀英"


def fails(*_: object, **__: object) -> None:
    raise RuntimeError(f"row of {NAME}")


def test_a_fault_gives_a_number_that_leads_to_the_log(
    served: ServerForTests,
    people: Mapping[Role, Person],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = served.sign_in("pathologist")
    monkeypatch.setattr(cases, "worklist", fails)
    with caplog.at_level(logging.INFO):
        answer = client.get("/cases", params={"q": NAME})
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    error = answer.json()["error"]
    assert error["code"] == "INTERNAL"
    incident = error["incident"]
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert [line for line in lines if f'"incident": "{incident}"' in line and "test_incidents.py" in line]
    assert NAME not in answer.text
    assert not [line for line in lines if NAME in line]
    assert client.get("/session").status_code == 200


def test_each_fault_has_its_own_number(
    served: ServerForTests, people: Mapping[Role, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = served.sign_in("pathologist")
    monkeypatch.setattr(cases, "worklist", fails)
    incidents = {client.get("/cases").json()["error"]["incident"] for _ in range(3)}
    assert len(incidents) == 3


def test_a_request_leaves_one_line_with_ids_and_without_what_was_asked(
    served: ServerForTests, people: Mapping[Role, Person], caplog: pytest.LogCaptureFixture
) -> None:
    client = served.sign_in("pathologist")
    with caplog.at_level(logging.INFO):
        client.get("/cases", params={"q": NAME})
    records = [record for record in caplog.records if record.message == "request"]
    assert len(records) == 1
    line = JsonFormatter().format(records[0])
    assert '"route": "/cases"' in line
    assert str(people[Role.PATHOLOGIST].id) in line
    assert NAME not in line and "pathologist" not in line

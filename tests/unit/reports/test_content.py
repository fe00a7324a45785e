from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverslip.errors import InvalidInput
from coverslip.reports.content import ReportContent, canonical_json, content_digest, from_canonical_json
from coverslip.testing.report_example import report_content

CONTENT = report_content()


def test_the_digest_of_a_known_content_never_changes() -> None:
    """A new field, another order or another number format would break every signed report: then name a new schema."""
    assert content_digest(CONTENT) == "12a3d7eedb85205c8762e7a75ab974f976a635aac9ba3cd5c69918194dd17077"


def test_the_canonical_form_is_sorted_compact_utf8() -> None:
    data = canonical_json(CONTENT)
    raw = json.loads(data)
    assert data == json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert "李秀英".encode() in data


def test_stored_content_comes_back_whole() -> None:
    assert from_canonical_json(canonical_json(CONTENT)) == CONTENT


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 10**9))
def test_any_text_and_number_survives_storage(text: str, number: float, n: int) -> None:
    clean = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    reading = CONTENT.readings[0]
    changed = replace(
        CONTENT,
        diagnosis=clean,
        readings=(replace(reading, area_mm2=number, computer=replace(reading.computer, score=number, n=n)),),
    )
    assert from_canonical_json(canonical_json(changed)) == changed


@pytest.mark.parametrize("name", [field.name for field in fields(ReportContent)])
def test_every_field_counts_for_the_digest(name: str) -> None:
    others: dict[type, Any] = {str: "另", int: 99, tuple: ()}
    changes: dict[str, Any] = {name: others.get(type(getattr(CONTENT, name)))}
    changed = replace(CONTENT, **changes)
    assert content_digest(changed) != content_digest(CONTENT)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b'{"schema":"other"}', b"\xff", b'{"schema":"coverslip-report-1"}']
)
def test_what_is_not_a_report_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        from_canonical_json(data)


def test_a_field_too_many_or_too_few_is_refused() -> None:
    raw = json.loads(canonical_json(CONTENT))
    for wrong in ({**raw, "extra": 1}, {k: v for k, v in raw.items() if k != "comment"}):
        with pytest.raises(InvalidInput):
            from_canonical_json(json.dumps(wrong).encode())

"""The frozen content of one report: what is signed, hashed, kept and printed, whatever the language of the print.

The canonical JSON of a `ReportContent` is stored as a blob beside the two PDFs, so that its digest, which stands in the
footer of every page and in the row of the report, can be proven years later without the template that printed it.
"""

from __future__ import annotations

import hashlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from coverslip.errors import InvalidInput

SCHEMA = "coverslip-report-1"
"""Name of this layout; changes whenever a field is added or changes its meaning."""


@dataclass(frozen=True, slots=True)
class Bilingual:
    """The same words in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class PatientContent:
    """Who the report is about. `birth_date`: ISO date; `age_years`: completed years when the material was received."""

    patient_number: str
    name: str
    name_en: str | None
    sex: str
    birth_date: str | None
    age_years: int | None


@dataclass(frozen=True, slots=True)
class CaseContent:
    """What was sent in, by whom and why. `received_at`: ISO 8601 UTC."""

    accession_number: str
    department: str
    submitted_by: str
    clinical_history: str
    clinical_diagnosis: str
    priority: str
    received_at: str


@dataclass(frozen=True, slots=True)
class SpecimenContent:
    """One specimen; `blocks`: labels of its blocks. Fixation in hours, cold ischaemia in minutes, None: not known."""

    label: str
    site: Bilingual
    procedure: str
    blocks: tuple[str, ...]
    fixation_hours: float | None
    cold_ischaemia_minutes: float | None


@dataclass(frozen=True, slots=True)
class ReadingValue:
    """One count and what a scoring profile made of it. `interval`: 95 % interval in the unit of the score."""

    status: str
    score: float | None
    unit: str
    category: str | None
    category_text: Bilingual | None
    interval: tuple[float, float] | None
    n: int
    positive: int | None
    flags: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadingContent:
    """One decided reading: the computer's value, the reader's own where the reader edited it, and the provenance.

    `decision`: `accepted` or `edited`; a pending or rejected reading never enters a report.
    """

    id: str
    slide_label: str
    marker: str
    clone: str | None
    control_status: str
    method: str
    area_mm2: float | None
    spacing_um: float | None
    whole_slide: bool
    algorithm: str
    algorithm_version: str
    model_digest: str | None
    profile: str
    profile_version: str
    computer: ReadingValue
    reader: ReadingValue | None
    decision: str
    decided_by: Bilingual
    decided_at: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class KeyImageContent:
    """A picture cut from a slide at signing. `digest`: SHA-256 of its JPEG; the box is in pixels of level 0.

    `spacing_um`: micrometres a pixel of level 0, None where the file does not say, in which case no bar is drawn.
    `colour`: `applied`, `none` or `unusable`: what became of the file's colour profile.
    """

    digest: str
    slide_label: str
    stain: str
    marker: str | None
    caption: str
    x: int
    y: int
    width: int
    height: int
    spacing_um: float | None
    colour: str


@dataclass(frozen=True, slots=True)
class SignatureContent:
    """Who signed, what the signature means (a code of the catalogue) and when (ISO 8601 UTC)."""

    name: str
    name_en: str | None
    title: str
    meaning: str
    signed_at: str


@dataclass(frozen=True, slots=True)
class AmendmentContent:
    """Why this version exists and which one it replaces (its version, time of signing and content digest)."""

    reason: str
    replaces_version: int
    replaces_signed_at: str
    replaces_digest: str


@dataclass(frozen=True, slots=True)
class ReportContent:
    """Everything a report says. `signature` is None in a draft.

    `time_zone`: the IANA name of the zone in which times are printed; the times themselves are UTC.
    """

    report_id: str
    version: int
    hospital_code: str
    hospital: Bilingual
    patient: PatientContent
    case: CaseContent
    specimens: tuple[SpecimenContent, ...]
    gross: str
    microscopy: str
    diagnosis: str
    comment: str
    readings: tuple[ReadingContent, ...]
    key_images: tuple[KeyImageContent, ...]
    signature: SignatureContent | None
    amendment: AmendmentContent | None
    time_zone: str = "Asia/Shanghai"
    schema: str = SCHEMA


def canonical_json(content: ReportContent) -> bytes:
    """The one byte sequence that stands for the content: sorted keys, no spaces, UTF-8, no NaN."""
    text = json.dumps(asdict(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def content_digest(content: ReportContent) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits; printed in the footer and kept in the report's row."""
    return hashlib.sha256(canonical_json(content)).hexdigest()


def from_canonical_json(data: bytes) -> ReportContent:
    """The content back from its stored bytes. Raises `InvalidInput` where they are not a report of this schema."""
    try:
        raw = json.loads(data)
        if raw["schema"] != SCHEMA:
            raise InvalidInput(field="content", problem="report_schema")
        content = _build(ReportContent, raw)
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(field="content", problem="report_schema") from error
    assert isinstance(content, ReportContent)
    return content


def _build(kind: Any, value: Any) -> Any:
    """A value of the annotated type from plain JSON: dataclasses, tuples, optionals and scalars."""
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        inner = [option for option in typing.get_args(kind) if option is not type(None)]
        return None if value is None else _build(inner[0], value)
    if typing.get_origin(kind) is tuple:
        return tuple(_build(typing.get_args(kind)[0], item) for item in value)
    if is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, Mapping) or set(value) != {field.name for field in fields(kind)}:
            raise ValueError(f"not a {kind.__name__}")
        hints = typing.get_type_hints(kind)
        return kind(**{field.name: _build(hints[field.name], value[field.name]) for field in fields(kind)})
    return value

"""A case, its slides and its patient as the worklist and the case page show them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from coverslip.errors import LOCALES, error_words
from coverslip.records.models import Case, Patient, Person, Reading, Slide
from coverslip.records.queries.case import CaseFigures


@dataclass(frozen=True, slots=True)
class PersonRef:
    """A person, by name."""

    id: UUID
    name: str
    name_en: str | None

    @classmethod
    def of(cls, person: Person) -> PersonRef:
        """From the person's record."""
        return cls(person.id, person.name, person.name_en or None)


@dataclass(frozen=True, slots=True)
class PatientSummary:
    """The patient of a case; `age_years`: completed years on the day the case was received."""

    id: UUID
    patient_number: str
    name: str
    name_en: str | None
    sex: str
    birth_date: date | None
    age_years: int | None

    @classmethod
    def of(cls, patient: Patient, received_at: datetime) -> PatientSummary:
        """From the patient's record."""
        return cls(
            id=patient.id,
            patient_number=patient.patient_number,
            name=patient.name,
            name_en=patient.name_en,
            sex=patient.sex,
            birth_date=patient.birth_date,
            age_years=age_years(patient.birth_date, received_at.date()),
        )


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """One row of the worklist."""

    id: UUID
    accession_number: str
    patient: PatientSummary
    status: str
    priority: str
    department: str
    received_at: datetime
    assigned_to: PersonRef | None
    site_zh: str | None
    site_en: str | None
    markers: tuple[str, ...]
    slides_ready: int
    slides_total: int
    readings_pending: int
    readings_running: int
    revision: int


@dataclass(frozen=True, slots=True)
class ReadingSummary:
    """A reading in a list of slides; `result` is the reader's where the reader edited it."""

    id: UUID
    marker: str
    algorithm: str
    status: str
    tiles_done: int
    tiles_total: int
    decision: str
    requested_at: datetime
    result: Mapping[str, Any] | None

    @classmethod
    def of(cls, reading: Reading) -> ReadingSummary:
        """From the reading's record."""
        return cls(
            id=reading.id,
            marker=reading.marker,
            algorithm=reading.algorithm,
            status=reading.status,
            tiles_done=reading.tiles_done,
            tiles_total=reading.tiles_total,
            decision=reading.decision,
            requested_at=reading.requested_at,
            result=reading.edited_result or reading.result,
        )


@dataclass(frozen=True, slots=True)
class SlideSummary:
    """A slide; what only its file can tell is None until the file is in. `spacing_um`: um a pixel, both axes' mean."""

    id: UUID
    label: str
    barcode: str | None
    stain: str
    marker: str | None
    clone: str | None
    control_status: str
    status: str
    failure_code: str | None
    failure: Mapping[str, str] | None
    failure_mend: Mapping[str, str] | None
    format: str | None
    size_bytes: int | None
    received_at: datetime | None
    width: int | None
    height: int | None
    spacing_um: float | None
    objective_power: float | None
    readings: tuple[ReadingSummary, ...]

    @classmethod
    def of(cls, slide: Slide) -> SlideSummary:
        """From the slide's record with its readings loaded."""
        properties = slide.properties or {}
        return cls(
            id=slide.id,
            label=slide.label,
            barcode=slide.barcode,
            stain=slide.stain,
            marker=slide.marker,
            clone=slide.clone,
            control_status=slide.control_status,
            status=slide.status,
            failure_code=slide.failure_code,
            failure=failure_words(slide),
            failure_mend=failure_words(slide, "mend"),
            format=properties.get("format"),
            size_bytes=slide.size_bytes,
            received_at=slide.received_at,
            width=properties.get("width"),
            height=properties.get("height"),
            spacing_um=spacing_um(properties),
            objective_power=properties.get("objective_power"),
            readings=tuple(ReadingSummary.of(reading) for reading in slide.readings),
        )


def case_summary(case: Case, figures: CaseFigures) -> CaseSummary:
    """A row of the worklist from the case (patient and assigned person loaded) and its figures."""
    return CaseSummary(**summary_fields(case, figures))


def summary_fields(case: Case, figures: CaseFigures) -> dict[str, Any]:
    """The fields of a `CaseSummary`, which a `CaseDetail` has too."""
    return {
        "id": case.id,
        "accession_number": case.accession_number,
        "patient": PatientSummary.of(case.patient, case.received_at),
        "status": case.status,
        "priority": case.priority,
        "department": case.department,
        "received_at": case.received_at,
        "assigned_to": PersonRef.of(case.assigned_to) if case.assigned_to is not None else None,
        "site_zh": "、".join(zh for zh, _ in figures.sites) or None,
        "site_en": ", ".join(en for _, en in figures.sites) or None,
        "markers": figures.markers,
        "slides_ready": figures.slides_ready,
        "slides_total": figures.slides_total,
        "readings_pending": figures.readings_pending,
        "readings_running": figures.readings_running,
        "revision": case.revision,
    }


def age_years(birth_date: date | None, on: date) -> int | None:
    """Completed years on a day; None where the date of birth is not known or lies after it."""
    if birth_date is None or birth_date > on:
        return None
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def spacing_um(properties: Mapping[str, Any]) -> float | None:
    """Geometric mean of both directions' micrometres a pixel from stored slide properties, None where unknown."""
    spacing = properties.get("spacing")
    if not spacing:
        return None
    return float((float(spacing["x_um"]) * float(spacing["y_um"])) ** 0.5)


def failure_words(slide: Slide, part: Literal["message", "mend"] = "message") -> dict[str, str] | None:
    """Why a slide failed, or what can be done, in each language: the catalogue's words with the stored parameters.

    The code alone where the catalogue does not know it.
    """
    if slide.failure_code is None:
        return None
    known: dict[str, object] = json.loads(slide.failure_detail or "{}")
    known["file"] = slide.original_name or ""
    try:
        return {locale: error_words(slide.failure_code, part, locale, known, lenient=True) for locale in LOCALES}
    except KeyError:
        return dict.fromkeys(LOCALES, slide.failure_code)

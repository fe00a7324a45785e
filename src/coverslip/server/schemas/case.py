"""Cases: the worklist, one case, its registration."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from coverslip.server.schemas.common import Given, PersonRef, Shown
from coverslip.server.schemas.report import Report, ReportRef
from coverslip.server.schemas.slide import SlideSummary
from coverslip.vocabulary.markers import ControlStatus, Marker
from coverslip.vocabulary.stains import Stain

CaseStatus = Literal[
    "registered", "awaiting_slides", "ready", "in_reading", "drafted", "signed", "amending", "cancelled"
]
Priority = Literal["routine", "urgent", "frozen"]
Sex = Literal["male", "female", "other", "unknown"]
CaseSort = Literal["received_at", "accession_number", "priority", "status"]
AssignedFilter = Literal["me", "none", "any"]

Number = Annotated[str, Field(min_length=1, max_length=64)]
Line = Annotated[str, Field(max_length=400)]
Text = Annotated[str, Field(max_length=20_000)]
Label = Annotated[str, Field(min_length=1, max_length=64)]


class Patient(Shown):
    """The patient as the banner of every case page shows them; `age_years` at the day the case was received."""

    id: UUID
    patient_number: str
    name: str
    name_en: str | None
    sex: Sex
    birth_date: date | None
    age_years: int | None


class CaseSummary(Shown):
    """One row of the worklist."""

    id: UUID
    accession_number: str
    patient: Patient
    status: CaseStatus
    priority: Priority
    department: str
    received_at: datetime
    assigned_to: PersonRef | None
    site_zh: str | None
    site_en: str | None
    markers: list[Marker]
    slides_ready: int
    slides_total: int
    readings_pending: int
    readings_running: int
    revision: int


class CaseCounts(Shown):
    """Cases of the own organization by status."""

    registered: int
    awaiting_slides: int
    ready: int
    in_reading: int
    drafted: int
    signed: int
    amending: int
    cancelled: int


class CaseList(Shown):
    """A page of the worklist; `next_cursor` is null on the last."""

    items: list[CaseSummary]
    next_cursor: str | None
    total: int
    counts: CaseCounts


class Block(Shown):
    """A block and its slides."""

    id: UUID
    label: str
    slides: list[SlideSummary]


class Specimen(Shown):
    """A specimen and its blocks."""

    id: UUID
    label: str
    site_code: str | None
    site_zh: str | None
    site_en: str | None
    procedure: str
    tumour_type: str | None
    fixation_hours: float | None
    cold_ischaemia_minutes: float | None
    gross_description: str | None
    blocks: list[Block]


class CaseDetail(CaseSummary):
    """A case with everything that hangs on it."""

    submitted_by: str | None
    clinical_history: str | None
    clinical_diagnosis: str | None
    signed_at: datetime | None
    specimens: list[Specimen]
    unplaced_slides: list[SlideSummary]
    report: Report | None
    reports: list[ReportRef]


class NewPatient(Given):
    """The patient of a new case; an existing one is found by `patient_number`."""

    patient_number: Number
    name: Annotated[str, Field(min_length=1, max_length=200)]
    name_en: Line | None = None
    sex: Sex
    birth_date: date | None = None


class NewSlide(Given):
    """A slide that is expected to come from the scanner."""

    label: Label
    barcode: Label | None = None
    stain: Stain
    marker: Marker | None = None
    clone: Label | None = None
    control_status: ControlStatus = ControlStatus.UNKNOWN


class NewBlock(Given):
    """A block of a new case."""

    label: Label
    slides: list[NewSlide] = Field(default_factory=list, max_length=200)


class NewSpecimen(Given):
    """A specimen of a new case."""

    label: Label
    site_code: Label
    procedure: Label
    tumour_type: Label | None = None
    fixation_hours: Annotated[float, Field(ge=0, le=10_000)] | None = None
    cold_ischaemia_minutes: Annotated[float, Field(ge=0, le=100_000)] | None = None
    gross_description: Text = ""
    blocks: list[NewBlock] = Field(default_factory=list, max_length=200)


class CaseRegistration(Given):
    """A new case with its specimens, blocks and expected slides."""

    accession_number: Number
    patient: NewPatient
    priority: Priority = "routine"
    department: Line = ""
    submitted_by: Line = ""
    clinical_history: Text = ""
    clinical_diagnosis: Text = ""
    received_at: datetime | None = None
    specimens: Annotated[list[NewSpecimen], Field(min_length=1, max_length=100)]


class CaseChange(Given):
    """Assignment and priority; `assigned_to_id: null` frees the case, an absent field stays as it is."""

    revision: int
    assigned_to_id: UUID | None = None
    priority: Priority | None = None

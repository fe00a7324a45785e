"""A new case as the laboratory hands it in, and the rules it has to meet before anything is written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from coverslip.cases.errors import BarcodeTaken, DuplicateLabel
from coverslip.errors import InvalidInput
from coverslip.vocabulary.markers import ControlStatus, Marker
from coverslip.vocabulary.stains import Stain

LONGEST_NUMBER = 64
LONGEST_LINE = 400
LONGEST_TEXT = 20_000
CLOCK_SKEW = timedelta(hours=1)
"""How far ahead the clock of the sending system may run."""
OLDEST_PERSON_YEARS = 130


@dataclass(frozen=True, slots=True)
class NewPatient:
    """The patient; an existing one is found by `patient_number` and has to agree."""

    patient_number: str
    name: str
    sex: Literal["male", "female", "other", "unknown"]
    name_en: str | None = None
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class NewSlide:
    """A slide that the scanner will send; `label` names it within its block, the barcode within the hospital."""

    label: str
    stain: Stain
    barcode: str | None = None
    marker: Marker | None = None
    clone: str | None = None
    control_status: ControlStatus = ControlStatus.UNKNOWN


@dataclass(frozen=True, slots=True)
class NewBlock:
    """A block and its expected slides."""

    label: str
    slides: tuple[NewSlide, ...] = ()


@dataclass(frozen=True, slots=True)
class NewSpecimen:
    """A specimen and its blocks; fixation in hours, cold ischaemia in minutes, None where not recorded."""

    label: str
    site_code: str
    procedure: str
    tumour_type: str | None = None
    fixation_hours: float | None = None
    cold_ischaemia_minutes: float | None = None
    gross_description: str = ""
    blocks: tuple[NewBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to be registered; `received_at`: now where None."""

    accession_number: str
    patient: NewPatient
    specimens: tuple[NewSpecimen, ...]
    priority: Literal["routine", "urgent", "frozen"] = "routine"
    department: str = ""
    submitted_by: str = ""
    clinical_history: str = ""
    clinical_diagnosis: str = ""
    received_at: datetime | None = None

    def slides(self) -> Iterator[tuple[str, NewSlide]]:
        """Every expected slide with the path of its field, `specimens.0.blocks.1.slides.2`."""
        for s, specimen in enumerate(self.specimens):
            for b, block in enumerate(specimen.blocks):
                for n, slide in enumerate(block.slides):
                    yield f"specimens.{s}.blocks.{b}.slides.{n}", slide


@dataclass(slots=True)
class _Texts:
    """Checks texts one by one and names the field that is wrong."""

    prefix: str = field(default="")

    def required(self, name: str, value: str, longest: int) -> None:
        if not value.strip():
            raise InvalidInput(field=self.prefix + name, problem="required")
        self.optional(name, value, longest)

    def optional(self, name: str, value: str | None, longest: int) -> None:
        if value is not None and len(value) > longest:
            raise InvalidInput(field=self.prefix + name, problem="too_long", longest=longest)
        if value is not None and "\0" in value:
            raise InvalidInput(field=self.prefix + name, problem="control_character")


def validate(new: NewCase, now: datetime | None = None) -> None:
    """Raise `InvalidInput`, `DuplicateLabel` or `BarcodeTaken` naming the first field that is wrong."""
    now = now or datetime.now(UTC)
    texts = _Texts()
    texts.required("accession_number", new.accession_number, LONGEST_NUMBER)
    texts.optional("department", new.department, LONGEST_LINE)
    texts.optional("submitted_by", new.submitted_by, LONGEST_LINE)
    texts.optional("clinical_history", new.clinical_history, LONGEST_TEXT)
    texts.optional("clinical_diagnosis", new.clinical_diagnosis, LONGEST_TEXT)
    if new.received_at is not None and new.received_at.tzinfo is None:
        raise InvalidInput(field="received_at", problem="time_zone_missing")
    if new.received_at is not None and new.received_at > now + CLOCK_SKEW:
        raise InvalidInput(field="received_at", problem="in_future")
    _validate_patient(new.patient, (new.received_at or now).date())
    if not new.specimens:
        raise InvalidInput(field="specimens", problem="required")
    _unique("specimens", (specimen.label for specimen in new.specimens))
    for number, specimen in enumerate(new.specimens):
        _validate_specimen(f"specimens.{number}.", specimen)
    _unique_barcodes(new)


def _validate_patient(patient: NewPatient, received: date) -> None:
    texts = _Texts("patient.")
    texts.required("patient_number", patient.patient_number, LONGEST_NUMBER)
    texts.required("name", patient.name, LONGEST_LINE)
    texts.optional("name_en", patient.name_en, LONGEST_LINE)
    if patient.birth_date is None:
        return
    # A day's grace: the date of birth is local, the time of receipt UTC.
    if patient.birth_date > received + timedelta(days=1):
        raise InvalidInput(field="patient.birth_date", problem="birth_after_receipt")
    if received.year - patient.birth_date.year > OLDEST_PERSON_YEARS:
        raise InvalidInput(field="patient.birth_date", problem="too_long_ago", years=OLDEST_PERSON_YEARS)


def _validate_specimen(prefix: str, specimen: NewSpecimen) -> None:
    texts = _Texts(prefix)
    texts.required("label", specimen.label, LONGEST_NUMBER)
    texts.required("procedure", specimen.procedure, LONGEST_NUMBER)
    texts.optional("tumour_type", specimen.tumour_type, LONGEST_LINE)
    texts.optional("gross_description", specimen.gross_description, LONGEST_TEXT)
    for name, value in (
        ("fixation_hours", specimen.fixation_hours),
        ("cold_ischaemia_minutes", specimen.cold_ischaemia_minutes),
    ):
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise InvalidInput(field=prefix + name, problem="not_a_duration", value=value)
    _unique(f"{prefix}blocks", (block.label for block in specimen.blocks))
    for b, block in enumerate(specimen.blocks):
        _Texts(f"{prefix}blocks.{b}.").required("label", block.label, LONGEST_NUMBER)
        _unique(f"{prefix}blocks.{b}.slides", (slide.label for slide in block.slides))
        for n, slide in enumerate(block.slides):
            _validate_slide(f"{prefix}blocks.{b}.slides.{n}.", slide)


def _validate_slide(prefix: str, slide: NewSlide) -> None:
    texts = _Texts(prefix)
    texts.required("label", slide.label, LONGEST_NUMBER)
    texts.optional("clone", slide.clone, LONGEST_NUMBER)
    if slide.barcode is not None:
        texts.required("barcode", slide.barcode, LONGEST_NUMBER)
    if slide.marker is not None and slide.stain is not Stain.IHC_DAB:
        raise InvalidInput(field=f"{prefix}marker", problem="marker_needs_ihc")


def _unique(path: str, labels: Iterable[str]) -> None:
    seen: set[str] = set()
    for number, label in enumerate(labels):
        if label.casefold() in seen:
            raise DuplicateLabel(field=f"{path}.{number}.label", label=label)
        seen.add(label.casefold())


def _unique_barcodes(new: NewCase) -> None:
    seen: set[str] = set()
    for path, slide in new.slides():
        if slide.barcode is not None and slide.barcode in seen:
            raise BarcodeTaken(field=f"{path}.barcode", barcode=slide.barcode)
        if slide.barcode is not None:
            seen.add(slide.barcode)

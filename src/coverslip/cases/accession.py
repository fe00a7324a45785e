"""Registering a case: patient, specimens, blocks and the slides to be expected, all or nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.cases.detail import CaseDetail, case_detail
from coverslip.cases.errors import AccessionExists, BarcodeTaken, PatientMismatch
from coverslip.cases.registration import NewCase, NewPatient, NewSpecimen, validate
from coverslip.cases.status import CaseEvent, CaseStatus, advance
from coverslip.errors import InvalidInput
from coverslip.records.models import Patient
from coverslip.records.queries import case as cases
from coverslip.records.queries import patient as patients
from coverslip.records.queries import specimen as specimens
from coverslip.records.transaction import Transaction
from coverslip.vocabulary.specimens import Procedure, site_by_code


def register_case(tx: Transaction, new: NewCase) -> CaseDetail:
    """Write the case; it awaits its slides where some are expected.

    A patient number that is known already has to belong to the same person: name, sex and date of birth may fill gaps,
    never contradict. Raises `PermissionDenied`, `InvalidInput`, `DuplicateLabel`, `BarcodeTaken`, `AccessionExists`,
    `PatientMismatch`; nothing is then written.
    """
    require(tx.actor, Permission.CASE_REGISTER)
    validate(new)
    for number, specimen in enumerate(new.specimens):
        _require_known_words(f"specimens.{number}.", specimen)
    cases.lock_registration(tx)
    if cases.case_id_by_accession(tx, new.accession_number) is not None:
        raise AccessionExists(field="accession_number", accession_number=new.accession_number)
    _require_free_barcodes(tx, new)
    patient = _patient(tx, new.patient)
    case = cases.add_case(
        tx,
        accession_number=new.accession_number,
        patient_id=patient.id,
        status=CaseStatus.REGISTERED.value,
        priority=new.priority,
        department=new.department,
        submitted_by=new.submitted_by,
        clinical_history=new.clinical_history,
        clinical_diagnosis=new.clinical_diagnosis,
        received_at=new.received_at or datetime.now(UTC),
    )
    expected = sum(_add_specimen(tx, case.id, specimen) for specimen in new.specimens)
    audit.record(
        tx,
        "case.register",
        object_type="case",
        object_id=case.id,
        case_id=case.id,
        detail={"specimens": len(new.specimens), "slides_expected": expected, "priority": new.priority},
    )
    if expected:
        advance(tx, case.id, CaseEvent.SLIDES_EXPECTED)
    return case_detail(tx, case.id)


def _require_known_words(prefix: str, specimen: NewSpecimen) -> None:
    if site_by_code(specimen.site_code) is None:
        raise InvalidInput(field=f"{prefix}site_code", problem="site_unknown", value=specimen.site_code)
    if specimen.procedure not in set(Procedure):
        raise InvalidInput(field=f"{prefix}procedure", problem="procedure_unknown", value=specimen.procedure)


def _require_free_barcodes(tx: Transaction, new: NewCase) -> None:
    given = {slide.barcode: path for path, slide in new.slides() if slide.barcode is not None}
    for barcode in specimens.barcodes_taken(tx, list(given)):
        raise BarcodeTaken(field=f"{given[barcode]}.barcode", barcode=barcode)


def _patient(tx: Transaction, new: NewPatient) -> Patient:
    """The patient of that number: a new one, or the known one with gaps filled."""
    known = patients.patient_by_number(tx, new.patient_number)
    if known is None:
        added = patients.add_patient(
            tx,
            patient_number=new.patient_number,
            name=new.name,
            name_en=new.name_en,
            sex=new.sex,
            birth_date=new.birth_date,
        )
        audit.record(tx, "patient.register", object_type="patient", object_id=added.id)
        return added
    for name, ours, theirs in (
        ("name", known.name, new.name),
        ("sex", _given(known.sex), _given(new.sex)),
        ("birth_date", known.birth_date, new.birth_date),
    ):
        if _contradict(ours, theirs):
            raise PatientMismatch(field=f"patient.{name}", patient_number=new.patient_number, differs=name)
    _fill_gaps(tx, known, new)
    return known


def _fill_gaps(tx: Transaction, known: Patient, new: NewPatient) -> None:
    filled = []
    if known.name_en is None and new.name_en:
        known.name_en = new.name_en
        filled.append("name_en")
    if known.sex == "unknown" and new.sex != "unknown":
        known.sex = new.sex
        filled.append("sex")
    if known.birth_date is None and new.birth_date is not None:
        known.birth_date = new.birth_date
        filled.append("birth_date")
    if filled:
        tx.flush()
        audit.record(tx, "patient.complete", object_type="patient", object_id=known.id, detail={"fields": filled})


def _given(sex: str) -> str | None:
    return None if sex == "unknown" else sex


def _contradict(ours: str | date | None, theirs: str | date | None) -> bool:
    return ours is not None and theirs is not None and ours != theirs


def _add_specimen(tx: Transaction, case_id: UUID, new: NewSpecimen) -> int:
    """Write a specimen with its blocks and expected slides; returns how many slides."""
    site = site_by_code(new.site_code)
    assert site is not None
    specimen = specimens.add_specimen(
        tx,
        case_id,
        label=new.label,
        site_code=new.site_code,
        site_zh=site.zh,
        site_en=site.en,
        procedure=new.procedure,
        tumour_type=new.tumour_type,
        fixation_hours=new.fixation_hours,
        cold_ischaemia_minutes=new.cold_ischaemia_minutes,
        gross_description=new.gross_description,
    )
    expected = 0
    for block in new.blocks:
        row = specimens.add_block(tx, specimen.id, block.label)
        for slide in block.slides:
            specimens.add_expected_slide(
                tx,
                case_id,
                row.id,
                label=slide.label,
                barcode=slide.barcode,
                stain=slide.stain.value,
                marker=slide.marker.value if slide.marker is not None else None,
                clone=slide.clone,
                control_status=slide.control_status.value,
            )
            expected += 1
    return expected

"""Two hospitals with a case each, made by the services: for tests that ask who may see what.

`tests/security/conftest.py` puts the real server in front of them as the fixture `world`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx

from coverslip.analysis.review import ReadingRequest, start_reading
from coverslip.analysis.run import run_reading
from coverslip.annotations.shapes import create_annotation
from coverslip.cases.accession import register_case
from coverslip.cases.registration import NewBlock, NewCase, NewPatient, NewSlide, NewSpecimen
from coverslip.ingest.intake import take_in
from coverslip.ingest.place import match_slide
from coverslip.ingest.settle import Patience
from coverslip.ingest.upload import NewUpload, UploadLimits, begin_upload
from coverslip.ingest.upload_spool import Spool
from coverslip.jobs.task import Work
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import (
    FixityCheck,
    FixityFinding,
    LegalHold,
    Organization,
    Person,
    StorageRule,
    WatchedFile,
    WatchedFolder,
)
from coverslip.reports.draft import DraftText, save_draft
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import actor_for, make_organization, make_person
from coverslip.testing.server import ServerForTests
from coverslip.vocabulary.markers import ControlStatus, Marker
from coverslip.vocabulary.roles import Role
from coverslip.vocabulary.stains import Stain

SLIDE_LABEL = "A1-Ki67"
REGION = {"type": "Polygon", "coordinates": [[[100, 100], [900, 100], [900, 900], [100, 900], [100, 100]]]}
PATIENT_NAME = "欧阳秀英"
"""Planted: it may be shown to those who may see the case, and to nothing and nobody else."""


@dataclass
class Hospital:
    """One organization with one case and everything that hangs on it."""

    organization: Organization
    people: dict[Role, Person]
    case: UUID
    block: UUID
    slide: UUID
    unmatched: UUID
    annotation: UUID
    reading: UUID
    report: UUID
    upload: UUID
    upload_batch: UUID
    watched_folder: UUID
    watched_file: UUID
    storage_rule: UUID
    legal_hold: UUID
    finding: UUID


@dataclass
class World:
    """Two hospitals, the server in front of them, and a signed-in client for every role of either."""

    server: ServerForTests
    database: Database
    blobs: BlobStore
    county: Hospital
    provincial: Hospital
    _clients: dict[UUID, httpx.Client] = field(default_factory=dict)

    def client(self, role: Role, hospital: Hospital | None = None) -> httpx.Client:
        """Signed in as the person with that role, of the county hospital unless told otherwise."""
        person = (hospital or self.county).people[role]
        if person.id not in self._clients:
            self._clients[person.id] = self.server.sign_in(person)
        return self._clients[person.id]


def make_hospital(
    database: Database, blobs: BlobStore, spool: Spool, code: str, kind: str, files: tuple[Path, Path]
) -> Hospital:
    """One hospital; its usernames are `<code>.<role>` in lower case. Of the two files the first gets a place.

    Its technician has begun to upload a file of three bytes.
    """
    organization = make_organization(database, code, kind)
    people = {role: make_person(database, organization.id, f"{code.lower()}.{role.value}", {role}) for role in Role}
    technician = actor_for(people[Role.TECHNICIAN], {Role.TECHNICIAN})
    reader = actor_for(people[Role.PATHOLOGIST], {Role.PATHOLOGIST})
    with database.transaction(technician) as tx:
        case = register_case(tx, _new_case(code))
    block = case.specimens[0].blocks[0].id
    taken, unmatched = (
        take_in(database, blobs, technician, path, patience=Patience(quiet_seconds=0)) for path in files
    )
    with database.transaction(technician) as tx:
        match_slide(tx, taken.slide_id, block, SLIDE_LABEL)
    with database.transaction(reader) as tx:
        point = {"type": "Point", "coordinates": [10.0, 10.0]}
        annotation = create_annotation(tx, taken.slide_id, "note", point, "hot spot").id
        reading = start_reading(tx, taken.slide_id, ReadingRequest(Marker.KI67, REGION)).id
        report = save_draft(tx, case.id, DraftText(diagnosis="浸润性癌"), 0).id
    with database.transaction(technician) as tx:
        upload = begin_upload(tx, spool, UploadLimits(1_000_000, timedelta(hours=1)), NewUpload("later.svs", 3)).part
    return Hospital(
        organization,
        people,
        case.id,
        block,
        taken.slide_id,
        unmatched.slide_id,
        annotation,
        reading,
        report,
        upload.upload_id,
        upload.batch_id,
        *_watch(database, technician, code),
        *_custody(database, people, case.id),
    )


def _watch(database: Database, technician: Actor, code: str) -> tuple[UUID, UUID]:
    """A watched folder, and a slide in it that was refused."""
    with database.transaction(technician) as tx:
        organization = {"organization_id": tx.organization_id}
        folder = tx.add(WatchedFolder(**organization, path=f"/scanner/{code}"))
        file = tx.add(
            WatchedFile(
                **organization,
                folder_id=folder.id,
                key=b"letter.svs",
                name=f"{PATIENT_NAME}.svs",
                fingerprint="1",
                size_bytes=3,
                outcome="refused",
                code="NOT_A_SLIDE",
                parameters={"file": f"{PATIENT_NAME}.svs"},
            )
        )
        return folder.id, file.id


def _custody(database: Database, people: Mapping[Role, Person], case_id: UUID) -> tuple[UUID, UUID, UUID]:
    """A rule, a hold on the case, and damaged bytes that were set aside after a repair."""
    head = people[Role.HEAD]
    with database.transaction(actor_for(head, {Role.HEAD})) as tx:
        rule = tx.add(StorageRule(action="retain", keep_years=30, created_by=head.id))
        hold = tx.add(LegalHold(case_id=case_id, reason="诉讼", placed_by=head.id))
        check = tx.add(FixityCheck())
        aside = f".aside/{tx.organization_id}/{'0' * 64}-0"
        finding = tx.add(
            FixityFinding(check_id=check.id, digest="0" * 64, place="hot", kind="wrong", status="repaired", aside=aside)
        )
        return rule.id, hold.id, finding.id


def finish_reading(database: Database, blobs: BlobStore, settings: Settings, hospital: Hospital) -> None:
    """Let the hospital's queued reading be made, as a worker would."""
    work = Work(database, blobs, settings)
    run_reading.run(work, reading_id=str(hospital.reading), organization_id=str(hospital.organization.id))


def _new_case(code: str) -> NewCase:
    slide = NewSlide(SLIDE_LABEL, Stain.IHC_DAB, marker=Marker.KI67, clone="MIB-1", control_status=ControlStatus.PASSED)
    block = NewBlock("1", (slide,))
    specimen = NewSpecimen("A", site_code="76752008", procedure="core_biopsy", fixation_hours=12, blocks=(block,))
    patient = NewPatient(f"{code}-1", PATIENT_NAME, "female", name_en="Ouyang Xiuying")
    return NewCase(f"{code}-2026-000001", patient, (specimen,), department="乳腺外科")

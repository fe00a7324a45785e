"""Two hospitals with a case each, made of plain records: for tests that ask who may see what.

`tests/security/conftest.py` puts the real server in front of them as the fixture `world`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx

from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import (
    Annotation,
    Block,
    Case,
    Organization,
    Patient,
    Person,
    Reading,
    Report,
    Slide,
    SlideFile,
    Specimen,
)
from coverslip.records.transaction import Transaction
from coverslip.slides.describe import to_json
from coverslip.slides.isolation import probe
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import make_organization, make_person
from coverslip.testing.server import ServerForTests
from coverslip.vocabulary.roles import Role

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


def make_hospital(database: Database, blobs: BlobStore, code: str, kind: str, slide: Path) -> Hospital:
    """One hospital; its usernames are `<code>.<role>` in lower case."""
    organization = make_organization(database, code, kind)
    people = {role: make_person(database, organization.id, f"{code.lower()}.{role.value}", {role}) for role in Role}
    checksum = blobs.put_file(organization.id, slide)
    with database.transaction(Actor.system(organization.id)) as tx:
        patient = tx.add(Patient(patient_number=f"{code}-1", name=PATIENT_NAME, name_en="Ouyang Xiuying", sex="female"))
        case = tx.add(
            Case(accession_number=f"{code}-2026-000001", patient_id=patient.id, status="ready", department="乳腺外科")
        )
        specimen = tx.add(
            Specimen(
                case_id=case.id,
                label="A",
                site_code="76752008",
                site_zh="乳腺",
                site_en="Breast",
                procedure="core_biopsy",
            )
        )
        block = tx.add(Block(specimen_id=specimen.id, label="1"))
        shown = tx.add(
            Slide(
                case_id=case.id,
                block_id=block.id,
                label="A1-Ki67",
                stain="ihc-dab",
                marker="ki67",
                control_status="passed",
                status="ready",
                content_digest=checksum.digest,
                size_bytes=checksum.size_bytes,
                original_name="phantom.svs",
                properties=to_json(probe(slide)),
            )
        )
        tx.add(
            SlideFile(
                slide_id=shown.id,
                position=0,
                name="phantom.svs",
                digest=checksum.digest,
                size_bytes=checksum.size_bytes,
            )
        )
        unmatched = tx.add(Slide(label="unknown", stain="ihc-dab", status="unmatched", original_name="scan-0001.svs"))
        reader = people[Role.PATHOLOGIST]
        reading = _reading(tx, case.id, shown.id, reader.id)
        annotation = tx.add(
            Annotation(
                slide_id=shown.id,
                person_id=reader.id,
                kind="note",
                geometry={"type": "Point", "coordinates": [10.0, 10.0]},
                text="hot spot",
            )
        )
        report = tx.add(Report(case_id=case.id, version=1, diagnosis="浸润性癌", created_by=reader.id))
        return Hospital(
            organization, people, case.id, block.id, shown.id, unmatched.id, annotation.id, reading.id, report.id
        )


def _reading(tx: Transaction, case: UUID, slide: UUID, person: UUID) -> Reading:
    return tx.add(
        Reading(
            case_id=case,
            slide_id=slide,
            marker="ki67",
            algorithm="ki67-classical",
            algorithm_version="1",
            profile="ki67-ikwg-2021",
            profile_version="1",
            status="queued",
            requested_by=person,
        )
    )

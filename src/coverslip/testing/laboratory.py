"""A laboratory that waits for its scanner: one registered case with expected slides, and the means to take files in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from coverslip.cases.accession import register_case
from coverslip.cases.registration import NewBlock, NewCase, NewPatient, NewSlide, NewSpecimen
from coverslip.ingest.intake import Taken, take_in
from coverslip.ingest.settle import Patience
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.slides.isolation import DecoderPool
from coverslip.storage.blobs import BlobStore
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.stains import Stain

ACCESSION = "S25-00123"
AT_ONCE = Patience(quiet_seconds=0.0)


@dataclass(frozen=True)
class Laboratory:
    """The case's block A1 expects slides 1 (HE), 2 (Ki-67, barcode `S25-00123-A1-2`) and 3 (ER)."""

    database: Database
    blobs: BlobStore
    actor: Actor
    case_id: UUID
    block_id: UUID
    decoders: DecoderPool | None = None

    def take(self, path: Path, patience: Patience = AT_ONCE) -> Taken:
        """Take a file in as the laboratory's technician."""
        return take_in(self.database, self.blobs, self.actor, path, patience=patience, decoders=self.decoders)


def open_laboratory(
    database: Database, blobs: BlobStore, technician: Actor, decoders: DecoderPool | None = None
) -> Laboratory:
    """Register the case."""
    expected = (
        NewSlide("1", Stain.HE),
        NewSlide("2", Stain.IHC_DAB, barcode="S25-00123-A1-2", marker=Marker.KI67, clone="MIB-1"),
        NewSlide("3", Stain.IHC_DAB, marker=Marker.ER),
    )
    specimen = NewSpecimen("A", "76752008", "core_biopsy", blocks=(NewBlock("1", expected),))
    new = NewCase(ACCESSION, NewPatient("P-1", "王芳", "female"), (specimen,))
    with database.transaction(technician) as tx:
        case = register_case(tx, new)
    return Laboratory(database, blobs, technician, case.id, case.specimens[0].blocks[0].id, decoders)

"""Slides of the transaction's organization: one, those without a place, those a file may belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import selectinload

from coverslip.records.models import Blob, Block, Case, Slide, SlideFile, Specimen
from coverslip.records.transaction import Transaction

AWAITING_FILE = ("expected", "failed")
"""Statuses of a slide that a file may still fill."""


@dataclass(frozen=True, slots=True)
class PlacedSlide:
    """A slide and where it stands: None where it has no place yet."""

    slide: Slide
    accession_number: str | None
    specimen_label: str | None
    block_label: str | None


@dataclass(frozen=True, slots=True)
class PlacedBlock:
    """A block as its case calls it."""

    id: UUID
    specimen_label: str
    label: str


def slide(tx: Transaction, slide_id: UUID, *, for_update: bool = False) -> Slide | None:
    """One slide with its files, freshly read; locked until the transaction ends where asked."""
    query = select(Slide).options(selectinload(Slide.files)).where(Slide.id == slide_id)
    query = query.execution_options(populate_existing=True)
    return tx.session.scalar(query.with_for_update() if for_update else query)


def placed_slide(tx: Transaction, slide_id: UUID) -> PlacedSlide | None:
    """One slide with readings and files loaded, and the labels of its place."""
    query = _placed().where(Slide.id == slide_id).options(selectinload(Slide.readings), selectinload(Slide.files))
    row = tx.session.execute(query.execution_options(populate_existing=True)).one_or_none()
    return None if row is None else PlacedSlide(*row)


def by_digest(tx: Transaction, digest: str, *, for_update: bool = False) -> PlacedSlide | None:
    """The slide that holds exactly these bytes; locked until the transaction ends where asked."""
    query = _placed().where(Slide.content_digest == digest)
    row = tx.session.execute(query.with_for_update(of=Slide) if for_update else query).one_or_none()
    return None if row is None else PlacedSlide(*row)


def by_barcodes(tx: Transaction, barcodes: Sequence[str]) -> list[PlacedSlide]:
    """Slides in a block that carry one of the barcodes; locked until the transaction ends.

    What waits in the queue is not asked: the barcode on it may be that of its case, or of a slide beside it.
    """
    if not barcodes:
        return []
    query = _placed().where(Slide.barcode.in_(barcodes), Slide.block_id.is_not(None)).order_by(Slide.id)
    return [PlacedSlide(*row) for row in tx.session.execute(query.with_for_update(of=Slide))]


def of_accessions(tx: Transaction, accession_numbers: Sequence[str]) -> list[PlacedSlide]:
    """Slides that stand in a block of these cases; locked until the transaction ends."""
    if not accession_numbers:
        return []
    query = (
        _placed().where(Case.accession_number.in_(accession_numbers), Slide.block_id.is_not(None)).order_by(Slide.id)
    )
    return [PlacedSlide(*row) for row in tx.session.execute(query.with_for_update(of=Slide))]


def cases_of_accessions(tx: Transaction, accession_numbers: Sequence[str]) -> list[tuple[str, UUID]]:
    """(accession number, case id) of the cases that exist among these numbers, the longest number first.

    Large and small letters are one, as everywhere in a case's number.
    """
    keys = [number.lower() for number in accession_numbers]
    query = select(Case.accession_number, Case.id).where(Case.accession_key.in_(keys))
    return sorted(
        ((number, case_id) for number, case_id in tx.session.execute(query)), key=lambda found: -len(found[0])
    )


def blocks_of_case(tx: Transaction, case_id: UUID) -> list[PlacedBlock]:
    """Every block of a case, whether slides of it are expected or not."""
    query = (
        select(Block.id, Specimen.label, Block.label)
        .join(Specimen, Specimen.id == Block.specimen_id)
        .where(Specimen.case_id == case_id)
        .order_by(Block.id)
    )
    return [PlacedBlock(*row) for row in tx.session.execute(query)]


def in_block(tx: Transaction, block_id: UUID) -> list[Slide]:
    """The slides of a block by label; locked until the transaction ends."""
    query = select(Slide).where(Slide.block_id == block_id).order_by(Slide.label, Slide.id)
    return list(tx.session.scalars(query.with_for_update()))


def lock_content(tx: Transaction, digest: str) -> None:
    """Let nobody else take in the same bytes for this hospital until the transaction ends."""
    key = int.from_bytes(bytes.fromhex(digest[:16]), "big", signed=True) ^ (tx.organization_id.int & (2**62 - 1))
    tx.session.execute(select(func.pg_advisory_xact_lock(key)))


def lock_register(tx: Transaction, *, to_forget: bool = False) -> None:
    """Until the transaction ends, let nobody forget bytes that it is about to name; or, to forget, name any."""
    key = tx.organization_id.int >> 65
    lock = func.pg_advisory_xact_lock(key) if to_forget else func.pg_advisory_xact_lock_shared(key)
    tx.session.execute(select(lock))


def register_blob(tx: Transaction, digest: str, size_bytes: int, media_type: str) -> None:
    """Enter bytes in the register; nothing happens where they stand in it."""
    values: dict[str, Any] = {
        "organization_id": tx.organization_id,
        "digest": digest,
        "size_bytes": size_bytes,
        "media_type": media_type,
    }
    tx.session.execute(insert(Blob).values(values).on_conflict_do_nothing())


def is_registered(tx: Transaction, digest: str) -> bool:
    """Whether the register holds these bytes."""
    return tx.session.scalar(select(Blob.digest).where(Blob.digest == digest)) is not None


def set_files(tx: Transaction, slide_id: UUID, files: Sequence[tuple[str, str, int]]) -> None:
    """Let a slide be made of these (name, digest, size in bytes); files it had before are forgotten, not deleted."""
    tx.session.execute(delete(SlideFile).where(SlideFile.slide_id == slide_id))
    tx.session.execute(
        insert(SlideFile),
        [
            {
                "organization_id": tx.organization_id,
                "slide_id": slide_id,
                "position": position,
                "name": name,
                "digest": digest,
                "size_bytes": size_bytes,
            }
            for position, (name, digest, size_bytes) in enumerate(files)
        ],
    )


def give_back_file(tx: Transaction, slide_id: UUID) -> None:
    """Let a slide be expected again: the file that it was given is not its own."""
    tx.session.execute(delete(SlideFile).where(SlideFile.slide_id == slide_id))
    row = tx.session.get_one(Slide, slide_id)
    row.status, row.content_digest, row.size_bytes, row.original_name = "expected", None, None, None
    row.companion_digest = row.failure_code = row.failure_detail = None
    row.properties = row.received_at = row.received_by = None
    tx.flush()


def remove_expectation(tx: Transaction, slide_id: UUID) -> None:
    """Delete a slide that no file ever filled, because another one takes its place."""
    tx.session.execute(delete(Slide).where(Slide.id == slide_id, Slide.content_digest.is_(None)))


def _placed() -> Select[Slide, str | None, str | None, str | None]:
    return (
        select(Slide, Case.accession_number, Specimen.label, Block.label)
        .outerjoin(Case, Case.id == Slide.case_id)
        .outerjoin(Block, Block.id == Slide.block_id)
        .outerjoin(Specimen, Specimen.id == Block.specimen_id)
    )

"""Specimens and blocks of the transaction's organization."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from coverslip.records.models import Block, Slide, Specimen
from coverslip.records.transaction import Transaction


def add_specimen(
    tx: Transaction,
    case_id: UUID,
    *,
    label: str,
    site_code: str,
    site_zh: str,
    site_en: str,
    procedure: str,
    tumour_type: str | None,
    fixation_hours: float | None,
    cold_ischaemia_minutes: float | None,
    gross_description: str,
) -> Specimen:
    """Insert a specimen."""
    return tx.add(
        Specimen(
            organization_id=tx.organization_id,
            case_id=case_id,
            label=label,
            site_code=site_code,
            site_zh=site_zh,
            site_en=site_en,
            procedure=procedure,
            tumour_type=tumour_type,
            fixation_hours=fixation_hours,
            cold_ischaemia_minutes=cold_ischaemia_minutes,
            gross_description=gross_description,
        )
    )


def add_block(tx: Transaction, specimen_id: UUID, label: str) -> Block:
    """Insert a block."""
    return tx.add(Block(organization_id=tx.organization_id, specimen_id=specimen_id, label=label))


def add_expected_slide(
    tx: Transaction,
    case_id: UUID,
    block_id: UUID,
    *,
    label: str,
    barcode: str | None,
    stain: str,
    marker: str | None,
    clone: str | None,
    control_status: str,
) -> Slide:
    """Insert a slide that the scanner has not sent yet."""
    return tx.add(
        Slide(
            organization_id=tx.organization_id,
            case_id=case_id,
            block_id=block_id,
            label=label,
            barcode=barcode,
            stain=stain,
            marker=marker,
            clone=clone,
            control_status=control_status,
            status="expected",
        )
    )


def block(tx: Transaction, block_id: UUID) -> Block | None:
    """One block with its specimen."""
    return tx.session.scalar(select(Block).options(joinedload(Block.specimen)).where(Block.id == block_id))


def specimens_of_case(tx: Transaction, case_id: UUID) -> list[Specimen]:
    """A case's specimens by label, with blocks, slides and readings loaded, freshly read."""
    query = (
        select(Specimen)
        .where(Specimen.case_id == case_id)
        .options(selectinload(Specimen.blocks).selectinload(Block.slides).selectinload(Slide.readings))
        .order_by(Specimen.label)
        .execution_options(populate_existing=True)
    )
    return list(tx.session.scalars(query))


def unplaced_slides(tx: Transaction, case_id: UUID) -> list[Slide]:
    """A case's slides that stand in no block yet, with readings loaded."""
    query = (
        select(Slide)
        .where(Slide.case_id == case_id, Slide.block_id.is_(None))
        .options(selectinload(Slide.readings))
        .order_by(Slide.label)
        .execution_options(populate_existing=True)
    )
    return list(tx.session.scalars(query))


def barcodes_taken(tx: Transaction, barcodes: Sequence[str]) -> list[str]:
    """Those of the barcodes that a slide of the organization already carries in its place.

    A scan that came before its case was registered waits for that very case; its barcode is free.
    """
    query = select(Slide.barcode).where(Slide.barcode.in_(barcodes), Slide.block_id.is_not(None)).distinct()
    return sorted(barcode for barcode in tx.session.scalars(query) if barcode is not None)

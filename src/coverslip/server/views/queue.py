"""The reconciliation queue as the API shows it."""

from __future__ import annotations

from collections.abc import Sequence

from coverslip.cases.detail import summary_of_case
from coverslip.ingest.queue import Suggestion, Waiting, barcodes_of, reasons_of
from coverslip.records import models
from coverslip.records.transaction import Transaction
from coverslip.server.schemas.case import CaseSummary
from coverslip.server.schemas.queue import MatchSuggestion, WaitingSlide
from coverslip.server.schemas.slide import QueuedSlide
from coverslip.server.views.reasons import contradictions, reasons
from coverslip.server.views.slide import PICTURES, summary


def queued(row: models.Slide) -> QueuedSlide:
    """A slide with its readings loaded."""
    return QueuedSlide.model_validate(
        {
            **dict(summary(row)),
            "original_name": row.original_name,
            "barcodes": barcodes_of(row),
            "reasons": reasons(reasons_of(row)),
            "pictures": [name for name in PICTURES if name in (row.properties or {}).get("pictures", {})],
            "case_id": row.case_id,
            "set_aside_at": row.set_aside_at,
            "set_aside_reason": row.set_aside_reason,
        }
    )


def suggested(tx: Transaction, found: Sequence[Suggestion]) -> list[MatchSuggestion]:
    """Suggestions with their cases."""
    return [
        MatchSuggestion(
            case=CaseSummary.model_validate(summary_of_case(tx, one.case_id)),
            why=reasons(one.why, "why"),
            waiting=[_waiting(waiting) for waiting in one.waiting],
            contradictions=contradictions(one.contradictions),
        )
        for one in found
    ]


def _waiting(one: Waiting) -> WaitingSlide:
    slide = one.placed.slide
    return WaitingSlide.model_validate(
        {
            "id": slide.id,
            "block_id": slide.block_id,
            "specimen_label": one.placed.specimen_label,
            "block_label": one.placed.block_label,
            "label": slide.label,
            "stain": slide.stain,
            "marker": slide.marker,
            "clone": slide.clone,
            "barcode": slide.barcode,
            "contradictions": contradictions(one.contradictions),
        }
    )

"""Readings as the API shows them."""

from __future__ import annotations

from coverslip.records import models
from coverslip.server.schemas.common import PersonRef
from coverslip.server.schemas.reading import Edits, Reading, ReadingResult, ReadingSummary, Review
from coverslip.server.views.failure import recorded_error


def summary(row: models.Reading) -> ReadingSummary:
    """A reading in a list of slides."""
    return ReadingSummary.model_validate(
        {
            **{name: getattr(row, name) for name in _SUMMARY},
            "result": _result(row.edited_result or row.result),
        }
    )


def reading(row: models.Reading) -> Reading:
    """A reading with its requester and its reviews, both loaded."""
    return Reading.model_validate(
        {
            **{name: getattr(row, name) for name in _OWN},
            "requested_by": PersonRef.model_validate(row.requester),
            "error": None if row.error_code is None else recorded_error(row.error_code, row.error_detail),
            "result": _result(row.result),
            "edits": None if row.edits is None else Edits.model_validate(row.edits),
            "edited_result": _result(row.edited_result),
            "reviews": [_review(review) for review in row.reviews],
            "validated": False,
        }
    )


_SUMMARY = ("id", "marker", "algorithm", "status", "tiles_done", "tiles_total", "decision", "requested_at")
_OWN = (
    "id",
    "slide_id",
    "case_id",
    "marker",
    "algorithm",
    "algorithm_version",
    "model_digest",
    "profile",
    "profile_version",
    "parameters",
    "region",
    "status",
    "tiles_done",
    "tiles_total",
    "requested_at",
    "started_at",
    "finished_at",
    "seconds",
    "decision",
)


def _review(row: models.Review) -> Review:
    return Review(
        id=row.id,
        action=row.action,  # type: ignore[arg-type] # a check constraint holds the column to the three actions
        reason=row.reason,
        person=PersonRef.model_validate(row.person),
        created_at=row.created_at,
        result=_result(row.result),
    )


def _result(stored: dict[str, object] | None) -> ReadingResult | None:
    return None if stored is None else ReadingResult.model_validate(stored)

"""Rules, holds and findings as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from coverslip.custody.holds import Held
from coverslip.custody.retention import Expired
from coverslip.records import models
from coverslip.server.schemas.common import PersonRef
from coverslip.server.schemas.storage import ExpiredSlide, FixityFinding, LegalHold, StorageRule

People = Mapping[UUID, models.Person]


def rule(row: models.StorageRule, people: People) -> StorageRule:
    """A rule in force."""
    shown = {name: getattr(row, name) for name in StorageRule.model_fields if name != "created_by"}
    return StorageRule.model_validate({**shown, "created_by": _ref(people[row.created_by])})


def hold(held: Held, people: People) -> LegalHold:
    """A hold in force, with the number of its case."""
    row, case, slide = held.hold, held.case, held.slide
    return LegalHold(
        id=row.id,
        case_id=None if case is None else case.id,
        accession_number=None if case is None else case.accession_number,
        slide_id=row.slide_id,
        slide_label=None if slide is None else slide.label,
        reason=row.reason,
        placed_by=_ref(people[row.placed_by]),
        placed_at=row.placed_at,
    )


def finding(row: models.FixityFinding) -> FixityFinding:
    """A finding that somebody has to look at."""
    set_aside = row.aside is not None and row.released_at is None and row.status != "open"
    shown = {name: getattr(row, name) for name in FixityFinding.model_fields if name != "set_aside"}
    return FixityFinding.model_validate({**shown, "set_aside": set_aside})


def expired(row: Expired) -> ExpiredSlide:
    """A slide that may be removed."""
    return ExpiredSlide(
        slide_id=row.slide.id,
        slide_label=row.slide.label,
        case_id=row.case.id,
        accession_number=row.case.accession_number,
        size_bytes=row.slide.size_bytes,
        until=row.until,
        automatic=row.automatic,
    )


def _ref(row: models.Person) -> PersonRef:
    return PersonRef(id=row.id, name=row.name, name_en=row.name_en or None)

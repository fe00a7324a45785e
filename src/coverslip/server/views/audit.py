"""Events of the audit trail as the API shows them."""

from __future__ import annotations

from coverslip.records.queries.audit import ListedEvent
from coverslip.server.schemas.audit import AuditEvent
from coverslip.server.schemas.common import PersonRef


def event(row: ListedEvent) -> AuditEvent:
    """One event with its person and the accession number of its case."""
    recorded = row.event
    return AuditEvent.model_validate(
        {
            **{name: getattr(recorded, name) for name in _OWN},
            "person": None if recorded.person is None else PersonRef.model_validate(recorded.person),
            "accession_number": row.accession_number,
        }
    )


_OWN = ("number", "at", "action", "object_type", "object_id", "case_id", "outcome", "detail", "hash")

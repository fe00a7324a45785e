"""One hand at a time on a blob: whoever moves, repairs, copies or removes bytes waits for whoever does so already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from coverslip.records.database import Database


@contextmanager
def blob_alone(database: Database, organization_id: UUID, digest: str) -> Iterator[None]:
    """Never inside a transaction. What was read of the blob before is to be read again: it may have gone meanwhile."""
    with database.alone(f"blob {organization_id} {digest}"):
        yield

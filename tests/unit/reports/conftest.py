"""A case with readable slides on the pathologist's desk."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.storage.blobs import BlobStore
from coverslip.testing.case_example import make_ready, registered, slide_id
from coverslip.testing.report_desk import Desk
from coverslip.vocabulary.roles import Role


@pytest.fixture
def desk(database: Database, blob_store: BlobStore, actor_of: Callable[[Role], Actor]) -> Desk:
    """A case whose H&E and Ki-67 slides are ready, before the pathologist."""
    case = registered(database, actor_of(Role.TECHNICIAN))
    he, ihc = slide_id(case, "A1-1"), slide_id(case, "A1-2")
    with database.transaction(actor_of(Role.TECHNICIAN)) as tx:
        make_ready(tx, he)
        make_ready(tx, ihc)
    return Desk(database, blob_store, actor_of(Role.PATHOLOGIST), case, he, ihc)

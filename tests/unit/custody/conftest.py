"""A hospital whose slide lies in a hot folder, with a cold one and a replica beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from coverslip.custody import forget, replica
from coverslip.ingest.intake import take_in
from coverslip.ingest.settle import Patience
from coverslip.ingest.taken import Taken
from coverslip.jobs.task import Work
from coverslip.phantoms.files import WRITERS
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import AuditEvent, Blob, Case, Organization, Slide
from coverslip.records.queries import custody
from coverslip.records.queries import slide as slides
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.storage.cache import Cache
from coverslip.storage.local_place import LocalPlace
from coverslip.storage.place import Place, key_of
from coverslip.testing.reading_example import stored_slide
from coverslip.vocabulary.roles import Role

ActorOf = Callable[[Role], Actor]


@dataclass
class Archive:
    """One slide of one case, in the hot place and the replica."""

    work: Work
    organization_id: UUID
    slide_id: UUID
    case_id: UUID
    digest: str
    actor_of: ActorOf
    source: Path
    """The file that was taken in."""

    @property
    def blobs(self) -> BlobStore:
        return self.work.blobs

    @property
    def system(self) -> Actor:
        return Actor.system(self.organization_id)

    def has(self, place: Place | None) -> bool:
        """Whether a place holds the slide's bytes."""
        assert place is not None
        return place.size(self.organization_id, self.digest) is not None

    def harm(self, place: Place | None) -> Path:
        """Flip a bit of the slide's bytes in a folder."""
        assert place is not None
        assert place.folder is not None
        path = place.folder / key_of(self.organization_id, self.digest)
        data = bytearray(path.read_bytes())
        data[1000] ^= 1
        path.chmod(0o640)
        path.write_bytes(data)
        return path

    def blob(self) -> Blob:
        with self.work.database.transaction(self.system) as tx:
            row = custody.blob(tx, self.digest)
        assert row is not None
        return row

    def slide(self) -> Slide:
        with self.work.database.transaction(self.system) as tx:
            row = slides.slide(tx, self.slide_id)
        assert row is not None
        return row

    def age(self, *, days: float = 0, status: str | None = None) -> None:
        """Let the slide have been received and its case been closed so long ago."""
        then = datetime.now(UTC) - timedelta(days=days)
        with self.work.database.transaction(self.system) as tx:
            slide, case = tx.session.get_one(Slide, self.slide_id), tx.session.get_one(Case, self.case_id)
            slide.received_at = slide.created_at = case.received_at = then
            slide.opened_at = None
            if status is not None:
                case.status = status
                case.signed_at = then if status == "signed" else None

    def forget(self) -> None:
        """Do the queued removals of bytes, as a worker does."""
        with self.work.database.transaction(self.system) as tx:
            raw = tx.raw_connection()
            jobs = raw.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'forget_blobs'").fetchall()
        for (arguments,) in jobs:
            forget.forget_blobs.run(self.work, **arguments)

    def try_replica_now(self) -> None:
        """Let the pause after a failure be over."""
        with self.work.database.transaction(self.system) as tx:
            custody.try_replicas_now(tx)

    def take_in(self) -> Taken:
        """The same file once more, through the door that every file takes."""
        return take_in(
            self.work.database, self.blobs, self.actor_of(Role.TECHNICIAN), self.source, patience=Patience(0.0)
        )

    def audited(self, action: str) -> list[AuditEvent]:
        with self.work.database.transaction(self.system) as tx:
            return [event for event in tx.session.query(AuditEvent).all() if event.action == action]


@pytest.fixture
def archive(database: Database, organization: Organization, actor_of: ActorOf, tmp_path: Path) -> Archive:
    blobs = BlobStore(
        folder=tmp_path / "hot",
        cold=LocalPlace(tmp_path / "cold"),
        replica=LocalPlace(tmp_path / "replica"),
        cache=Cache(tmp_path / "cache", 100_000_000),
    )
    path = WRITERS["svs-jpeg-rgb"](tmp_path)
    made = stored_slide(database, blobs, actor_of(Role.TECHNICIAN), path)
    work = Work(database, blobs, Settings(data_dir=tmp_path))
    with database.transaction(Actor.system(organization.id)) as tx:
        row = slides.slide(tx, made.id)
        assert row is not None
        digest = row.files[0].digest
    found = Archive(work, organization.id, made.id, made.case_id, digest, actor_of, path)
    replica.copy_to_replica.run(work)
    return found

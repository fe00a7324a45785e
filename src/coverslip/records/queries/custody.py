"""Tiers, replicas and checks of the register's bytes; which slides a rule means; holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, false, func, or_, select, update
from sqlalchemy.orm import selectinload

from coverslip.records.models import (
    Blob,
    Case,
    FixityCheck,
    FixityFinding,
    LegalHold,
    Person,
    Reading,
    Slide,
    SlideFile,
    StorageRule,
)
from coverslip.records.transaction import Transaction

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)
_AT_ONCE: dict[str, object] = {"replica_attempts": 0, "replica_due_at": None}


@dataclass(frozen=True, slots=True)
class TierUse:
    """What lies in one tier."""

    tier: str
    blobs: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """How far the second copies are."""

    copied: int
    waiting: int
    failed: int


def blob(tx: Transaction, digest: str, *, for_update: bool = False) -> Blob | None:
    """One entry of the register; locked until the transaction ends where asked."""
    query = select(Blob).where(Blob.digest == digest).execution_options(populate_existing=True)
    return tx.session.scalar(query.with_for_update() if for_update else query)


def use_of_tiers(tx: Transaction) -> list[TierUse]:
    """Number and size of the organization's blobs, by tier, the hot one first."""
    query = select(Blob.tier, func.count(), func.coalesce(func.sum(Blob.size_bytes), 0)).group_by(Blob.tier)
    query = query.order_by(Blob.tier.desc())
    return [TierUse(tier, int(count), int(size)) for tier, count, size in tx.session.execute(query)]


def replica_state(tx: Transaction) -> ReplicaState:
    """Counts of blobs by the state of their second copy."""
    query = select(
        func.count().filter(Blob.replicated_at.is_not(None)),
        func.count().filter(Blob.replicated_at.is_(None), Blob.replica_failure.is_(None)),
        func.count().filter(Blob.replicated_at.is_(None), Blob.replica_failure.is_not(None)),
    ).select_from(Blob)
    return ReplicaState(*tx.session.execute(query).one())


def not_replicated(tx: Transaction, most: int) -> list[Blob]:
    """Blobs without a second copy that are to be tried now, those that never failed first."""
    due = or_(Blob.replica_due_at.is_(None), Blob.replica_due_at <= func.now())
    query = select(Blob).where(Blob.replicated_at.is_(None), due)
    return list(tx.session.scalars(query.order_by(Blob.replica_failure.is_not(None), Blob.created_at).limit(most)))


def moving(tx: Transaction) -> list[Blob]:
    """Blobs whose move between tiers was begun and not finished."""
    return list(tx.session.scalars(select(Blob).where(Blob.moving_to.is_not(None)).order_by(Blob.digest)))


def in_tier(tx: Transaction, tier: str) -> set[str]:
    """Digests of the blobs that lie in a tier and are not on their way."""
    return set(tx.session.scalars(select(Blob.digest).where(Blob.tier == tier, Blob.moving_to.is_(None))))


def due_for_check(tx: Transaction, before: datetime, most: int) -> list[Blob]:
    """Blobs whose bytes were last compared (or taken in) before then, the longest ago first."""
    last = func.coalesce(Blob.checked_at, Blob.created_at)
    return list(tx.session.scalars(select(Blob).where(last < before).order_by(last, Blob.digest).limit(most)))


def longest_unchecked(tx: Transaction) -> datetime | None:
    """When the blob was compared (or taken in) that was so the longest ago; None where there is none."""
    return tx.session.scalar(select(func.min(func.coalesce(Blob.checked_at, Blob.created_at))))


def set_tier(tx: Transaction, digest: str, *, tier: str | None = None, moving_to: str | None = None) -> None:
    """Note where a blob lies (`tier`) or that it is on its way (`moving_to`)."""
    values: dict[str, str | None] = {"moving_to": moving_to}
    if tier is not None:
        values["tier"] = tier
    tx.session.execute(update(Blob).where(Blob.digest == digest).values(values))


def set_replicated(tx: Transaction, digest: str, failure: str | None = None) -> None:
    """Note that the second copy is there, or why it is not; each failure doubles the pause until the next attempt."""
    pause = func.least(FIRST_PAUSE * func.power(2, func.least(Blob.replica_attempts, 20)), LONGEST_PAUSE)
    values: dict[str, object] = {"replicated_at": func.now(), "replica_failure": None, **_AT_ONCE}
    if failure is not None:
        values = {
            "replicated_at": None,
            "replica_failure": failure,
            "replica_attempts": Blob.replica_attempts + 1,
            "replica_due_at": func.now() + pause,
        }
    tx.session.execute(update(Blob).where(Blob.digest == digest).values(values))


def try_replicas_now(tx: Transaction) -> None:
    """Second copies that failed are to be tried at once."""
    tx.session.execute(update(Blob).where(Blob.replica_due_at.is_not(None)).values(_AT_ONCE))


def begin_anew(tx: Transaction) -> None:
    """All bytes were just brought back into the hot place; what was known of other places is void."""
    tx.session.execute(
        update(Blob).values(
            tier="hot", moving_to=None, checked_at=None, replicated_at=None, replica_failure=None, **_AT_ONCE
        )
    )
    settled = {"status": "gone", "aside": None, "settled_at": func.now()}
    tx.session.execute(update(FixityFinding).values(settled))


def set_checked(tx: Transaction, digest: str) -> None:
    """Note that all bytes of a blob were compared with its digest just now."""
    tx.session.execute(update(Blob).where(Blob.digest == digest).values(checked_at=func.now()))


def unregister(tx: Transaction, digest: str) -> None:
    """Take a blob off the register; refused by the database under a legal hold."""
    tx.session.execute(delete(Blob).where(Blob.digest == digest))


def rules(tx: Transaction, *, ended: bool = False) -> list[StorageRule]:
    """Rules in force, or all there ever were, oldest first."""
    query = select(StorageRule).order_by(StorageRule.created_at, StorageRule.id)
    return list(tx.session.scalars(query if ended else query.where(StorageRule.ended_at.is_(None))))


def rule(tx: Transaction, rule_id: UUID) -> StorageRule | None:
    """One rule, locked until the transaction ends."""
    return tx.session.scalar(select(StorageRule).where(StorageRule.id == rule_id).with_for_update())


def idle_slides(tx: Transaction, case_status: str | None, before: datetime, most: int) -> list[Slide]:
    """Slides with bytes in the hot place that nobody has opened or taken in since then; with their files.

    `case_status` None: of any status. Slides that are being read by the computer are left alone.
    """
    opened = func.coalesce(Slide.opened_at, Slide.received_at, Slide.created_at)
    hot = exists().where(Blob.digest == SlideFile.digest, Blob.tier == "hot", SlideFile.slide_id == Slide.id)
    running = exists().where(Reading.slide_id == Slide.id, Reading.status.in_(("queued", "running")))
    query = _of_status(case_status).where(opened < before, hot, ~running).order_by(opened, Slide.id).limit(most)
    return list(tx.session.scalars(query))


def expired_slides(
    tx: Transaction, before: Mapping[str, datetime], most: int, only: Sequence[UUID] | None = None
) -> list[tuple[Slide, Case]]:
    """Slides under no hold whose cases were closed before the moment given for their status, the longest ago first.

    A case without a status there is never over. Closed means signed; a cancelled case, which nobody signs, counts from
    the day it was received. `only`: of these slides.
    """
    closed = func.coalesce(Case.signed_at, case((Case.status == "cancelled", Case.received_at)))
    query = (
        select(Slide, Case)
        .join(Case, Case.id == Slide.case_id)
        .where(
            Slide.content_digest.is_not(None),
            or_(*(and_(Case.status == status, closed < moment) for status, moment in before.items()), false()),
            ~_held(),
        )
        .options(selectinload(Slide.files))
        .order_by(closed, Slide.id)
        .limit(most)
    )
    if only is not None:
        query = query.where(Slide.id.in_(only))
    return [(slide, of) for slide, of in tx.session.execute(query)]


def is_held(tx: Transaction, slide_id: UUID) -> bool:
    """Whether a slide or its case is under a legal hold."""
    return tx.session.scalar(select(Slide.id).where(Slide.id == slide_id, _held())) is not None


def holds(tx: Transaction, *, released: bool = False) -> list[tuple[LegalHold, Case | None, Slide | None]]:
    """Holds in force, or all there ever were, newest first, with what they hold."""
    query = (
        select(LegalHold, Case, Slide)
        .outerjoin(Slide, Slide.id == LegalHold.slide_id)
        .outerjoin(Case, or_(Case.id == LegalHold.case_id, Case.id == Slide.case_id))
        .order_by(LegalHold.placed_at.desc(), LegalHold.id)
    )
    if not released:
        query = query.where(LegalHold.released_at.is_(None))
    return [(hold, case, slide) for hold, case, slide in tx.session.execute(query)]


def hold(tx: Transaction, hold_id: UUID) -> LegalHold | None:
    """One hold, locked until the transaction ends."""
    return tx.session.scalar(select(LegalHold).where(LegalHold.id == hold_id).with_for_update())


def lock_slides(tx: Transaction, case_id: UUID) -> None:
    """Keep the slides of a case as they are until the transaction ends."""
    tx.session.execute(select(Slide.id).where(Slide.case_id == case_id).order_by(Slide.id).with_for_update())


def case_of_accession(tx: Transaction, accession_number: str) -> Case | None:
    """The case with this number; large and small letters are one."""
    return tx.session.scalar(select(Case).where(Case.accession_key == accession_number.strip().lower()))


def checks(tx: Transaction, most: int) -> list[FixityCheck]:
    """The latest checks, newest first."""
    return list(tx.session.scalars(select(FixityCheck).order_by(FixityCheck.started_at.desc()).limit(most)))


def check(tx: Transaction, check_id: UUID) -> FixityCheck:
    """One check, locked until the transaction ends. Raises LookupError."""
    return tx.session.get_one(FixityCheck, check_id, with_for_update=True, populate_existing=True)


def findings(tx: Transaction) -> list[FixityFinding]:
    """What is still open, and what was set aside and not released, newest first."""
    shown = or_(FixityFinding.status == "open", FixityFinding.aside.is_not(None) & FixityFinding.released_at.is_(None))
    return list(tx.session.scalars(select(FixityFinding).where(shown).order_by(FixityFinding.found_at.desc())))


def finding(tx: Transaction, finding_id: UUID) -> FixityFinding | None:
    """One finding, locked until the transaction ends."""
    return tx.session.scalar(select(FixityFinding).where(FixityFinding.id == finding_id).with_for_update())


def open_finding(tx: Transaction, digest: str, place: str) -> FixityFinding | None:
    """The finding about a blob in a place that is not settled; locked until the transaction ends."""
    query = select(FixityFinding).where(
        FixityFinding.digest == digest, FixityFinding.place == place, FixityFinding.status == "open"
    )
    return tx.session.scalar(query.with_for_update())


def people(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """People by id."""
    return {row.id: row for row in tx.session.scalars(select(Person).where(Person.id.in_(ids)))}


def forget_content(tx: Transaction, slide_id: UUID, code: str) -> None:
    """Let a slide say that its file was removed, its pictures too; what is known of it otherwise stays."""
    tx.session.execute(delete(SlideFile).where(SlideFile.slide_id == slide_id))
    row = tx.session.get_one(Slide, slide_id)
    row.status, row.content_digest, row.companion_digest, row.failure_code = "failed", None, None, code
    if row.properties is not None:
        row.properties = {name: value for name, value in row.properties.items() if name != "pictures"}
    tx.flush()


def _of_status(case_status: str | None) -> Select[Slide]:
    query = select(Slide).options(selectinload(Slide.files)).where(Slide.content_digest.is_not(None))
    if case_status is None:
        return query
    return query.join(Case, Case.id == Slide.case_id).where(Case.status == case_status)


def _held() -> ColumnElement[bool]:
    return exists().where(
        LegalHold.released_at.is_(None),
        or_(LegalHold.slide_id == Slide.id, LegalHold.case_id == Slide.case_id),
    )

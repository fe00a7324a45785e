"""How the organization's bytes stand, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.records.models import FixityCheck
from coverslip.records.queries import custody
from coverslip.records.transaction import Transaction
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore


@dataclass(frozen=True, slots=True)
class Overview:
    """Sizes in bytes."""

    tiers: list[custody.TierUse]
    cold_there: bool
    remote: bool
    """The hot place is object storage, read through the cache."""
    replica: custody.ReplicaState | None
    fixity_days: int
    longest_unchecked: datetime | None
    overdue: bool
    """Something was not compared within the cycle and a week."""
    last_check: FixityCheck | None
    open_findings: int
    to_release: int
    cache_used: int
    cache_limit: int


def overview(tx: Transaction, blobs: BlobStore, configured: Settings) -> Overview:
    """Raises `PermissionDenied`."""
    require(tx.actor, Permission.STORAGE_READ)
    audit.record(tx, "storage.read", object_type="organization", object_id=tx.organization_id)
    findings = custody.findings(tx)
    last = custody.checks(tx, 1)
    oldest = custody.longest_unchecked(tx)
    late = datetime.now(UTC) - timedelta(days=configured.fixity_days + 7)
    return Overview(
        tiers=custody.use_of_tiers(tx),
        cold_there=blobs.cold is not None,
        remote=blobs.folder is None,
        replica=custody.replica_state(tx) if blobs.replica is not None else None,
        fixity_days=configured.fixity_days,
        longest_unchecked=oldest,
        overdue=oldest is not None and oldest < late,
        last_check=last[0] if last else None,
        open_findings=sum(finding.status == "open" for finding in findings),
        to_release=sum(finding.aside is not None and finding.status != "open" for finding in findings),
        cache_used=blobs.cache.used(),
        cache_limit=blobs.cache.limit_bytes,
    )

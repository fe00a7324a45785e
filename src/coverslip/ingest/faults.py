"""Faults that are no slide's own: what came by any door is kept and taken in again when they have passed."""

from __future__ import annotations

from coverslip.errors import CoverslipError
from coverslip.records.errors import DatabaseFull, DatabaseUnavailable
from coverslip.slides.errors import DecoderBusy, DecoderUnconfined, SlideUnreachable
from coverslip.storage.errors import (
    BlobCorrupt,
    BlobMissing,
    BlobUnreadable,
    CacheFull,
    StorageFull,
    StorageUnavailable,
)

OF_ALL = (StorageFull, StorageUnavailable, DatabaseUnavailable, DatabaseFull, DecoderUnconfined)
"""These keep every slide out, so that a look at a folder ends."""
OF_ONE = (BlobMissing, BlobCorrupt, BlobUnreadable, CacheFull, DecoderBusy, SlideUnreachable)
"""These may concern the bytes of one slide only: it waits, and others are taken in."""
KEPT_FAULTS = frozenset(
    {kind.code for kind in (*OF_ALL, *OF_ONE)} | {"JOB_ABANDONED", "JOB_FAILED", "UPLOAD_DISK_FULL"}
)
"""Codes of all of them."""


def ends_look(error: CoverslipError) -> bool:
    """Whether nothing else can be taken in either."""
    return isinstance(error, OF_ALL) and not isinstance(error, OF_ONE)


def passes(error: CoverslipError) -> bool:
    """Whether the fault is the installation's, so that the slide is neither refused nor failed."""
    return error.code in KEPT_FAULTS or isinstance(error, (*OF_ALL, *OF_ONE))

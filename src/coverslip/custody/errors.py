"""What can stand in the way of keeping and removing bytes."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class UnderLegalHold(CoverslipError):
    """The slide or its case is under a legal hold. Parameter: `slide`."""

    code = "UNDER_LEGAL_HOLD"


class RetentionNotOver(CoverslipError):
    """No rule says that this slide may go, or its time is not over. Parameter: `slide`."""

    code = "RETENTION_NOT_OVER"


class AlreadyEnded(CoverslipError):
    """The rule was ended, or the hold or the damaged bytes released before."""

    code = "ALREADY_ENDED"


class NoColdStorage(CoverslipError):
    """A rule that moves slides needs a cold place."""

    code = "NO_COLD_STORAGE"


class DamageFound(CoverslipError):
    """A check found bytes that are not what they were. Parameters: `open`, `repaired`."""

    code = "DAMAGE_FOUND"


class SlideRemoved(CoverslipError):
    """The slide's file was removed when its time of keeping was over."""

    code = "SLIDE_REMOVED"

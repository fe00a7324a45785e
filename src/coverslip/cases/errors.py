"""What can go wrong with a case; the words stand in `locales/<language>/cases.json`."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class AccessionExists(CoverslipError):
    """The accession number is taken. Parameter: `accession_number`."""

    code = "ACCESSION_EXISTS"
    exit_status = 2


class PatientMismatch(CoverslipError):
    """The patient number belongs to somebody else. Parameters: `patient_number`, `differs` (the field that differs)."""

    code = "PATIENT_MISMATCH"
    exit_status = 2


class DuplicateLabel(CoverslipError):
    """Two specimens, blocks or slides beside each other carry the same label. Parameters: `field`, `label`."""

    code = "DUPLICATE_LABEL"
    exit_status = 2


class BarcodeTaken(CoverslipError):
    """A slide with this barcode exists already, or is given twice. Parameters: `field`, `barcode`."""

    code = "BARCODE_TAKEN"
    exit_status = 2


class StaleRevision(CoverslipError):
    """Somebody else changed it in the meantime. Parameters: `given`, `current`."""

    code = "STALE_REVISION"


class IllegalTransition(CoverslipError):
    """The case's state does not allow this. Parameters: `status`, `event`."""

    code = "STATUS_NOT_ALLOWED"


class AssigneeUnfit(CoverslipError):
    """The person cannot be given a case: unknown, without account, or without a reading role."""

    code = "ASSIGNEE_UNFIT"
    exit_status = 2

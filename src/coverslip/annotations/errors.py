"""What can be wrong with annotations and stored cells; the words stand in `locales/*/annotations.json`."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class CellStoreUnreadable(CoverslipError):
    """The bytes are no cell store, or one of another version. Parameter: `problem`."""

    code = "CELL_STORE_UNREADABLE"


class AnnotationInvalid(CoverslipError):
    """The drawn shape cannot be stored. Parameters: `field`, `problem` (a key of the catalogue's `problems`) and what
    its words need."""

    code = "ANNOTATION_INVALID"
    exit_status = 2


class AnnotationNotOwn(CoverslipError):
    """Somebody else drew it; only who drew an annotation may take it away."""

    code = "ANNOTATION_NOT_OWN"
    exit_status = 2

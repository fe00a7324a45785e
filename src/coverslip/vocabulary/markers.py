"""The five immunohistochemical markers Coverslip reads."""

from __future__ import annotations

from enum import StrEnum


class Marker(StrEnum):
    """A protein shown by an immunohistochemical stain."""

    KI67 = "ki67"
    ER = "er"
    PR = "pr"
    HER2 = "her2"
    PD_L1 = "pd-l1"


class ControlStatus(StrEnum):
    """Outcome of the external control that was stained with the slide; unknown is never taken for passed."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"

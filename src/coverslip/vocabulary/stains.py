"""How a section was stained."""

from __future__ import annotations

from enum import StrEnum


class Stain(StrEnum):
    """A section's stain; every marker stain is DAB with haematoxylin as counterstain."""

    HE = "he"
    IHC_DAB = "ihc-dab"
    FLUORESCENCE = "fluorescence"
    OTHER = "other"

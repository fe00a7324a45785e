"""The people of a pathology department."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person does in the department; a person can have several."""

    TECHNICIAN = "technician"
    RESIDENT = "resident"
    PATHOLOGIST = "pathologist"
    SENIOR_PATHOLOGIST = "senior_pathologist"
    EXPERT = "expert"
    HEAD = "head"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"

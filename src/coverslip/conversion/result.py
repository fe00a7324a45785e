"""What a conversion tells while it runs and when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Progress(Protocol):
    """Told how far a conversion is; called from the thread that converts."""

    def begin(self, tiles: int) -> None:
        """How many tiles there are to write."""
        ...

    def advance(self, tiles: int, stored_bytes: int) -> None:
        """So many more were written."""
        ...


class Silent:
    """Tells nobody."""

    def begin(self, tiles: int) -> None:
        """Nothing."""

    def advance(self, tiles: int, stored_bytes: int) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Written:
    """One image of the result."""

    file: str
    """Name of its file."""
    kind: str
    """`volume` (a level), `label`, `overview`, `thumbnail`."""
    width: int
    height: int
    tiles: int
    tile_bytes: int
    passed_through: bool
    encoding: str
    reason: str
    """Why it was decoded and encoded anew; empty where it passed through or is no level."""
    uid: str | None = None
    """SOP Instance UID, in DICOM."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A finished conversion."""

    target: str
    out: Path
    images: tuple[Written, ...]
    seconds: float

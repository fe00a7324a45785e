"""What a scoring profile makes of counts: a proposal for the pathologist, never a diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from coverslip.analysis.scoring.intervals import Interval


class Status(StrEnum):
    """Whether the counts may carry a category (table 1.0, row G4)."""

    EVALUABLE = "EVALUABLE"
    EVALUABLE_WITH_WARNING = "EVALUABLE_WITH_WARNING"
    NOT_EVALUABLE = "NOT_EVALUABLE"


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """The outcome of one profile on one set of counts.

    `score` and `interval` are unrounded, in `unit`; thresholds were applied to them unrounded (G2).
    A result that is not evaluable has neither score, interval nor category (G4); its counts stand in `extra`.
    """

    status: Status
    score: float | None
    unit: str
    category: str | None
    category_text: Mapping[str, str]
    interval: Interval | None
    n: int
    flags: tuple[str, ...]
    reasons: tuple[str, ...]
    rules: tuple[str, ...]
    profile: str
    profile_version: str
    extra: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        silent = self.score is None and self.category is None and self.interval is None
        if (self.status is Status.NOT_EVALUABLE) != silent:
            raise ValueError("score, category and interval stand on an evaluable result and on no other")
        if (self.status is Status.NOT_EVALUABLE) != bool(self.reasons):
            raise ValueError("a result is not evaluable for a reason, and only then has reasons")
        if self.status is Status.EVALUABLE and self.flags:
            raise ValueError("a flag makes a result EVALUABLE_WITH_WARNING")

    def to_json(self) -> dict[str, Any]:
        """The object that `coverslip score` prints and a reading stores."""
        return {
            "status": self.status.value,
            "score": self.score,
            "unit": self.unit,
            "category": self.category,
            "category_text": dict(self.category_text),
            "interval": None if self.interval is None else [self.interval.low, self.interval.high],
            "n": self.n,
            "flags": list(self.flags),
            "reasons": list(self.reasons),
            "rules": list(self.rules),
            "extra": dict(self.extra),
            "profile": self.profile,
            "profile_version": self.profile_version,
        }

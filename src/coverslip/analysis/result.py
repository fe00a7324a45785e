"""From findings to a reading's result: counts, interval, gate, and what the number rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from coverslip.analysis.algorithm import Findings
from coverslip.analysis.cells import CellTable
from coverslip.analysis.scoring import Evidence, ScoreResult, score
from coverslip.vocabulary.geometry import Region
from coverslip.vocabulary.markers import ControlStatus
from coverslip.vocabulary.units import Spacing

METHOD = "region"
"""All tumour cells of the region are counted; the words stand in the scoring profile."""
BLOCK_UM = 400.0
"""Side of the blocks of the block bootstrap (scoring rules 1.0: 256 to 500 um)."""
FEWEST_BLOCKS = 8
"""With fewer blocks that hold cells, resampling them says nothing; Wilson's interval then stands alone."""


@dataclass(frozen=True, slots=True)
class ReadingResult:
    """The result of one reading: what the profile made of the counts, and the counts' circumstances."""

    score: ScoreResult
    positive: int
    negative: int
    method: str
    area_mm2: float
    spacing_um: float
    measurements: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """As stored with the reading and shown by the API (`ReadingResult`)."""
        scored = self.score.to_json()
        return scored | {
            "positive": self.positive,
            "negative": self.negative,
            "method": self.method,
            "area_mm2": self.area_mm2,
            "spacing_um": self.spacing_um,
            "extra": scored["extra"] | {"measurements": dict(self.measurements)},
        }


def assemble(profile: str, findings: Findings, spacing: Spacing, laboratory: Evidence | None = None) -> ReadingResult:
    """Score findings by a profile.

    `laboratory`: what is known beside the picture (control, clone, pre-analytics); None: nothing is known, and the
    result says so. The picture's own evidence is taken from `findings.measurements`. Raises `ProfileUnknown`.
    """
    positive, negative = findings.cells.positives, findings.cells.negatives
    evidence = with_measurements(laboratory or Evidence(), findings.measurements, spacing)
    scored = score(
        profile,
        {"positive": positive, "negative": negative, "method": METHOD},
        tiles=block_counts(findings.cells, spacing),
        evidence=evidence,
        flags=findings.flags,
        reasons=findings.reasons,
    )
    return ReadingResult(
        score=scored,
        positive=positive,
        negative=negative,
        method=METHOD,
        area_mm2=findings.analysed_area_mm2,
        spacing_um=spacing.mean_um,
        measurements=findings.measurements,
    )


def with_measurements(laboratory: Evidence, measurements: Mapping[str, Any], spacing: Spacing) -> Evidence:
    """The laboratory's evidence completed by what was measured on the picture."""
    known = {field.name for field in fields(Evidence)}
    measured = {name: value for name, value in measurements.items() if name in known}
    return replace(laboratory, spacing_um=spacing.mean_um, **measured)


def block_counts(cells: CellTable, spacing: Spacing) -> Sequence[tuple[int, int]] | None:
    """(positive, total) of each 400 um block that holds counted nuclei; None with fewer than eight blocks."""
    size = BLOCK_UM / spacing.mean_um
    counted = cells.counted
    column = np.floor_divide(cells.x[counted], size).astype(np.int64)
    row = np.floor_divide(cells.y[counted], size).astype(np.int64)
    _, block = np.unique(row * (1 << 32) + column, return_inverse=True)
    total = np.bincount(block)
    if len(total) < FEWEST_BLOCKS:
        return None
    positive = np.bincount(block[cells.positive[counted]], minlength=len(total))
    return [(int(p), int(t)) for p, t in zip(positive, total, strict=True)]


def without_area(area_mm2: float, region: Region, excluded: Region | None, spacing: Spacing) -> float:
    """Analysed area once an excluded part is cut out of the region, in square millimetres.

    The cut is taken to lie on tissue, which is what people cut out; so the area never comes out too large.
    """
    if excluded is None:
        return area_mm2
    return max(0.0, area_mm2 - spacing.area_mm2(region.shared_px(excluded)))


def laboratory_evidence(
    control: str, clone: str | None, fixation_hours: float | None, cold_ischaemia_minutes: float | None
) -> Evidence:
    """What the case's records say of a slide's staining."""
    return Evidence(
        control=ControlStatus(control),
        clone=clone,
        fixation_hours=fixation_hours,
        cold_ischaemia_minutes=cold_ischaemia_minutes,
    )

"""One reading from an open slide to a result, without records: the command line and the job both call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel

from coverslip.analysis.algorithm import Algorithm, Findings, Progress
from coverslip.analysis.errors import RegionOutside
from coverslip.analysis.pixels import SlidePixels
from coverslip.analysis.provenance import Provenance, provenance
from coverslip.analysis.result import ReadingResult, assemble
from coverslip.analysis.scoring import Evidence
from coverslip.slides.slide import Slide
from coverslip.vocabulary.geometry import Box, Region
from coverslip.vocabulary.units import Spacing


@dataclass(frozen=True, slots=True)
class FinishedReading:
    """Everything a reading leaves behind."""

    findings: Findings
    result: ReadingResult
    provenance: Provenance
    region: Region
    laboratory: Evidence

    def to_json(self) -> dict[str, Any]:
        """The result as stored with the reading; its `extra` holds what a later recount and an auditor need."""
        result = self.result.to_json()
        result["extra"] |= {
            "algorithm_flags": list(self.findings.flags),
            "algorithm_reasons": list(self.findings.reasons),
            "laboratory": {name: value for name, value in asdict(self.laboratory).items() if value is not None},
            "provenance": self.provenance.to_json(),
            "region": self.region.to_geojson(),
        }
        return result


def read_slide(
    slide: Slide,
    spacing: Spacing,
    algorithm: Algorithm,
    parameters: BaseModel,
    *,
    region: Region | None = None,
    laboratory: Evidence | None = None,
    progress: Callable[[Progress], None] = lambda step: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> FinishedReading:
    """Run an algorithm on a region (None: the whole slide) and score what it found.

    Raises `RegionOutside` where the region reaches beyond the slide, `AnalysisCancelled`, and the slide's errors.
    """
    bounds = slide.properties.bounds
    chosen = Region.from_box(bounds) if region is None else region
    check_inside(chosen, bounds)
    findings = algorithm.run(SlidePixels(slide, spacing), chosen, parameters, progress, cancelled)
    known = laboratory or Evidence()
    result = assemble(algorithm.declaration.profile, findings, spacing, known)
    source = provenance(algorithm.declaration, parameters, spacing, chosen)
    return FinishedReading(findings, result, source, chosen, known)


def check_inside(region: Region, slide: Box) -> None:
    """Raise `RegionOutside` unless the whole region lies on the slide; half a pixel beyond the edge is forgiven."""
    left, top, right, bottom = region.shape.bounds
    slack = 0.5
    if left < -slack or top < -slack or right > slide.width + slack or bottom > slide.height + slack:
        raise RegionOutside(
            field="region",
            region=f"{left:g},{top:g} - {right:g},{bottom:g}",
            slide=f"{slide.width} x {slide.height}",
        )

"""What a pathologist changed on a reading, and the count that follows: pure, so that saving is instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coverslip.analysis.algorithm import Findings
from coverslip.analysis.cells import CellTable
from coverslip.analysis.result import ReadingResult, assemble, without_area
from coverslip.analysis.scoring import Evidence
from coverslip.errors import InvalidInput
from coverslip.vocabulary.geometry import Region
from coverslip.vocabulary.markers import ControlStatus
from coverslip.vocabulary.units import Spacing, SquareMillimetres


@dataclass(frozen=True, slots=True)
class Edits:
    """Regions left out of the count, and cells (rows of the table) whose class is the other one."""

    excluded_regions: tuple[Region, ...] = ()
    flipped: tuple[int, ...] = ()

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Edits:
        """From `{"excluded_regions": [GeoJSON geometry], "flipped": [row]}`. Raises `InvalidInput`."""
        flipped = given.get("flipped", [])
        regions = given.get("excluded_regions", [])
        if not isinstance(flipped, Sequence) or not isinstance(regions, Sequence):
            raise InvalidInput(field="edits", problem="edits_not_lists")
        if any(isinstance(row, bool) or not isinstance(row, int) or row < 0 for row in flipped):
            raise InvalidInput(field="edits.flipped", problem="rows_not_numbers")
        return cls(tuple(Region.from_geojson(region) for region in regions), tuple(sorted(set(flipped))))

    def to_json(self) -> dict[str, Any]:
        """As stored with the reading."""
        return {
            "excluded_regions": [region.to_geojson() for region in self.excluded_regions],
            "flipped": list(self.flipped),
        }

    def __bool__(self) -> bool:
        return bool(self.excluded_regions or self.flipped)


def edited(cells: CellTable, edits: Edits) -> CellTable:
    """The cells as the pathologist sees them: classes flipped, cells of excluded regions not counted.

    A flipped nucleus that was not counted before stays uncounted. Raises `InvalidInput` for a row that does not exist.
    """
    positive, counted = cells.positive.copy(), cells.counted.copy()
    rows = np.array(edits.flipped, dtype=np.int64)
    if len(rows) and rows.max() >= len(cells):
        raise InvalidInput(field="edits.flipped", problem="cell_unknown", value=int(rows.max()))
    positive[rows] = ~positive[rows]
    for region in edits.excluded_regions:
        counted &= ~region.contains(cells.x, cells.y)
    return cells.with_positive(positive).with_counted(counted)


def recount(cells: CellTable, edits: Edits, region: Region, stored: Mapping[str, Any]) -> ReadingResult:
    """The result that the edited cells give, under the circumstances of the computer's own.

    `cells`: as the computer left them; `region`: where it read; `stored`: its result as JSON
    (`FinishedReading.to_json`). Gate, profile and laboratory evidence are the same; only cells and area change. Raises
    `InvalidInput`.
    """
    extra = stored["extra"]
    spacing = Spacing.square(stored["spacing_um"])
    area = without_area(stored["area_mm2"], region, Region.united(edits.excluded_regions), spacing)
    findings = Findings(
        cells=edited(cells, edits),
        analysed_area_mm2=SquareMillimetres(area),
        flags=tuple(extra["algorithm_flags"]),
        reasons=tuple(extra["algorithm_reasons"]),
        measurements=extra["measurements"],
    )
    return assemble(stored["profile"], findings, spacing, laboratory_from_json(extra["laboratory"]))


def laboratory_from_json(stored: Mapping[str, Any]) -> Evidence:
    """The laboratory's evidence as it stood when the computer read."""
    return Evidence(**{**stored, "control": ControlStatus(stored["control"])})

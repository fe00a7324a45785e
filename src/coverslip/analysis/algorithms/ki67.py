"""Ki-67 by colour and shape alone, without learned weights: the fallback that always runs.

A slide region is read at about 0.5 um/px in tiles; nuclei are found by `nuclei.detector`, called positive by their DAB
density, and handed on with everything measured. Not validated for diagnosis; its accuracy stands in
`docs/validation/accuracy.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from coverslip.analysis.algorithm import AlgorithmDeclaration, Findings, Output, PixelSource, Progress
from coverslip.analysis.cells import CellTable, in_store_order
from coverslip.analysis.errors import AnalysisCancelled, BlankField
from coverslip.analysis.nuclei.detector import NucleusDetector
from coverslip.analysis.nuclei.positivity import PositiveCut, find_cut
from coverslip.analysis.regions.tissue import TissueMap, find_tissue
from coverslip.analysis.sampling import RegionStains, region_stains
from coverslip.vocabulary.geometry import Box, Region
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.stains import Stain
from coverslip.vocabulary.units import Micrometres, SquareMillimetres

VERSION = "1.0.0"
COARSEST_SPACING_UM = 0.55
"""Row RES_TOO_LOW of table 1.6: nuclei are not read on coarser pixels."""
FINEST_SPACING_UM = 0.05
TILE_PX = 1024
SHOWN_STRENGTH = 0.065
"""A nucleus that is not counted is shown if its blob is at least this strong; weaker ones are texture."""


class Ki67Parameters(BaseModel):
    """Settings of the classical Ki-67 reading; every one is stored with the result."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sensitivity: float = Field(
        default=0.035, ge=0.01, le=0.5, description="Least contrast of a nucleus, 0 to 1; lower finds paler nuclei."
    )
    least_tumour_evidence: float = Field(
        default=-0.70, ge=-5.0, le=5.0, description="Log odds from which a nucleus is counted as a tumour cell's."
    )
    positive_dab_od: float = Field(
        default=0.17, ge=0.02, le=1.5, description="Mean DAB density (OD) of a positive nucleus, where no cut is found."
    )
    adaptive_cut: bool = Field(
        default=True, description="Look for the cut between two clear groups of nuclei, within the bounds below."
    )
    lowest_cut_od: float = Field(default=0.10, ge=0.02, le=1.5, description="Lower bound of the adaptive cut (OD).")
    highest_cut_od: float = Field(default=0.40, ge=0.02, le=1.5, description="Upper bound of the adaptive cut (OD).")
    smallest_nucleus_um2: float = Field(
        default=6.0, ge=0.0, le=100.0, description="Smaller objects are debris and are left out (square micrometres)."
    )
    largest_nucleus_um2: float = Field(
        default=400.0, ge=50.0, le=5000.0, description="Larger objects are smears or folds and are left out."
    )

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Ki67Parameters:
        if self.lowest_cut_od > self.highest_cut_od:
            raise ValueError("lowest_cut_od is above highest_cut_od")
        return self


@dataclass(frozen=True, slots=True)
class Ki67Classical:
    """Ki-67 positive index of a region by classical image analysis. `tile_px`: side of a tile in working pixels."""

    tile_px: int = TILE_PX

    @property
    def declaration(self) -> AlgorithmDeclaration:
        """What it reads, at which spacings, and what it gives."""
        return AlgorithmDeclaration(
            name="ki67-classical",
            version=VERSION,
            marker=Marker.KI67,
            stain=Stain.IHC_DAB,
            finest_spacing_um=Micrometres(FINEST_SPACING_UM),
            coarsest_spacing_um=Micrometres(COARSEST_SPACING_UM),
            parameters=Ki67Parameters,
            outputs=(Output("positive", "{cells}"), Output("negative", "{cells}"), Output("area_mm2", "mm2")),
            profile="ki67-ikwg-2021",
        )

    def run(
        self,
        pixels: PixelSource,
        region: Region,
        parameters: BaseModel,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> Findings:
        """Find and classify the nuclei of `region`; see `Algorithm.run`.

        A region without tissue, without stain, on too coarse pixels or on an H&E section gives no cells and a reason.
        """
        assert isinstance(parameters, Ki67Parameters)
        cv2.setNumThreads(1)

        def check() -> None:
            if cancelled():
                raise AnalysisCancelled

        check()
        if pixels.spacing.mean_um > COARSEST_SPACING_UM:
            return _nothing("RES_TOO_LOW")
        tissue = find_tissue(pixels, region, check)
        if tissue.empty:
            return _nothing("NO_INVASIVE_TUMOUR", measured={"tissue_found": False})
        factor = max(1, int(COARSEST_SPACING_UM / pixels.spacing.mean_um + 1e-9))
        working = (factor, factor * pixels.spacing.mean_um)
        try:
            stains = region_stains(pixels, region, tissue, working, check)
        except BlankField:
            return _nothing("NO_INVASIVE_TUMOUR", tissue.area_mm2, {"stain_found": False})
        if stains.quality.is_not_dab:
            return _nothing("STAIN_OOD", tissue.area_mm2, _measured(stains))
        detector = NucleusDetector(stains.stains, stains.signal, working[1], parameters.sensitivity)
        tables = []
        boxes = [box for box in _tiles(region, pixels.bounds, factor, self.tile_px) if tissue.touches(box)]
        for number, box in enumerate(boxes):
            check()
            tables.append(_read_tile(pixels, detector, box, factor, parameters, (region, tissue)))
            progress(Progress(number + 1, len(boxes)))
        cells, cut = _classified(CellTable.concatenated(tables), parameters)
        flags = ("STAIN_OOD",) if stains.quality.hue_is_doubtful else ()
        return Findings(in_store_order(cells), tissue.area_mm2, flags, measurements=_measured(stains, cut))


def _nothing(reason: str, area_mm2: float = 0.0, measured: dict[str, Any] | None = None) -> Findings:
    return Findings(CellTable.empty(), SquareMillimetres(area_mm2), reasons=(reason,), measurements=measured or {})


def _tiles(region: Region, slide: Box, factor: int, tile_px: int) -> Iterator[Box]:
    """The tiles of a grid anchored at the slide's corner that the region's bounds touch, in reading order."""
    side = tile_px * factor
    bounds = region.bounds.intersection(slide)
    if bounds is None:
        return
    for y in range(bounds.y // side * side, bounds.bottom, side):
        for x in range(bounds.x // side * side, bounds.right, side):
            yield Box(x, y, side, side)


def _read_tile(
    pixels: PixelSource,
    detector: NucleusDetector,
    box: Box,
    factor: int,
    parameters: Ki67Parameters,
    where: tuple[Region, TissueMap],
) -> CellTable:
    margin = detector.margin_px * factor
    right = min(box.right + margin, pixels.bounds.right // factor * factor)
    bottom = min(box.bottom + margin, pixels.bounds.bottom // factor * factor)
    x, y = max(0, box.x - margin), max(0, box.y - margin)
    if right - x < factor or bottom - y < factor:
        return CellTable.empty()
    found = detector.find(pixels.read(Box(x, y, right - x, bottom - y), detector.spacing_um))
    column, row = found.seed_column + x // factor, found.seed_row + y // factor
    cell_x = ((column + found.offset_x + 0.5) * factor).astype(np.float32)
    cell_y = ((row + found.offset_y + 0.5) * factor).astype(np.float32)
    own = (column * factor >= box.x) & (column * factor < box.right)
    own &= (row * factor >= box.y) & (row * factor < box.bottom)
    own &= (found.area_um2 >= parameters.smallest_nucleus_um2) & (found.area_um2 <= parameters.largest_nucleus_um2)
    counted = found.tumour_evidence >= parameters.least_tumour_evidence
    own &= counted | (found.strength >= SHOWN_STRENGTH)
    region, tissue = where
    own &= region.contains(cell_x, cell_y) & tissue.holds(cell_x, cell_y)
    return CellTable(
        x=cell_x[own],
        y=cell_y[own],
        positive=np.zeros(int(own.sum()), dtype=np.bool_),
        counted=counted[own],
        dab_od=found.dab_od[own].astype(np.float32),
        haematoxylin_od=found.haematoxylin_od[own].astype(np.float32),
        area_um2=found.area_um2[own].astype(np.float32),
    )


def _classified(cells: CellTable, parameters: Ki67Parameters) -> tuple[CellTable, PositiveCut]:
    cut = PositiveCut(parameters.positive_dab_od, adaptive=False)
    if parameters.adaptive_cut:
        counted = cells.dab_od[cells.counted]
        cut = find_cut(counted, cut.dab_od, parameters.lowest_cut_od, parameters.highest_cut_od)
    return cells.with_positive(cells.dab_od >= np.float32(cut.dab_od)), cut


def _measured(stains: RegionStains, cut: PositiveCut | None = None) -> dict[str, Any]:
    quality = stains.quality
    measured: dict[str, Any] = {
        "white_point": round(quality.white_point, 1),
        "stain_angle_degrees": round(max(quality.haematoxylin_degrees, quality.dab_degrees), 2),
        "counterstain_seen": quality.counterstain_seen,
        "background_dab_od": round(quality.background_dab_od, 3),
        "magenta_share": round(quality.magenta_share, 3),
        "blur_share": None if stains.blurred_share is None else round(stains.blurred_share, 3),
        "haematoxylin_reference_od": round(stains.signal.haematoxylin_reference, 3),
        "haematoxylin_vector": [round(value, 4) for value in stains.vectors.haematoxylin],
        "dab_vector": [round(value, 4) for value in stains.vectors.dab],
    }
    if cut is not None:
        measured |= {"positive_cut_od": round(cut.dab_od, 4), "positive_cut_adaptive": cut.adaptive}
    return measured

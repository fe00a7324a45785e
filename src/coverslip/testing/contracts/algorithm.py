"""What every algorithm must do: subclass `AlgorithmContract`, give the algorithm and a field, and all of it is tested.

    class TestMyAlgorithm(AlgorithmContract):
        def algorithm(self):
            return MyAlgorithm()

        def same_with_other_tiles(self):
            return [MyAlgorithm(tile_px=300), MyAlgorithm(tile_px=700)]

        def field(self):
            return ArrayPixels(pixels_with_cells, 0.25)

What this does not check: that the cells are right. That is measured on annotated fields, not tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import shapely
from pydantic import BaseModel

from coverslip.analysis.algorithm import Algorithm, AlgorithmDeclaration, Findings, PixelSource, Progress
from coverslip.analysis.cells import COLUMNS, CellTable, in_store_order
from coverslip.analysis.errors import AnalysisCancelled
from coverslip.analysis.result import assemble
from coverslip.analysis.scoring import Status, load_profile
from coverslip.testing.pixels import ArrayPixels
from coverslip.vocabulary.geometry import Region

CANCEL_AFTER_CALLS = 3


class AlgorithmContract:
    """Behaviour tests of one algorithm on one field."""

    def algorithm(self) -> Algorithm:
        """The algorithm under test."""
        raise NotImplementedError

    def same_with_other_tiles(self) -> Sequence[Algorithm]:
        """The algorithm with other tile sizes, of which at least one cuts the field; empty where it reads in one
        piece."""
        raise NotImplementedError

    def field(self) -> PixelSource:
        """A field with at least 50 cells, at a spacing that the algorithm reads."""
        raise NotImplementedError

    @property
    def declaration(self) -> AlgorithmDeclaration:
        """What the algorithm says of itself."""
        return self.algorithm().declaration

    def parameters(self) -> BaseModel:
        """The parameters' defaults."""
        return self.declaration.parameters()

    def run(self, pixels: PixelSource, region: Region | None = None, algorithm: Algorithm | None = None) -> Findings:
        """The algorithm on a region of a source, None: on all of it."""
        chosen = Region.from_box(pixels.bounds) if region is None else region
        return (algorithm or self.algorithm()).run(pixels, chosen, self.parameters(), lambda step: None, lambda: False)

    def test_it_declares_what_a_result_must_carry(self) -> None:
        declared = self.declaration
        assert declared.name and declared.version and declared.outputs
        assert 0 < declared.finest_spacing_um < declared.coarsest_spacing_um
        assert declared.model_digest is None or len(declared.model_digest) == 64
        assert load_profile(declared.profile).marker is declared.marker

    def test_every_parameter_has_a_default_and_a_description(self) -> None:
        properties = self.declaration.parameters.model_json_schema()["properties"]
        self.parameters()
        assert all(field.get("description") and "default" in field for field in properties.values())

    def test_an_unknown_parameter_is_refused(self) -> None:
        with pytest.raises(ValueError, match="surely_no_such_parameter"):
            self.declaration.parameters.model_validate({"surely_no_such_parameter": 1})

    def test_it_finds_cells_inside_the_region_in_the_order_of_the_store(self) -> None:
        field = self.field()
        findings = self.run(field)
        cells = findings.cells
        assert len(cells) >= 50
        assert {len(getattr(cells, name)) for name in COLUMNS} == {len(cells)}
        assert Region.from_box(field.bounds).contains(cells.x, cells.y).all()
        same(cells, in_store_order(cells))
        assert 0 < findings.analysed_area_mm2 <= field.spacing.area_mm2(field.bounds.width * field.bounds.height)

    def test_measurements_are_finite_and_not_negative(self) -> None:
        cells = self.run(self.field()).cells
        for name in ("dab_od", "haematoxylin_od", "area_um2"):
            values = getattr(cells, name)
            assert np.isfinite(values).all() and (values >= 0).all(), name

    def test_the_same_pixels_give_the_same_findings_to_the_digit(self) -> None:
        first, second = self.run(self.field()), self.run(self.field())
        same(first.cells, second.cells)
        assert first.measurements == second.measurements

    def test_tiles_do_not_show_in_the_findings(self) -> None:
        whole = self.run(self.field())
        for other in self.same_with_other_tiles():
            found = self.run(self.field(), algorithm=other)
            same(whole.cells, found.cells)
            assert whole.measurements == found.measurements

    def test_a_drawn_region_bounds_the_cells(self) -> None:
        field = self.field()
        bounds = field.bounds
        centre = shapely.Point(bounds.width / 2, bounds.height / 2)
        region = Region(centre.buffer(min(bounds.width, bounds.height) / 3))
        cells = self.run(field, region).cells
        assert 0 < len(cells) < len(self.run(field).cells)
        assert region.contains(cells.x, cells.y).all()

    def test_progress_rises_to_the_end(self) -> None:
        field, steps = self.field(), list[Progress]()
        region = Region.from_box(field.bounds)
        self.algorithm().run(field, region, self.parameters(), steps.append, lambda: False)
        assert steps and all(a.tiles_done < b.tiles_done for a, b in pairwise(steps))
        assert steps[-1].tiles_done == steps[-1].tiles_total
        assert len({step.tiles_total for step in steps}) == 1

    def test_it_stops_when_it_is_cancelled(self) -> None:
        field, calls = self.field(), 0

        def cancelled() -> bool:
            nonlocal calls
            calls += 1
            return calls > CANCEL_AFTER_CALLS

        for algorithm in self.same_with_other_tiles() or [self.algorithm()]:
            calls = 0
            with pytest.raises(AnalysisCancelled):
                algorithm.run(field, Region.from_box(field.bounds), self.parameters(), lambda step: None, cancelled)
            assert calls == CANCEL_AFTER_CALLS + 1

    def test_pixels_coarser_than_declared_are_not_read(self) -> None:
        coarse = ArrayPixels(np.full((400, 400, 3), 200, np.uint8), self.declaration.coarsest_spacing_um * 1.01)
        findings = self.run(coarse)
        assert findings.reasons == ("RES_TOO_LOW",)
        assert len(findings.cells) == 0
        assert coarse.reads == []

    @pytest.mark.parametrize("grey", [0, 128, 244, 255])
    def test_no_tissue_gives_a_reason_and_never_a_number(self, grey: int) -> None:
        blank = ArrayPixels(np.full((600, 500, 3), grey, np.uint8), self.declaration.coarsest_spacing_um / 2)
        findings = self.run(blank)
        assert len(findings.cells) == 0
        result = assemble(self.declaration.profile, findings, blank.spacing)
        assert result.score.status is Status.NOT_EVALUABLE
        assert result.score.score is None and result.score.reasons

    def test_findings_can_be_scored(self) -> None:
        field = self.field()
        findings = self.run(field)
        result = assemble(self.declaration.profile, findings, field.spacing).to_json()
        assert result["positive"] + result["negative"] == int(findings.cells.counted.sum())


def same(one: CellTable, other: CellTable) -> None:
    """Assert that two tables are equal to the digit."""
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)

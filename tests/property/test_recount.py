"""Counting again by edits equals counting the edited cells from the start; the interval holds the estimate."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coverslip.analysis.algorithm import Findings
from coverslip.analysis.cells import CellTable, in_store_order
from coverslip.analysis.edits import Edits, recount
from coverslip.analysis.result import assemble
from coverslip.vocabulary.geometry import Box, Region
from coverslip.vocabulary.units import Spacing, SquareMillimetres

SPACING = Spacing.square(0.5)
SIDE = 20_000
SLIDE = Region.from_box(Box(0, 0, SIDE, SIDE))
PROFILE = "ki67-ikwg-2021"


def table_of(seed: int, count: int, share: float) -> CellTable:
    random = np.random.default_rng(seed)
    values = np.full(count, 0.3, np.float32)
    return in_store_order(
        CellTable(
            x=random.uniform(0, SIDE, count).astype(np.float32),
            y=random.uniform(0, SIDE, count).astype(np.float32),
            positive=random.random(count) < share,
            counted=random.random(count) < 0.95,
            dab_od=values,
            haematoxylin_od=values,
            area_um2=values,
        )
    )


tables = st.builds(table_of, st.integers(0, 2**32 - 1), st.integers(0, 900), st.floats(0, 1))
boxes = st.builds(
    lambda x, y, w, h: Region.from_box(Box(x, y, w, h)),
    st.integers(0, SIDE - 1),
    st.integers(0, SIDE - 1),
    st.integers(1, SIDE),
    st.integers(1, SIDE),
)


@settings(deadline=None, max_examples=40)
@given(tables, st.lists(boxes, max_size=3), st.sets(st.integers(0, 899), max_size=30))
def test_a_recount_equals_a_count_from_the_start(table: CellTable, regions: list[Region], rows: set[int]) -> None:
    flipped = tuple(sorted(row for row in rows if row < len(table)))
    own = assemble(PROFILE, Findings(table, SquareMillimetres(100.0)), SPACING).to_json()
    own["extra"] |= {"algorithm_flags": [], "algorithm_reasons": [], "laboratory": {"control": "unknown"}}
    again = recount(table, Edits(tuple(regions), flipped), SLIDE, own)
    positive, counted = table.positive.copy(), table.counted.copy()
    for row in flipped:
        positive[row] = not positive[row]
    for region in regions:
        left, top, right, bottom = region.shape.bounds
        counted &= ~((table.x > left) & (table.x < right) & (table.y > top) & (table.y < bottom))
    changed = table.with_positive(positive).with_counted(counted)
    fresh = assemble(PROFILE, Findings(changed, SquareMillimetres(again.area_mm2)), SPACING)
    assert again.score == fresh.score
    assert (again.positive, again.negative) == (fresh.positive, fresh.negative)
    assert 0.0 <= again.area_mm2 <= 100.0


@settings(deadline=None, max_examples=40)
@given(tables)
def test_the_interval_holds_the_estimate(table: CellTable) -> None:
    result = assemble(PROFILE, Findings(table, SquareMillimetres(1.0)), SPACING).score
    if result.interval is not None:
        assert result.score is not None
        assert result.interval.low <= result.score <= result.interval.high


@settings(deadline=None, max_examples=40)
@given(tables)
def test_a_reading_without_enough_cells_has_no_number(table: CellTable) -> None:
    result = assemble(PROFILE, Findings(table, SquareMillimetres(1.0)), SPACING)
    if result.positive + result.negative < 200:
        assert result.score.score is None and result.score.category is None

"""Edits: what is flipped and left out changes the count, and nothing else."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from coverslip.analysis.algorithm import Findings
from coverslip.analysis.cells import COLUMNS, CellTable, in_store_order
from coverslip.analysis.edits import Edits, edited, recount
from coverslip.analysis.result import FEWEST_BLOCKS, assemble, block_counts
from coverslip.analysis.scoring import Evidence
from coverslip.analysis.store import from_blob, to_blob, to_viewer
from coverslip.annotations.errors import CellStoreUnreadable
from coverslip.errors import InvalidInput
from coverslip.vocabulary.geometry import Box, Region
from coverslip.vocabulary.units import Spacing, SquareMillimetres

SPACING = Spacing.square(0.25)
SLIDE = Region.from_box(Box(0, 0, 40_000, 30_000))
PROFILE = "ki67-ikwg-2021"


def cells(count: int, seed: int = 1) -> CellTable:
    random = np.random.default_rng(seed)
    positive = random.random(count) < 0.2
    return in_store_order(
        CellTable(
            x=random.uniform(0, 40_000, count).astype(np.float32),
            y=random.uniform(0, 30_000, count).astype(np.float32),
            positive=positive,
            counted=random.random(count) < 0.9,
            dab_od=np.where(positive, 0.6, 0.05).astype(np.float32),
            haematoxylin_od=np.full(count, 0.3, np.float32),
            area_um2=np.full(count, 45.0, np.float32),
        )
    )


def stored(table: CellTable) -> dict[str, Any]:
    findings = Findings(table, SquareMillimetres(20.0), measurements={"white_point": 240.0})
    result = assemble(PROFILE, findings, SPACING).to_json()
    result["extra"] |= {"algorithm_flags": [], "algorithm_reasons": [], "laboratory": {"control": "unknown"}}
    return result


def square(x: int, y: int, side: int) -> Region:
    return Region.from_box(Box(x, y, side, side))


def test_no_edits_give_the_computers_own_result() -> None:
    table = cells(3000)
    own = stored(table)
    again = recount(table, Edits(), SLIDE, own).to_json()
    again["extra"] |= {name: own["extra"][name] for name in own["extra"].keys() - again["extra"].keys()}
    assert again == own


def test_a_flipped_cell_changes_both_counts_by_one() -> None:
    table = cells(3000)
    row = int(np.flatnonzero(table.counted & ~table.positive)[0])
    again = recount(table, Edits(flipped=(row,)), SLIDE, stored(table))
    assert (again.positive, again.negative) == (table.positives + 1, table.negatives - 1)


def test_a_flipped_cell_that_is_not_counted_stays_uncounted() -> None:
    table = cells(3000)
    row = int(np.flatnonzero(~table.counted)[0])
    again = recount(table, Edits(flipped=(row,)), SLIDE, stored(table))
    assert (again.positive, again.negative) == (table.positives, table.negatives)


def test_cells_of_an_excluded_region_are_not_counted_and_its_area_is_gone() -> None:
    table = cells(3000)
    region = square(1000, 2000, 8000)
    again = recount(table, Edits((region,)), SLIDE, stored(table))
    left = table.counted & ~region.contains(table.x, table.y)
    assert again.positive + again.negative == int(left.sum())
    assert again.area_mm2 == pytest.approx(20.0 - (8000 * 0.25e-3) ** 2)


def test_overlapping_exclusions_take_their_area_once() -> None:
    table = cells(2000)
    one = recount(table, Edits((square(0, 0, 4000),)), SLIDE, stored(table)).area_mm2
    twice = recount(table, Edits((square(0, 0, 4000), square(0, 0, 4000))), SLIDE, stored(table)).area_mm2
    assert one == twice


def test_excluding_everything_is_not_evaluable() -> None:
    table = cells(2000)
    again = recount(table, Edits((square(0, 0, 40_000),)), SLIDE, stored(table)).to_json()
    assert again["status"] == "NOT_EVALUABLE" and again["score"] is None and again["n"] == 0


def test_a_gate_that_closed_stays_closed() -> None:
    table = cells(2000)
    own = stored(table)
    own["extra"]["algorithm_reasons"] = ["STAIN_OOD"]
    assert recount(table, Edits(), SLIDE, own).to_json()["status"] == "NOT_EVALUABLE"


def test_the_laboratorys_evidence_is_that_of_the_first_count() -> None:
    table = cells(2000)
    own = stored(table)
    own["extra"]["laboratory"] = {"control": "failed"}
    assert "CONTROL_FAIL" in recount(table, Edits(), SLIDE, own).to_json()["reasons"]


def test_a_cell_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidInput) as raised:
        edited(cells(10), Edits(flipped=(10,)))
    assert raised.value.field == "edits.flipped"


@pytest.mark.parametrize(
    "given",
    [
        {"flipped": [-1]},
        {"flipped": [1.5]},
        {"flipped": [True]},
        {"flipped": 3},
        {"excluded_regions": [{"type": "Point", "coordinates": [1, 2]}]},
        {"excluded_regions": [{"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}]},
    ],
)
def test_edits_that_mean_nothing_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Edits.from_json(given)


def test_edits_survive_being_stored() -> None:
    edits = Edits((square(5, 6, 70),), (1, 5, 9))
    assert Edits.from_json(edits.to_json()) == edits
    assert Edits.from_json({"flipped": [9, 1, 5, 1]}).flipped == (1, 5, 9)


def test_counting_a_hundred_thousand_cells_again_takes_less_than_a_fifth_of_a_second() -> None:
    table = cells(100_000)
    own, blob = stored(table), to_blob(table)
    edits = Edits((square(1000, 1000, 6000), square(20_000, 9000, 3000)), tuple(range(0, 5000, 7)))
    seconds = []
    for _ in range(3):
        started = time.process_time()
        recount(from_blob(blob), edits, SLIDE, own)
        seconds.append(time.process_time() - started)
    assert min(seconds) < 0.2


def test_a_stored_table_comes_back_as_it_was_and_has_the_same_bytes() -> None:
    table = cells(5000)
    back = from_blob(to_blob(table))
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(back, name), getattr(table, name))
        assert getattr(back, name).dtype == getattr(table, name).dtype
    assert to_blob(back) == to_blob(table)
    assert len(from_blob(to_blob(CellTable.empty()))) == 0


def test_damaged_cells_are_said() -> None:
    blob = to_blob(cells(500))
    for damaged in (b"", b"no zip", blob[: len(blob) // 2]):
        with pytest.raises(CellStoreUnreadable):
            from_blob(damaged)


def test_the_viewer_gets_columns_in_the_order_of_the_contract() -> None:
    table = cells(7)
    data = to_viewer(table)
    assert data[:4] == b"CVC1" and int.from_bytes(data[4:8], "little") == 7
    assert len(data) == 8 + 7 * 13
    np.testing.assert_array_equal(np.frombuffer(data, "<f4", 7, 8 + 28), table.y)
    state = np.frombuffer(data, np.uint8, 7, 8 + 84)
    np.testing.assert_array_equal(state & 1, table.positive)
    np.testing.assert_array_equal(state >> 1, table.counted)


def test_blocks_hold_every_counted_cell_once() -> None:
    table = cells(4000)
    blocks = block_counts(table, SPACING)
    assert blocks is not None and len(blocks) >= FEWEST_BLOCKS
    assert sum(total for _, total in blocks) == table.positives + table.negatives
    assert sum(positive for positive, _ in blocks) == table.positives


def test_few_blocks_say_nothing_about_clustering() -> None:
    table = cells(4000)
    near = table.taken((table.x < 3000) & (table.y < 3000))
    assert block_counts(near, SPACING) is None


def test_a_reading_without_laboratory_evidence_knows_nothing() -> None:
    result = assemble(PROFILE, Findings(cells(3000), SquareMillimetres(1.0)), SPACING, replace(Evidence()))
    assert {"CONTROL_UNKNOWN", "PREANALYTIC_UNKNOWN"} <= set(result.score.flags)

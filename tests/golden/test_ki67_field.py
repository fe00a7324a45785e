"""One phantom field with its result pinned: a change of the method is seen, named and given a new version.

The counts are pinned to the digit for one set of library versions; another OpenCV may render the phantom and average
its pixels by a grey level differently, so counts may differ by 2 % and the index by one point before this test speaks.
"""

from __future__ import annotations

import pytest

from coverslip.analysis.algorithms.ki67 import VERSION, Ki67Classical, Ki67Parameters
from coverslip.analysis.result import assemble
from coverslip.phantoms.field import field
from coverslip.testing.pixels import ArrayPixels
from coverslip.vocabulary.geometry import Region

SPACING_UM = 0.25
GOLDEN = {"positive": 103, "negative": 500, "shown": 658}
GOLDEN_VERSION, GOLDEN_CUT_OD = "1.0.0", 0.2102
COUNT_TOLERANCE = 0.02
INDEX_TOLERANCE_PP = 1.0


def test_the_pinned_field_reads_as_it_did() -> None:
    drawn = field(2026, 1536, SPACING_UM)
    pixels = ArrayPixels(drawn.rgb, SPACING_UM)
    findings = Ki67Classical().run(
        pixels, Region.from_box(pixels.bounds), Ki67Parameters(), lambda step: None, lambda: False
    )
    result = assemble("ki67-ikwg-2021", findings, pixels.spacing)
    assert VERSION == GOLDEN_VERSION
    assert result.positive == pytest.approx(GOLDEN["positive"], rel=COUNT_TOLERANCE)
    assert result.negative == pytest.approx(GOLDEN["negative"], rel=COUNT_TOLERANCE)
    assert len(findings.cells) == pytest.approx(GOLDEN["shown"], rel=COUNT_TOLERANCE)
    assert findings.measurements["positive_cut_od"] == pytest.approx(GOLDEN_CUT_OD, abs=0.02)
    assert result.score.score == pytest.approx(
        100 * GOLDEN["positive"] / (GOLDEN["positive"] + GOLDEN["negative"]), abs=INDEX_TOLERANCE_PP
    )


def test_the_pinned_field_reads_near_its_truth() -> None:
    drawn = field(2026, 1536, SPACING_UM)
    pixels = ArrayPixels(drawn.rgb, SPACING_UM)
    cells = (
        Ki67Classical()
        .run(pixels, Region.from_box(pixels.bounds), Ki67Parameters(), lambda step: None, lambda: False)
        .cells
    )
    found = 100 * cells.positives / (cells.positives + cells.negatives)
    assert found == pytest.approx(drawn.truth.positive_percent, abs=5.0)

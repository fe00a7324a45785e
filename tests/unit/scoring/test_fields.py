"""Which fields to count: the allocation of the IKWG counter."""

from __future__ import annotations

import pytest

from coverslip.analysis.scoring import allocate_fields
from coverslip.analysis.scoring.fields import FieldKind
from coverslip.errors import InvalidInput


@pytest.mark.parametrize(
    ("shares", "fields"),
    [
        ({"low": 100}, {"low": 4}),
        ({"low": 60, "high": 40}, {"low": 2, "high": 2}),
        ({"low": 62.4, "high": 37.6}, {"low": 2, "high": 2}),
        ({"low": 62.5, "high": 37.5}, {"low": 3, "high": 1}),
        ({"low": 20, "high": 80}, {"low": 1, "high": 3}),
        ({"negligible": 50, "low": 30, "high": 20}, {"negligible": 2, "low": 1, "high": 1}),
        ({"negligible": 40, "low": 40, "high": 20}, {"negligible": 1, "low": 1, "high": 1}),
        ({"negligible": 60, "low": 20, "high": 20}, {"negligible": 1, "low": 1, "high": 1}),
        (
            {"negligible": 70, "low": 10, "medium": 10, "high": 10},
            {"negligible": 1, "low": 1, "medium": 1, "high": 1},
        ),
    ],
)
def test_four_fields_follow_the_shares_of_the_kinds(
    shares: dict[FieldKind, float], fields: dict[FieldKind, int]
) -> None:
    assert allocate_fields(shares) == fields


@pytest.mark.parametrize("shares", [{"low": 99.0}, {"low": 60.0, "high": 50.0}, {}, {"low": -5.0, "high": 105.0}])
def test_shares_that_are_no_hundred_per_cent_are_refused(shares: dict[FieldKind, float]) -> None:
    with pytest.raises(InvalidInput):
        allocate_fields(shares)

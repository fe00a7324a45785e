"""Which fields to count for the global Ki-67 score, after the counter of the IKWG (GPEC/Ki67Counter)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from coverslip.analysis.scoring.errors import CountOutOfRange, CountsContradict

FieldKind = Literal["negligible", "low", "medium", "high"]
FIELD_KINDS: tuple[FieldKind, ...] = ("negligible", "low", "medium", "high")
FIELDS = 4
NUCLEI_PER_FIELD = 100
_UNEVEN_PAIR_POINTS = 25
"""Two kinds whose area shares differ by this much or more get 3 + 1 fields instead of 2 + 2."""


def allocate_fields(share_percent: Mapping[FieldKind, float]) -> dict[FieldKind, int]:
    """How many fields of 100 nuclei to count of each kind of Ki-67 area; kinds without area get none.

    `share_percent`: the reader's estimate for each kind, absent kinds are 0, the sum is 100.
    One kind: 4 fields. Two: 2 + 2, or 3 + 1 when they differ by 25 points or more. Three: one each, the fourth to
    the strictly largest if all three differ, else only 3 fields. Four: one each.
    Source: GPEC/Ki67Counter, lib/scoringFieldsAllocator.js. Raises `CountOutOfRange`, `CountsContradict`.
    """
    shares = {kind: share_percent.get(kind, 0) for kind in FIELD_KINDS}
    for kind, share in shares.items():
        if not 0 <= share <= 100:
            raise CountOutOfRange(field=kind, value=repr(share), low=0, high=100)
    if abs(sum(shares.values()) - 100) > 1e-6:
        raise CountsContradict(field="share_percent", value=sum(shares.values()), other="sum", other_value=100)
    present = sorted((kind for kind in FIELD_KINDS if shares[kind] > 0), key=lambda kind: -shares[kind])
    return dict(zip(present, _numbers([shares[kind] for kind in present]), strict=True))


def _numbers(shares: list[float]) -> list[int]:
    if len(shares) == 1:
        return [FIELDS]
    if len(shares) == 2:
        return [3, 1] if shares[0] - shares[1] >= _UNEVEN_PAIR_POINTS else [2, 2]
    if len(shares) == 3 and len(set(shares)) == 3:
        return [2, 1, 1]
    return [1] * len(shares)

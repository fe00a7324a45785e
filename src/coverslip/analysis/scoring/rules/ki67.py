"""Ki-67 in breast carcinoma: from counts to a positive index (tables 1.0 and 1.4).

Pure functions; every cut-off comes from the profile. Shares are exact fractions, so a threshold is met or not,
whatever floating point would make of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from coverslip.analysis.scoring.counts import choice, objects, only_known, percentage, whole
from coverslip.analysis.scoring.errors import CountMissing, CountsContradict
from coverslip.analysis.scoring.intervals import Interval, wilson
from coverslip.analysis.scoring.profile import Category, Method, Profile

WEIGHTED = "global_weighted"
HOT_SPOT = "hot_spot"
_SHARE_TOLERANCE = Fraction(1, 100)
"""Shares such as 33.33 three times are taken for 100."""


@dataclass(frozen=True, slots=True)
class Field:
    """One scored field, or all fields of one kind; `share_percent`: the share of the tumour that is of this kind."""

    share_percent: Fraction | None
    positive: int
    negative: int

    @property
    def total(self) -> int:
        """Nuclei counted."""
        return self.positive + self.negative


@dataclass(frozen=True, slots=True)
class Counts:
    """Viable invasive tumour nuclei, checked: `positive` and `negative` are the sums of the fields where given."""

    method: Method
    positive: int
    negative: int
    fields: tuple[Field, ...]

    @property
    def total(self) -> int:
        """The denominator."""
        return self.positive + self.negative


def read_counts(profile: Profile, given: Mapping[str, Any]) -> Counts:
    """The counts of an input object. Raises an `InvalidInput` that names the field for anything wrong in it."""
    only_known(given, ("positive", "negative", "method", "fields"))
    positive, negative = whole(given, "positive"), whole(given, "negative")
    method = profile.method(choice(given, "method", [method.code for method in profile.methods]))
    fields = tuple(_read_field(item, f"fields[{i}].") for i, item in enumerate(objects(given, "fields")))
    if method.code == WEIGHTED and not fields:
        raise CountMissing(field="fields")
    if fields:
        _check_fields(method, positive, negative, fields)
    return Counts(method, positive, negative, fields)


def index_percent(counts: Counts) -> Fraction | None:
    """The positive index in per cent, exact; None where nothing was counted.

    Unweighted, hot spot and region: all positive / all. Weighted: sum over fields of area share x positive share.
    """
    if counts.total == 0:
        return None
    if counts.method.code != WEIGHTED:
        return Fraction(100 * counts.positive, counts.total)
    return sum((100 * _weight(f, counts) * Fraction(f.positive, f.total) for f in _weighing(counts)), Fraction(0))


def count_interval(counts: Counts) -> Interval | None:
    """Wilson interval of the index; None where nothing was counted.

    The weighted index gets the effective size 1 / sum(w²/n) of a stratified sample, never above the cells counted.
    """
    index = index_percent(counts)
    if index is None:
        return None
    size = Fraction(counts.total)
    if counts.method.code == WEIGHTED:
        size = 1 / sum((_weight(f, counts) ** 2 / f.total for f in _weighing(counts)), Fraction(0))
    return wilson(float(index / 100), float(size))


def category_of(profile: Profile, index: Fraction) -> Category:
    """The first category of the profile whose bounds hold for the unrounded index, in per cent (row G2)."""
    for category in profile.categories:
        too_high = category.at_most is not None and index > Fraction(repr(category.at_most))
        too_low = category.at_least is not None and index < Fraction(repr(category.at_least))
        if not too_high and not too_low:
            return category
    raise AssertionError(f"{profile.name} has no category for {index}")


def _read_field(item: Mapping[str, Any], prefix: str) -> Field:
    only_known(item, ("share_percent", "positive", "negative"), prefix)
    share = percentage(item, "share_percent", prefix) if item.get("share_percent") is not None else None
    return Field(share, whole(item, "positive", prefix), whole(item, "negative", prefix))


def _check_fields(method: Method, positive: int, negative: int, fields: tuple[Field, ...]) -> None:
    for name, total in (("positive", positive), ("negative", negative)):
        added = sum(getattr(field, name) for field in fields)
        if added != total:
            raise CountsContradict(field=name, value=total, other=f"fields[].{name}", other_value=added)
    if method.code == HOT_SPOT and len(fields) > 1:
        raise CountsContradict(field="fields", value=len(fields), other="method", other_value=method.code)
    if method.code == WEIGHTED or any(field.share_percent is not None for field in fields):
        _check_shares(fields, positive + negative)


def _check_shares(fields: tuple[Field, ...], counted: int) -> None:
    added = Fraction(0)
    for i, field in enumerate(fields):
        if field.share_percent is None:
            raise CountMissing(field=f"fields[{i}].share_percent")
        if counted and (field.share_percent > 0) != (field.total > 0):
            share = float(field.share_percent)
            raise CountsContradict(
                field=f"fields[{i}].share_percent", value=share, other="positive + negative", other_value=field.total
            )
        added += field.share_percent
    if abs(added - 100) > _SHARE_TOLERANCE:
        raise CountsContradict(field="fields[].share_percent", value=float(added), other="sum", other_value=100)


def _weighing(counts: Counts) -> list[Field]:
    return [field for field in counts.fields if field.total > 0]


def _weight(field: Field, counts: Counts) -> Fraction:
    assert field.share_percent is not None
    return field.share_percent / sum((f.share_percent or Fraction(0) for f in counts.fields), Fraction(0))

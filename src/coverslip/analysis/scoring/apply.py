"""One function from counts to a result; the automatic reading, the manual counter and the command line call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from coverslip.analysis.scoring.gate import Evidence, Verdict, assess, disagreement
from coverslip.analysis.scoring.intervals import Interval, block_bootstrap, wider
from coverslip.analysis.scoring.profile import Profile, load_profile
from coverslip.analysis.scoring.result import ScoreResult, Status
from coverslip.analysis.scoring.rules import ki67


def score(
    profile: str | Profile,
    counts: Mapping[str, Any],
    *,
    tiles: Sequence[tuple[int, int]] | None = None,
    evidence: Evidence | None = None,
    flags: Sequence[str] = (),
    reasons: Sequence[str] = (),
) -> ScoreResult:
    """Apply a profile to counts, which are as `coverslip score` takes them.

    `tiles`: (positive, total) of each 256 to 500 um tile of a slide reading; the interval is then the wider of
    Wilson's and the block bootstrap's. `evidence`: what is known of slide and laboratory, for the gate of table 1.6;
    without it only the counts are judged. `flags` and `reasons`: codes that the algorithm itself raised.
    Raises an `InvalidInput` that names the field; `ProfileUnknown`. The same input gives the same result to the digit.
    """
    chosen = load_profile(profile) if isinstance(profile, str) else profile
    read = ki67.read_counts(chosen, counts)
    verdict = assess(chosen, evidence) if evidence else Verdict((), ())
    raised = tuple(dict.fromkeys((*flags, *verdict.flags)))
    stopping = tuple(dict.fromkeys((*reasons, *verdict.reasons)))
    index = ki67.index_percent(read)
    if read.total < read.method.minimum and "NO_INVASIVE_TUMOUR" not in stopping:
        stopping = (*stopping, "NO_INVASIVE_TUMOUR")
    if stopping or index is None:
        return _not_evaluable(chosen, read, tuple(f for f in raised if f not in stopping), stopping, bool(evidence))
    return _evaluable(chosen, read, index, _interval(read, tiles), evidence, raised)


def displayed(value: Fraction | float, decimals: int) -> str:
    """A value as shown on screen and in the report, rounded half up: 0.25 with one decimal is 0.3."""
    exact = Fraction(value)
    quantum = Decimal(1).scaleb(-decimals)
    return str((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(quantum, rounding=ROUND_HALF_UP))


def _interval(read: ki67.Counts, tiles: Sequence[tuple[int, int]] | None) -> tuple[Interval, str]:
    plain = ki67.count_interval(read)
    assert plain is not None
    if not tiles or read.method.code == ki67.WEIGHTED:
        return plain, "wilson"
    positive, total = np.array(tiles, dtype=np.int64).T
    chosen = wider(plain, block_bootstrap(positive, total))
    return chosen, "wilson" if chosen is plain else "block_bootstrap"


def _evaluable(
    profile: Profile,
    read: ki67.Counts,
    index: Fraction,
    interval: tuple[Interval, str],
    evidence: Evidence | None,
    raised: tuple[str, ...],
) -> ScoreResult:
    category = ki67.category_of(profile, index)
    straddled = [cut for cut in profile.cut_offs if interval[0].straddles(cut.at)]
    own = [] if read.total >= read.method.sufficient else ["FEW_CELLS"]
    own += ["BORDERLINE"] if straddled else []
    if evidence:
        own += disagreement(profile, evidence, float(index), category.code)
    flags = tuple(dict.fromkeys((*own, *raised)))
    rules = [*_rules_of(read), "G2", category.rule]
    rules += ["G6", *(cut.rule for cut in straddled)] if straddled else []
    rules += [profile.clone_rule, "G7"] if "ASSAY_MISMATCH" in flags else []
    rules += ["QC-GATE"] if evidence else []
    extra = _raw(read) | {
        "displayed": displayed(index, profile.decimals),
        "interval_method": interval[1],
        "cut_offs_straddled": [cut.at for cut in straddled],
    }
    return ScoreResult(
        status=Status.EVALUABLE_WITH_WARNING if flags else Status.EVALUABLE,
        score=float(index),
        unit=profile.unit,
        category=category.code,
        category_text=category.text.to_json(),
        interval=interval[0],
        n=read.total,
        flags=flags,
        reasons=(),
        rules=tuple(dict.fromkeys(rules)),
        profile=profile.name,
        profile_version=profile.version,
        extra=extra,
    )


def _not_evaluable(
    profile: Profile, read: ki67.Counts, flags: tuple[str, ...], reasons: tuple[str, ...], gated: bool
) -> ScoreResult:
    return ScoreResult(
        status=Status.NOT_EVALUABLE,
        score=None,
        unit=profile.unit,
        category=None,
        category_text=profile.not_evaluable.to_json(),
        interval=None,
        n=read.total,
        flags=flags,
        reasons=reasons,
        rules=(*_rules_of(read), "G4", *(["QC-GATE"] if gated else [])),
        profile=profile.name,
        profile_version=profile.version,
        extra=_raw(read),
    )


def _rules_of(read: ki67.Counts) -> list[str]:
    return ["G1", "KI67-COUNT", read.method.rule, read.method.adequacy_rule]


def _raw(read: ki67.Counts) -> dict[str, Any]:
    return {"method": read.method.code, "positive": read.positive, "negative": read.negative}

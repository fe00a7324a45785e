"""The adequacy and quality gate before any category (table 1.6) and the pre-analytic flags of table 1.4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from coverslip.analysis.scoring.profile import Gate, Profile
from coverslip.vocabulary.assays import canonical_clone
from coverslip.vocabulary.markers import ControlStatus

ARTEFACTS = {"blur_share": "BLUR", "fold_share": "FOLD", "pen_share": "PEN", "bubble_share": "BUBBLE"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the slide beside its counts; None = not measured, and then nothing is claimed.

    Shares are parts (0 to 1) of the analysed region. Clone, control and pre-analytics are different: there the
    unknown is itself a flag, because nobody may take it for fine.
    """

    control: ControlStatus = ControlStatus.UNKNOWN
    clone: str | None = None
    fixation_hours: float | None = None
    cold_ischaemia_minutes: float | None = None
    acid_decalcified: bool | None = None
    section_age_days: float | None = None
    tumour_area_mm2: float | None = None
    spacing_um: float | None = None
    blur_share: float | None = None
    fold_share: float | None = None
    pen_share: float | None = None
    bubble_share: float | None = None
    stain_angle_degrees: float | None = None
    """Angle between the estimated and the laboratory's stain vectors."""
    white_point: float | None = None
    """Darkest channel of the background, 0 to 255."""
    counterstain_seen: bool | None = None
    background_dab_od: float | None = None
    normal_tissue_stained: bool | None = None
    """Normal epithelium or stroma shows DAB of 1+ or more."""
    other_method_score: float | None = None
    """Per cent by an independent method on the same region."""
    other_method_category: str | None = None

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self) if field.name.endswith("_share")):
            share = getattr(self, name)
            if share is not None and not 0.0 <= share <= 1.0:
                raise ValueError(f"{name} is a part of 1, not {share}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Codes of table 1.6: a flag warns, a reason makes the result not evaluable."""

    flags: tuple[str, ...]
    reasons: tuple[str, ...]


def assess(profile: Profile, evidence: Evidence) -> Verdict:
    """Apply every row of table 1.6 that needs no score, and the pre-analytic rows of table 1.4."""
    codes = [*_laboratory(profile, evidence), *_picture(profile.gate, evidence)]
    flags = tuple(dict.fromkeys(code for code, stops in codes if not stops))
    reasons = tuple(dict.fromkeys(code for code, stops in codes if stops))
    return Verdict(tuple(flag for flag in flags if flag not in reasons), reasons)


def disagreement(profile: Profile, evidence: Evidence, score: float, category: str) -> tuple[str, ...]:
    """`MODEL_DISAGREE` where an independent method is more than 10 points or a category away."""
    other, other_category = evidence.other_method_score, evidence.other_method_category
    limit = profile.gate.model_difference_limit_points
    far = other is not None and abs(other - score) > limit
    differs = other_category is not None and other_category != category
    return ("MODEL_DISAGREE",) if far or differs else ()


def _laboratory(profile: Profile, evidence: Evidence) -> Iterator[tuple[str, bool]]:
    gate = profile.gate
    if evidence.control is not ControlStatus.PASSED:
        failed = evidence.control is ControlStatus.FAILED
        yield ("CONTROL_FAIL" if failed else "CONTROL_UNKNOWN"), failed
    if evidence.clone is not None and canonical_clone(profile.marker, evidence.clone) not in profile.clones:
        yield "ASSAY_MISMATCH", False
    known = (evidence.clone, evidence.fixation_hours, evidence.cold_ischaemia_minutes)
    if any(value is None for value in (*known, evidence.acid_decalcified, evidence.section_age_days)):
        yield "PREANALYTIC_UNKNOWN", False
    hours = evidence.fixation_hours
    if hours is not None and not gate.fixation_minimum_hours <= hours <= gate.fixation_maximum_hours:
        yield "FIXATION_OUT_OF_RANGE", False
    if _above(evidence.cold_ischaemia_minutes, gate.cold_ischaemia_maximum_minutes):
        yield "COLD_ISCHAEMIA_LONG", False
    if evidence.acid_decalcified:
        yield "ACID_DECALCIFIED", False
    if _above(evidence.section_age_days, gate.section_age_maximum_days):
        yield "SECTION_OLD", False


def _picture(gate: Gate, evidence: Evidence) -> Iterator[tuple[str, bool]]:
    area = evidence.tumour_area_mm2
    if area is not None and area < gate.tumour_area_minimum_mm2:
        yield "NO_INVASIVE_TUMOUR", True
    for name, code in ARTEFACTS.items():
        share = getattr(evidence, name)
        if _above(share, gate.artefact_warning_share):
            yield code, share > gate.artefact_limit_share
    if evidence.normal_tissue_stained:
        yield "STAIN_OOD", True
    elif (
        _above(evidence.stain_angle_degrees, gate.stain_angle_limit_degrees)
        or _above(evidence.background_dab_od, gate.background_dab_od_limit)
        or (evidence.white_point is not None and evidence.white_point < gate.white_point_minimum)
        or evidence.counterstain_seen is False
    ):
        yield "STAIN_OOD", False
    if _above(evidence.spacing_um, gate.spacing_limit_um):
        yield "RES_TOO_LOW", True


def _above(value: float | None, limit: float) -> bool:
    return value is not None and value > limit

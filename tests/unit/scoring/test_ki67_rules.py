"""Tables 1.0, 1.4 and 1.6 for Ki-67: every row and both sides of every boundary."""

from __future__ import annotations

from typing import Any

import pytest

from coverslip.analysis.scoring import Evidence, ScoreResult, Status, displayed, load_profile, score
from coverslip.errors import InvalidInput
from coverslip.vocabulary.markers import ControlStatus

PROFILE = "ki67-ikwg-2021"
METHODS = ("hot_spot", "global_unweighted", "region")
COMPLETE = Evidence(
    control=ControlStatus.PASSED,
    clone="MIB-1",
    fixation_hours=24,
    cold_ischaemia_minutes=30,
    acid_decalcified=False,
    section_age_days=10,
)


def read(positive: int, negative: int, method: str = "hot_spot", **more: Any) -> ScoreResult:
    return score(PROFILE, {"positive": positive, "negative": negative, "method": method, **more})


def with_evidence(**changes: Any) -> ScoreResult:
    evidence = Evidence(**({name: getattr(COMPLETE, name) for name in COMPLETE.__slots__} | changes))
    return score(PROFILE, {"positive": 12_000, "negative": 88_000, "method": "region"}, evidence=evidence)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("positive", "total", "category"),
    [
        (0, 500, "low"),
        (25, 500, "low"),
        (500_000, 10_000_000, "low"),
        (500_001, 10_000_000, "intermediate"),
        (26, 500, "intermediate"),
        (149, 500, "intermediate"),
        (2_999_999, 10_000_000, "intermediate"),
        (3_000_000, 10_000_000, "high"),
        (150, 500, "high"),
        (500, 500, "high"),
    ],
)
def test_five_per_cent_is_low_and_thirty_is_high_on_the_unrounded_value(
    method: str, positive: int, total: int, category: str
) -> None:
    assert read(positive, total - positive, method).category == category


def test_a_value_that_is_displayed_as_thirty_but_is_less_is_not_high() -> None:
    result = read(29_996, 70_004)
    assert (result.category, result.extra["displayed"]) == ("intermediate", "30.0")


@pytest.mark.parametrize(("value", "shown"), [(0.25, "0.3"), (19.2, "19.2"), (99.95, "100.0"), (0.04999, "0.0")])
def test_ki67_is_displayed_to_a_tenth_rounded_half_up(value: float, shown: str) -> None:
    assert displayed(value, 1) == shown


@pytest.mark.parametrize("method", ["hot_spot", "region"])
@pytest.mark.parametrize(
    ("total", "status"),
    [
        (199, Status.NOT_EVALUABLE),
        (200, Status.EVALUABLE_WITH_WARNING),
        (499, Status.EVALUABLE_WITH_WARNING),
        (500, Status.EVALUABLE),
    ],
)
def test_hot_spot_and_region_need_200_nuclei_and_500_to_be_sufficient(method: str, total: int, status: Status) -> None:
    result = read(round(0.12 * total), total - round(0.12 * total), method)
    assert result.status is status
    assert ("FEW_CELLS" in result.flags) == (status is Status.EVALUABLE_WITH_WARNING)
    assert result.reasons == (("NO_INVASIVE_TUMOUR",) if status is Status.NOT_EVALUABLE else ())


@pytest.mark.parametrize(("total", "warned"), [(1, True), (399, True), (400, False)])
def test_a_global_count_of_fewer_than_400_nuclei_warns(total: int, warned: bool) -> None:
    positive = round(0.12 * total)
    result = read(positive, total - positive, "global_unweighted")
    assert ("FEW_CELLS" in result.flags) == warned
    assert result.status is not Status.NOT_EVALUABLE


@pytest.mark.parametrize("method", ["hot_spot", "global_unweighted", "region"])
def test_without_any_tumour_cell_nothing_is_evaluable(method: str) -> None:
    result = read(0, 0, method)
    assert (result.status, result.reasons) == (Status.NOT_EVALUABLE, ("NO_INVASIVE_TUMOUR",))


def test_a_weighted_count_without_cells_is_not_evaluable_rather_than_an_error() -> None:
    result = read(0, 0, "global_weighted", fields=[{"share_percent": 100, "positive": 0, "negative": 0}])
    assert result.status is Status.NOT_EVALUABLE


def test_not_evaluable_shows_the_raw_counts_and_nothing_that_could_be_taken_for_a_score() -> None:
    shown = read(150, 49).to_json()
    assert (shown["score"], shown["category"], shown["interval"], shown["n"]) == (None, None, None, 199)
    assert shown["extra"] == {"method": "hot_spot", "positive": 150, "negative": 49}
    assert shown["category_text"] == {"zh-CN": "不可评估", "en": "Not evaluable"}
    assert "G4" in shown["rules"]


def test_an_interval_that_straddles_a_cut_off_is_borderline_and_keeps_its_category() -> None:
    result = read(96, 404)
    assert "BORDERLINE" in result.flags
    assert result.category == "intermediate"
    assert result.extra["cut_offs_straddled"] == [20.0]
    assert "G6" in result.rules


@pytest.mark.parametrize(
    ("positive", "total", "straddled"),
    [
        (15, 500, []),
        (20, 500, [5.0]),
        (30, 500, [5.0]),
        (60, 500, []),
        (130, 500, [30.0]),
        (150, 500, [30.0]),
        (180, 500, []),
        (16, 80, [20.0, 30.0]),
    ],
)
def test_borderline_names_the_cut_offs_inside_the_interval(positive: int, total: int, straddled: list[float]) -> None:
    result = read(positive, total - positive, "global_unweighted")
    assert result.extra["cut_offs_straddled"] == straddled
    assert ("BORDERLINE" in result.flags) == bool(straddled)


def test_the_unweighted_index_is_all_positive_over_all() -> None:
    fields = [{"positive": p, "negative": 100 - p} for p in (2, 10, 30, 6)]
    assert read(48, 352, "global_unweighted", fields=fields).score == 12.0


def test_the_weighted_index_is_the_sum_of_area_share_times_positive_share() -> None:
    fields = [
        {"share_percent": 60, "positive": 5, "negative": 95},
        {"share_percent": 30, "positive": 20, "negative": 80},
        {"share_percent": 10, "positive": 120, "negative": 80},
    ]
    result = read(145, 255, "global_weighted", fields=fields)
    assert result.score == 0.6 * 5 + 0.3 * 20 + 0.1 * 60
    assert result.interval is not None
    assert result.interval.low < 15.0 < result.interval.high


def test_the_weighted_threshold_is_exact_where_floating_point_is_not() -> None:
    fields = [{"share_percent": s, "positive": 30, "negative": 70} for s in (33.3, 33.3, 33.4)]
    result = read(90, 210, "global_weighted", fields=fields)
    assert (result.score, result.category) == (30.0, "high")


def test_the_weighted_interval_is_never_narrower_than_the_plain_one() -> None:
    fields = [
        {"share_percent": 90, "positive": 12, "negative": 88},
        {"share_percent": 10, "positive": 36, "negative": 264},
    ]
    weighted = read(48, 352, "global_weighted", fields=fields).interval
    plain = read(48, 352, "global_unweighted").interval
    assert weighted is not None
    assert plain is not None
    assert weighted.width > plain.width


def test_a_kind_without_area_and_without_cells_weighs_nothing() -> None:
    fields = [
        {"share_percent": 100, "positive": 40, "negative": 360},
        {"share_percent": 0, "positive": 0, "negative": 0},
    ]
    assert read(40, 360, "global_weighted", fields=fields).score == 10.0


FIELDS = [{"share_percent": 50, "positive": 10, "negative": 90}, {"share_percent": 50, "positive": 20, "negative": 80}]
GOOD = {"positive": 30, "negative": 170, "method": "global_weighted", "fields": FIELDS}


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"positive": -1}, "positive", "COUNT_OUT_OF_RANGE"),
        ({"negative": 10**11}, "negative", "COUNT_OUT_OF_RANGE"),
        ({"positive": 1.5}, "positive", "COUNT_NOT_WHOLE"),
        ({"positive": 30.0}, "positive", "COUNT_NOT_WHOLE"),
        ({"positive": float("nan")}, "positive", "COUNT_NOT_WHOLE"),
        ({"positive": True}, "positive", "COUNT_NOT_WHOLE"),
        ({"negative": "170"}, "negative", "COUNT_NOT_WHOLE"),
        ({"negative": None}, "negative", "COUNT_MISSING"),
        ({"method": None}, "method", "COUNT_MISSING"),
        ({"method": "average"}, "method", "COUNT_NOT_A_CHOICE"),
        ({"method": 3}, "method", "COUNT_NOT_A_CHOICE"),
        ({"postive": 3}, "postive", "COUNT_UNKNOWN_FIELD"),
        ({"fields": None}, "fields", "COUNT_MISSING"),
        ({"fields": {}}, "fields", "COUNT_WRONG_SHAPE"),
        ({"fields": [3]}, "fields[0]", "COUNT_WRONG_SHAPE"),
        ({"fields": [FIELDS[0], FIELDS[1] | {"kind": 1}]}, "fields[1].kind", "COUNT_UNKNOWN_FIELD"),
        ({"fields": [FIELDS[0], FIELDS[1] | {"positive": 2.5}]}, "fields[1].positive", "COUNT_NOT_WHOLE"),
        ({"fields": [FIELDS[0], FIELDS[1] | {"negative": -2}]}, "fields[1].negative", "COUNT_OUT_OF_RANGE"),
        ({"fields": [FIELDS[0], FIELDS[1] | {"share_percent": None}]}, "fields[1].share_percent", "COUNT_MISSING"),
        ({"fields": [FIELDS[0], FIELDS[1] | {"share_percent": 101}]}, "fields[1].share_percent", "COUNT_OUT_OF_RANGE"),
        (
            {"fields": [FIELDS[0], FIELDS[1] | {"share_percent": float("nan")}]},
            "fields[1].share_percent",
            "COUNT_OUT_OF_RANGE",
        ),
        ({"fields": [FIELDS[0], FIELDS[1] | {"share_percent": "50"}]}, "fields[1].share_percent", "COUNT_WRONG_SHAPE"),
        ({"fields": [FIELDS[0], FIELDS[1] | {"share_percent": 49}]}, "fields[].share_percent", "COUNTS_CONTRADICT"),
        ({"fields": [FIELDS[0], FIELDS[1] | {"positive": 19}]}, "positive", "COUNTS_CONTRADICT"),
        ({"fields": [FIELDS[0], FIELDS[1] | {"negative": 79}]}, "negative", "COUNTS_CONTRADICT"),
        (
            {"fields": [*FIELDS, {"share_percent": 0, "positive": 0, "negative": 5}], "negative": 175},
            "fields[2].share_percent",
            "COUNTS_CONTRADICT",
        ),
        ({"method": "hot_spot"}, "fields", "COUNTS_CONTRADICT"),
    ],
)
def test_bad_input_is_an_error_that_names_the_field(change: dict[str, Any], field: str, code: str) -> None:
    assert score(PROFILE, GOOD).status is not Status.NOT_EVALUABLE
    with pytest.raises(InvalidInput) as caught:
        score(PROFILE, GOOD | change)
    assert (caught.value.field, caught.value.code) == (field, code)
    for locale in ("zh-CN", "en"):
        assert field in caught.value.message(locale)
        assert caught.value.mend(locale)


def test_a_missing_count_is_never_taken_for_zero() -> None:
    with pytest.raises(InvalidInput) as caught:
        score(PROFILE, {"positive": 30, "method": "hot_spot"})
    assert caught.value.field == "negative"


def test_complete_evidence_of_a_good_slide_raises_nothing() -> None:
    result = with_evidence()
    assert (result.status, result.flags) == (Status.EVALUABLE, ())


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"control": ControlStatus.UNKNOWN}, "CONTROL_UNKNOWN"),
        ({"clone": None}, "PREANALYTIC_UNKNOWN"),
        ({"fixation_hours": None}, "PREANALYTIC_UNKNOWN"),
        ({"cold_ischaemia_minutes": None}, "PREANALYTIC_UNKNOWN"),
        ({"acid_decalcified": None}, "PREANALYTIC_UNKNOWN"),
        ({"section_age_days": None}, "PREANALYTIC_UNKNOWN"),
        ({"clone": "SP1"}, "ASSAY_MISMATCH"),
        ({"fixation_hours": 5.9}, "FIXATION_OUT_OF_RANGE"),
        ({"fixation_hours": 72.1}, "FIXATION_OUT_OF_RANGE"),
        ({"cold_ischaemia_minutes": 60.1}, "COLD_ISCHAEMIA_LONG"),
        ({"acid_decalcified": True}, "ACID_DECALCIFIED"),
        ({"section_age_days": 91}, "SECTION_OLD"),
        ({"blur_share": 0.201}, "BLUR"),
        ({"blur_share": 0.5}, "BLUR"),
        ({"fold_share": 0.201}, "FOLD"),
        ({"pen_share": 0.201}, "PEN"),
        ({"bubble_share": 0.201}, "BUBBLE"),
        ({"stain_angle_degrees": 15.1}, "STAIN_OOD"),
        ({"white_point": 199.0}, "STAIN_OOD"),
        ({"background_dab_od": 0.101}, "STAIN_OOD"),
        ({"counterstain_seen": False}, "STAIN_OOD"),
        ({"other_method_score": 22.1}, "MODEL_DISAGREE"),
        ({"other_method_score": 1.9}, "MODEL_DISAGREE"),
        ({"other_method_category": "low"}, "MODEL_DISAGREE"),
    ],
)
def test_each_warning_row_of_the_gate_flags_and_keeps_the_score(change: dict[str, Any], flag: str) -> None:
    result = with_evidence(**change)
    assert (result.status, result.flags, result.score) == (Status.EVALUABLE_WITH_WARNING, (flag,), 12.0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"control": ControlStatus.FAILED}, "CONTROL_FAIL"),
        ({"tumour_area_mm2": 0.0999}, "NO_INVASIVE_TUMOUR"),
        ({"blur_share": 0.501}, "BLUR"),
        ({"fold_share": 0.501}, "FOLD"),
        ({"pen_share": 0.501}, "PEN"),
        ({"bubble_share": 0.501}, "BUBBLE"),
        ({"normal_tissue_stained": True}, "STAIN_OOD"),
        ({"spacing_um": 0.551}, "RES_TOO_LOW"),
    ],
)
def test_each_stopping_row_of_the_gate_leaves_no_category(change: dict[str, Any], reason: str) -> None:
    result = with_evidence(**change)
    assert (result.status, result.reasons, result.category) == (Status.NOT_EVALUABLE, (reason,), None)


@pytest.mark.parametrize(
    "change",
    [
        {"fixation_hours": 6},
        {"fixation_hours": 72},
        {"cold_ischaemia_minutes": 60},
        {"section_age_days": 90},
        {"blur_share": 0.2},
        {"stain_angle_degrees": 15},
        {"white_point": 200},
        {"background_dab_od": 0.10},
        {"tumour_area_mm2": 0.1},
        {"spacing_um": 0.55},
        {"other_method_score": 22.0},
        {"other_method_category": "intermediate"},
    ],
)
def test_a_value_on_the_limit_of_the_gate_passes(change: dict[str, Any]) -> None:
    assert with_evidence(**change).status is Status.EVALUABLE


@pytest.mark.parametrize("written", ["MIB1", "mib-1", "MIB 1", "Mib.1", "30.9"])
def test_a_clone_is_known_however_the_laboratory_writes_it(written: str) -> None:
    assert with_evidence(clone=written).flags == ()


def test_flags_of_the_algorithm_stay_and_its_reasons_stop() -> None:
    counts = {"positive": 60, "negative": 440, "method": "region"}
    assert score(PROFILE, counts, flags=["PEN"]).flags == ("PEN",)
    stopped = score(PROFILE, counts, flags=["PEN"], reasons=["RES_TOO_LOW"])
    assert (stopped.flags, stopped.reasons, stopped.score) == (("PEN",), ("RES_TOO_LOW",), None)


def test_every_rule_that_fired_stands_in_the_profile_with_a_citation() -> None:
    known = {rule.id: rule for rule in load_profile(PROFILE).rules}
    for result in (read(96, 404), read(3, 4), with_evidence(clone="SP1"), with_evidence(blur_share=0.9)):
        assert all(known[rule].citation for rule in result.rules)


def test_what_nobody_has_checked_is_marked_unverified() -> None:
    verified = {rule.id for rule in load_profile(PROFILE).rules if rule.verified}
    assert verified.isdisjoint({"KI67-LOW", "KI67-HIGH", "KI67-INTERMEDIATE", "KI67-REGION", "KI67-ABEMACICLIB"})

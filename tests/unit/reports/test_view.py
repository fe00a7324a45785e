from __future__ import annotations

import json
from dataclasses import replace

import pytest

from coverslip.errors import LOCALES, Locale
from coverslip.reports.view import local_time, report_view, scale_bar_um, score_text
from coverslip.reports.words import Words
from coverslip.testing.report_example import COMPUTER, report_content

CONTENT = report_content()


def test_times_are_printed_in_the_hospitals_zone_with_its_offset() -> None:
    assert local_time("2026-05-18T16:30:00Z", "Asia/Shanghai") == "2026-05-19 00:30:00 (UTC+08:00)"
    assert local_time("2026-05-18T16:30:00Z", "Asia/Shanghai", "date") == "2026-05-19"
    assert local_time("2026-05-18T16:30:59Z", "Asia/Shanghai", "minute") == "2026-05-19 00:30"
    assert local_time("2026-05-18T16:30:00Z", "UTC") == "2026-05-18 16:30:00 (UTC+00:00)"


@pytest.mark.parametrize(
    ("field_um", "bar_um"),
    [(800.0, 200.0), (799.9, 100.0), (400.0, 100.0), (200.0, 50.0), (199.0, 20.0), (79.0, 10.0), (8.0, 2.0), (4.0, 1.0),
     (10_000.0, 2000.0), (0.8, 0.2)],
)  # fmt: skip
def test_a_scale_bar_is_a_round_length_of_at_most_a_quarter_of_the_picture(field_um: float, bar_um: float) -> None:
    assert scale_bar_um(field_um) == pytest.approx(bar_um)


def test_the_bar_spans_its_length_by_the_files_spacing() -> None:
    image = CONTENT.key_images[0]
    (shown, unscaled) = report_view(CONTENT, "en")["images"]
    assert shown["bar"] == {"share": 200 / (image.width * 0.5), "text": "200 µm"}
    assert shown["warnings"] == []
    assert unscaled["bar"] is None
    assert "no scale bar" in unscaled["warnings"][0]


def test_colours_that_could_not_be_managed_are_said() -> None:
    image = replace(CONTENT.key_images[0], colour="unusable")
    (shown,) = report_view(replace(CONTENT, key_images=(image,)), "zh-CN")["images"]
    assert shown["warnings"] == ["扫描仪色彩配置文件无法使用，图像保持原始颜色"]


@pytest.mark.parametrize(
    ("score", "unit", "marker", "text"),
    [(28.3464, "%", "ki67", "28.3%"), (9.96, "%", "ki67", "10.0%"), (10.4, "%", "er", "10%"), (95.2, "", "pd-l1", "95"),
     (0.0, "%", "ki67", "0.0%")],
)  # fmt: skip
def test_scores_are_rounded_only_for_the_eye(score: float, unit: str, marker: str, text: str) -> None:
    assert score_text(score, unit, marker) == text


def test_both_values_are_shown_where_the_reader_edited_and_one_where_not() -> None:
    edited, refused = report_view(CONTENT, "zh-CN")["readings"]
    assert (edited["computer"]["score"], edited["reader"]["score"]) == ("28.3%", "30.9%")
    assert (edited["computer"]["count"], edited["reader"]["count"]) == ("432 / 1,524", "433 / 1,402")
    assert edited["reader"]["interval"] == "28.5–33.4%"
    assert refused["reader"] is None


def test_a_refused_reading_shows_counts_and_neither_score_nor_interval_nor_category() -> None:
    reading = replace(
        CONTENT.readings[1], computer=replace(COMPUTER, status="NOT_EVALUABLE", reasons=("NO_INVASIVE_TUMOUR",))
    )
    shown = report_view(replace(CONTENT, readings=(reading,)), "en")["readings"][0]
    assert shown["computer"] == {
        "score": "not evaluable", "category": "", "interval": "—", "count": "432 / 1,524", "bar": None,
    }  # fmt: skip
    assert shown["notes"][0] == "not enough invasive tumour"


@pytest.mark.parametrize("locale", LOCALES)
def test_provenance_names_everything_and_says_what_is_not_known(locale: Locale) -> None:
    first, second = report_view(CONTENT, locale)["readings"]
    for part in ("2.35 mm²", "0.5 µm", "MIB-1", "ki67-classical 1.0.0", "ki67-ikwg-2021 1.0.0"):
        assert part in first["provenance"]
    words = Words.of(locale)
    for key in ("clone_unknown",):
        assert words.text("provenance", key) in second["provenance"]
    assert words.text("provenance", "no_model") in first["provenance"]
    assert "abababababababab" in second["provenance"]
    unknown = replace(CONTENT.readings[0], area_mm2=None, spacing_um=None)
    shown = report_view(replace(CONTENT, readings=(unknown,)), locale)["readings"][0]["provenance"]
    assert words.text("provenance", "area_unknown") in shown
    assert words.text("provenance", "spacing_unknown") in shown


def test_a_code_that_the_catalogue_does_not_know_is_printed_as_it_is() -> None:
    plug_in = replace(CONTENT.readings[0], reader=None, computer=replace(COMPUTER, flags=("PLUGIN_FLAG",)))
    assert report_view(replace(CONTENT, readings=(plug_in,)), "en")["readings"][0]["notes"] == ["PLUGIN_FLAG"]


def test_missing_facts_are_said_to_be_missing() -> None:
    patient = replace(CONTENT.patient, birth_date=None, age_years=None, name_en=None)
    bare = replace(CONTENT, patient=patient, case=replace(CONTENT.case, submitted_by="", department=""))
    facts = dict(report_view(bare, "en")["facts"])
    assert [facts[k] for k in ("Age", "Date of birth", "Department", "Submitted by")] == ["not given"] * 4
    assert facts["Name"] == "李秀英"


def test_the_english_print_carries_no_chinese_of_its_own() -> None:
    """Names and free text stay as written; every word of the layout is English."""
    layout = {**report_view(CONTENT, "en"), "words": Words.of("en").group("report")}
    for key in ("words", "labels", "columns"):
        assert json.dumps(layout[key], ensure_ascii=False).isascii() or not any(
            "\u4e00" <= letter <= "\u9fff" for letter in json.dumps(layout[key], ensure_ascii=False)
        )


def test_both_catalogues_have_the_same_texts_and_placeholders() -> None:
    def shape(tree: object) -> object:
        import re

        if isinstance(tree, dict):
            return {key: shape(value) for key, value in tree.items()}
        return sorted(re.findall(r"{(\w+)}", str(tree)))

    zh, en = (Words.of(locale).catalogue for locale in LOCALES)
    assert shape(zh) == shape(en)

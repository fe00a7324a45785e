"""Metadata from a file: what DICOM allows, and a field's name for what it does not."""

import json
from pathlib import Path

import pytest

from coverslip.conversion.metadata import dicom_clock, dicom_day, metadata_from, read_metadata
from coverslip.errors import InvalidInput


def test_nothing_given_is_nothing_said() -> None:
    assert metadata_from({}).PatientName == "" and metadata_from({}).ContainerIdentifier is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PatientID", "x" * 65),
        ("PatientID", "a\\b"),
        ("PatientBirthDate", "1960-02-29"),
        ("PatientBirthDate", "19610229"),
        ("PatientSex", "female"),
        ("StudyTime", "250000"),
        ("StudyInstanceUID", "1.02.3"),
        ("AcquisitionDateTime", "yesterday"),
        ("AccessionNumber", "x" * 17),
        ("SeriesNumber", -1),
        ("PatientName", "a\nb"),
    ],
)
def test_a_value_that_dicom_does_not_allow_is_refused_by_its_name(key: str, value: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        metadata_from({key: value})
    assert refused.value.field == key
    assert str(value) not in refused.value.message("en") or isinstance(value, int)


def test_a_key_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        metadata_from({"PatientNmae": "x"})
    assert refused.value.parameters["problem"] == "metadata_unknown_key"


@pytest.mark.parametrize("text", ["", "{", "\xff", "[" * 5000])
def test_a_file_that_is_not_json_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidInput):
        read_metadata(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        read_metadata(tmp_path / "none.json")


def test_chinese_names_and_dates_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text(
        json.dumps({"PatientName": "王^小明", "StudyDate": "20240229", "AcquisitionDateTime": "20240314083000.5"}),
        encoding="utf-8",
    )
    assert read_metadata(file).PatientName == "王^小明"


@pytest.mark.parametrize(
    ("iso", "day", "clock"),
    [
        ("2024-03-14T08:30:00", "20240314", "083000"),
        ("2024-03-14", "20240314", ""),
        (None, "", ""),
        ("unknown", "", ""),
    ],
)
def test_a_scan_date_becomes_day_and_time(iso: str | None, day: str, clock: str) -> None:
    assert (dicom_day(iso), dicom_clock(iso)) == (day, clock)

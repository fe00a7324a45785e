"""`coverslip analyze`: the files it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from coverslip.analysis.errors import (
    AlgorithmUnknown,
    ParametersInvalid,
    RegionOutside,
    SpacingRequired,
)
from coverslip.cli.analyze import command
from coverslip.errors import CoverslipError, InvalidInput
from coverslip.phantoms.field import field
from coverslip.phantoms.recipe import recipe
from coverslip.phantoms.slide import write_slide
from coverslip.slides.errors import SlideError
from coverslip.vocabulary.geometry import Box, Region


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pictures")
    cv2.imwrite(str(made / "field.png"), field(61, 1200).rgb[..., ::-1])
    write_slide(made / "slide.svs", 62, 1300, 1000, recipe("ki67", outline="full"))
    write_slide(made / "unmeasured.svs", 63, 600, 500, recipe("ki67", outline="full"), without_spacing=True)
    cv2.imwrite(str(made / "glass.png"), np.full((500, 500, 3), 244, np.uint8))
    return made


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, ["--marker", "ki67", *map(str, arguments)], catch_exceptions=True)


def written(out: Path) -> tuple[dict[str, object], dict[str, object]]:
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    cells = json.loads((out / "cells.geojson").read_text(encoding="utf-8"))
    return result, cells


def test_an_image_is_read_with_the_pixel_size_given(folder: Path, tmp_path: Path) -> None:
    done = run(folder / "field.png", "--mpp", "0.25", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    result, cells = written(tmp_path)
    assert {
        "status", "score", "unit", "category", "interval", "n", "positive", "negative", "flags", "reasons", "profile",
        "profile_version", "algorithm", "algorithm_version", "model_digest", "region", "spacing_um", "seconds",
        "area_mm2", "method", "validated", "provenance",
    } <= result.keys()  # fmt: skip
    assert (result["spacing_um"], result["validated"], result["slide"]) == (0.25, False, "field.png")
    features = cells["features"]
    assert isinstance(features, list)
    counted = [f["properties"] for f in features if f["properties"]["counted"]]
    names = [properties["classification"]["name"] for properties in counted]
    assert (names.count("Positive"), names.count("Negative")) == (result["positive"], result["negative"])
    assert features[0]["geometry"]["type"] == "Point" and features[0]["properties"]["objectType"] == "detection"
    assert set(features[0]["properties"]["measurements"]) == {"DAB OD mean", "Haematoxylin OD mean", "Area µm^2"}


def test_a_slide_is_read_with_its_own_pixel_size(folder: Path, tmp_path: Path) -> None:
    done = run(folder / "slide.svs", "--out", tmp_path, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output) == written(tmp_path)[0]
    assert written(tmp_path)[0]["spacing_um"] == pytest.approx(0.25)


def test_a_region_bounds_the_cells(folder: Path, tmp_path: Path) -> None:
    assert run(folder / "slide.svs", "--region", "200,100,700,600", "--out", tmp_path).exit_code == 0
    features = written(tmp_path)[1]["features"]
    assert isinstance(features, list) and features
    x, y = np.array([feature["geometry"]["coordinates"] for feature in features]).T
    assert x.min() >= 200 and x.max() <= 900 and y.min() >= 100 and y.max() <= 700


def test_a_region_from_a_file_is_the_same_as_the_box(folder: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.geojson"
    geometry = Region.from_box(Box(200, 100, 700, 600)).to_geojson()
    drawn.write_text(json.dumps({"type": "Feature", "geometry": geometry, "properties": {}}), encoding="utf-8")
    run(folder / "slide.svs", "--region", "200,100,700,600", "--out", tmp_path / "a")
    run(folder / "slide.svs", "--region", drawn, "--out", tmp_path / "b")
    assert written(tmp_path / "a")[1] == written(tmp_path / "b")[1]


def test_several_files_get_a_folder_each(folder: Path, tmp_path: Path) -> None:
    done = run(folder / "field.png", folder / "glass.png", "--mpp", "0.25", "--out", tmp_path, "--json")
    assert done.exit_code == 0
    assert [row["slide"] for row in json.loads(done.output)] == ["field.png", "glass.png"]
    assert written(tmp_path / "glass")[0]["status"] == "NOT_EVALUABLE"
    assert written(tmp_path / "field")[1]["features"]


def test_glass_gives_a_reason_and_no_number(folder: Path, tmp_path: Path) -> None:
    done = run(folder / "glass.png", "--mpp", "0.25", "--out", tmp_path)
    result, cells = written(tmp_path)
    assert done.exit_code == 0
    assert (result["status"], result["score"], result["interval"]) == ("NOT_EVALUABLE", None, None)
    assert result["reasons"] == ["NO_INVASIVE_TUMOUR"] and cells["features"] == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("field.png",), SpacingRequired),
        (("unmeasured.svs",), SpacingRequired),
        (("slide.svs", "--region", "1200,900,500,500"), RegionOutside),
        (("slide.svs", "--region", "0,0,0,10"), InvalidInput),
        (("slide.svs", "--region", "1,2,3,x"), InvalidInput),
        (("slide.svs", "--region", "nothing.geojson"), InvalidInput),
        (("slide.svs", "--mpp", "0"), InvalidInput),
        (("slide.svs", "--mpp", "nan"), InvalidInput),
        (("slide.svs", "--algorithm", "nobody"), AlgorithmUnknown),
        (("slide.svs", "--set", "sensitivity=9"), ParametersInvalid),
        (("slide.svs", "--set", "sensitivity"), InvalidInput),
        (("no_such_file.svs",), SlideError),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason_and_writes_nothing(
    folder: Path, tmp_path: Path, arguments: tuple[str, ...], error: type[CoverslipError]
) -> None:
    done = run(folder / arguments[0], *arguments[1:], "--out", tmp_path / "out")
    assert isinstance(done.exception, error)
    assert done.exception.exit_status == 2
    assert not (tmp_path / "out").exists()


def test_two_files_of_one_name_are_refused(folder: Path, tmp_path: Path) -> None:
    done = run(folder / "field.png", folder / "field.png", "--mpp", "0.25", "--out", tmp_path)
    assert isinstance(done.exception, InvalidInput)


def test_a_marker_without_algorithm_is_said(folder: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(command, [str(folder / "slide.svs"), "--marker", "her2", "--out", str(tmp_path)])
    assert isinstance(done.exception, AlgorithmUnknown)

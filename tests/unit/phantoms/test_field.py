"""Fields with known truth."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from coverslip.errors import InvalidInput
from coverslip.phantoms.field import field
from coverslip.phantoms.recipe import PRESETS, recipe
from coverslip.phantoms.render import Scene
from coverslip.vocabulary.stains import Stain


def test_the_same_seed_gives_the_same_pixels_and_the_same_truth() -> None:
    first, second, other = field(3, 512), field(3, 512), field(4, 512)
    assert np.array_equal(first.rgb, second.rgb)
    assert np.array_equal(first.truth.x, second.truth.x)
    assert not np.array_equal(first.rgb, other.rgb)


def test_a_window_of_a_scene_is_the_same_whatever_was_rendered_around_it() -> None:
    scene = Scene(5, 900, 900, 0.25, recipe(outline="full"))
    whole = scene.render(0, 0, 900, 900)
    part = scene.render(301, 207, 300, 400)
    assert np.abs(whole[207:607, 301:601].astype(int) - part.astype(int)).max() <= 1


def test_membranes_too_do_not_depend_on_the_window() -> None:
    scene = Scene(5, 700, 700, 0.25, recipe("her2", outline="full"))
    whole, part = scene.render(0, 0, 700, 700), scene.render(256, 256, 256, 256)
    assert np.abs(whole[256:512, 256:512].astype(int) - part.astype(int)).max() <= 2


@pytest.mark.parametrize("percent", [0.0, 1.0, 20.0, 60.0, 100.0])
def test_the_share_of_positive_tumour_cells_is_what_was_asked_for(percent: float) -> None:
    truth = field(11, 2048, 0.5, recipe(positive_percent=percent, outline="full")).truth
    n = truth.positive + truth.negative
    assert n > 1500
    assert truth.positive_percent == pytest.approx(percent, abs=max(0.01, 5 * (percent * (100 - percent) / n) ** 0.5))


def test_every_strongly_positive_nucleus_is_brown_and_every_negative_one_is_not() -> None:
    made = field(2, 1024)
    truth = made.truth
    x, y = truth.x.astype(int), truth.y.astype(int)
    centre = made.rgb[y, x].astype(int)
    brown = centre[:, 0] - centre[:, 2]
    apart = truth.tumour & _alone(truth.x, truth.y, 34)
    assert np.count_nonzero(apart & (truth.grade == 3)) >= 5
    assert (brown[apart & (truth.grade == 3)] > 15).all()
    assert (brown[apart & (truth.grade == 0)] < 5).all()


def test_the_truth_lies_inside_the_field_and_knows_every_kind() -> None:
    truth = field(2, (700, 500)).truth
    assert (truth.x >= 0).all()
    assert (truth.x < 700).all()
    assert (truth.y >= 0).all()
    assert (truth.y < 500).all()
    assert set(truth.kind) == {0, 1, 2}
    assert set(truth.grade) <= {0, 1, 2, 3}


def test_the_same_tissue_at_another_pixel_size_has_the_same_cells() -> None:
    fine, coarse = field(6, 1200, 0.25).truth, field(6, 600, 0.5).truth
    assert (fine.positive, fine.negative) == (coarse.positive, coarse.negative)
    assert np.allclose(np.sort(fine.x) / 2, np.sort(coarse.x), atol=1.0)


def test_the_geojson_holds_one_point_a_nucleus_and_counts_only_tumour(tmp_path: Path) -> None:
    truth = field(7, 512).truth
    truth.write_geojson(tmp_path / "truth.geojson")
    features = json.loads((tmp_path / "truth.geojson").read_text(encoding="utf-8"))["features"]
    counted = [f for f in features if f["properties"]["counted"]]
    positive = [f for f in counted if f["properties"]["classification"]["name"] == "Positive"]
    assert len(features) == len(truth)
    assert (len(positive), len(counted)) == (truth.positive, truth.positive + truth.negative)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_renders_tissue(preset: str) -> None:
    made = field(1, 512, 0.5, recipe(preset, outline="full"))
    assert made.rgb.std() > 10
    assert (recipe(preset).stain is Stain.HE) == (preset == "he")


def test_a_thousand_pixels_take_less_than_a_second() -> None:
    field(1, 64)
    start = time.process_time()
    field(8, 1024)
    assert time.process_time() - start < 2.0


@pytest.mark.parametrize(("size", "spacing", "name"), [((8, 512), 0.25, "width"), ((512, 0), 0.25, "height")])
def test_a_size_that_cannot_be_rendered_is_refused(size: tuple[int, int], spacing: float, name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        field(1, size, spacing)
    assert caught.value.field == name


@pytest.mark.parametrize(
    ("change", "name"),
    [({"positive_percent": 101.0}, "positive_percent"), ({"intensity_mix": (0.5, 0.5, 0.5)}, "intensity_mix")],
)
def test_a_recipe_that_cannot_be_is_refused(change: dict[str, object], name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        recipe("ki67", **change)
    assert caught.value.field == name


def _alone(x: np.ndarray, y: np.ndarray, distance: float) -> np.ndarray:
    far = np.hypot(x[:, None] - x[None], y[:, None] - y[None])
    np.fill_diagonal(far, np.inf)
    return np.asarray(far.min(axis=1) > distance)

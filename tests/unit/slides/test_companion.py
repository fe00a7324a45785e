"""Levels that a file lacks: which they are, what they show, and that a level's number never changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.tiff import write_tiff
from coverslip.slides import companion, jpeg
from coverslip.slides.companion import build, levels_beside, levels_to_json, missing_levels
from coverslip.slides.errors import LevelOutside, SlideCorrupt, TileOutside
from coverslip.slides.pyramid import PyramidSlide, shown_levels
from coverslip.slides.readers.tiff import TiffReader
from coverslip.slides.region import read_scaled
from coverslip.slides.slide import Level, RgbImage, Slide, SlideProperties
from coverslip.slides.tiled import IndexedSlide
from coverslip.vocabulary.geometry import Box

JPEG_TOLERANCE = 12
"""Grey levels between a pixel and what quality 90 makes of it, at an edge."""


def properties(width: int, height: int, *downsamples: float) -> SlideProperties:
    levels = tuple(Level(round(width / d), round(height / d), d, 256, 256, "jpeg", True) for d in downsamples)
    return SlideProperties("tiff", "tiff", None, width, height, levels, None, None, (), None, None)


def made(*args: float) -> list[float]:
    width, height, *downsamples = args
    return [level.downsample for level in missing_levels(properties(int(width), int(height), *downsamples))]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slides of a few hundred pixels behave as those of a hundred thousand."""
    monkeypatch.setattr(companion, "TILE_PX", 64)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companion, "COARSEST_PX", 32)
    monkeypatch.setattr(companion, "SMALLEST_SIDE_PX", 4)


def smooth(width: int, height: int) -> RgbImage:
    """Soft shapes, so that JPEG changes little."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 90 * np.sin(x / (131 + 17 * n) + n) * np.cos(y / (127 + 15 * n)) for n in range(3)]
    return np.stack(waves, axis=2).astype(np.uint8)


def close(one: RgbImage, other: RgbImage) -> bool:
    return bool(np.abs(one.astype(int) - other.astype(int)).max() <= JPEG_TOLERANCE)


def companion_of(slide: Slide, folder: Path) -> Slide:
    target = folder / "companion.tif"
    build(slide, missing_levels(slide.properties), target)
    return TiffReader().open(target)


@pytest.mark.parametrize("downsamples", [(1,), (1, 2), (1, 4), (1, 4, 16), (1, 2, 4, 8, 16, 32), (1, 4.0003, 16.004)])
def test_a_slide_in_steps_of_four_or_less_down_to_one_screen_needs_nothing(downsamples: tuple[float, ...]) -> None:
    side = round(2000 * downsamples[-1])
    assert missing_levels(properties(side, side // 2, *downsamples)) == ()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((100_000, 80_000, 1), [4, 16, 64]),
        ((60_000, 60_000, 1, 4, 16), [64]),
        ((30_000, 20_000, 1, 16), [4]),
        ((60_000, 20_000, 1, 32), [4, 16]),
        ((20_000, 20_000, 1, 8, 16), [4]),
        ((10_000, 10_000, 1, 5), [2]),
        ((46_001, 32_914, 1, 3.9999, 31.99), [16]),
        ((2048, 2048, 1), []),
        ((2049, 100, 1), []),
    ],
)
def test_what_is_missing_is_made_in_steps_of_four(given: tuple[float, ...], expected: list[float]) -> None:
    assert made(*given) == expected


def test_sizes_are_rounded_up_so_that_no_border_is_lost() -> None:
    first = missing_levels(properties(10_001, 9_999, 1))[0]
    assert (first.width, first.height) == (2501, 2500)


def test_a_made_level_shows_the_mean_of_what_it_covers(tmp_path: Path, tiny: None) -> None:
    image = smooth(700, 530)
    path = write_tiff(tmp_path / "plain.tif", image, tile=(128, 128))
    with TiffReader().open(path) as slide, companion_of(slide, tmp_path) as extra:
        assert [(level.width, level.height) for level in extra.properties.levels] == [(175, 133), (44, 34), (11, 9)]
        for number, level in enumerate(extra.properties.levels):
            step = 4 ** (number + 1)
            whole = Box(0, 0, 700 // step, 530 // step)
            expected = read_scaled(
                slide, Box(0, 0, whole.width * step, whole.height * step), (whole.width, whole.height)
            )
            assert close(extra.region(number, whole), expected), level


def test_a_level_between_stored_ones_is_made_from_the_finer(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "gap.tif", smooth(640, 640), tile=(64, 64), factors=(1, 16))
    with TiffReader().open(path) as slide, companion_of(slide, tmp_path) as extra:
        expected = read_scaled(slide, Box(0, 0, 640, 640), (160, 160))
        assert close(extra.region(0, Box(0, 0, 160, 160)), expected)


def test_the_same_slide_gives_the_same_bytes(tmp_path: Path, tiny: None) -> None:
    path = write_tiff(tmp_path / "plain.tif", smooth(300, 200), tile=(64, 64))
    with TiffReader().open(path) as slide:
        for name in ("a.tif", "b.tif"):
            build(slide, missing_levels(slide.properties), tmp_path / name)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_progress_counts_every_tile_once_and_nothing_is_left_beside_the_result(tmp_path: Path, tiny: None) -> None:
    path = write_tiff(tmp_path / "plain.tif", smooth(700, 530), tile=(128, 128))
    told: list[tuple[int, int]] = []
    with TiffReader().open(path) as slide:
        levels = missing_levels(slide.properties)
        build(slide, levels, tmp_path / "companion.tif", lambda done, total: told.append((done, total)))
    total = sum(level.columns * level.rows for level in levels)
    assert told == [(number + 1, total) for number in range(total)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["companion.tif", "plain.tif"]


def test_with_its_companion_a_slide_serves_every_level_undecoded(tmp_path: Path, tiny: None) -> None:
    path = write_tiff(tmp_path / "a.tif", smooth(300, 200), tile=(64, 64), compression="jpeg")
    with TiffReader().open(path) as slide, companion_of(slide, tmp_path) as extra:
        whole = PyramidSlide(slide, missing_levels(slide.properties), extra)
        assert [level.downsample for level in whole.properties.levels] == [1, 4, 16]
        index = whole.tile_index()
        assert isinstance(extra, IndexedSlide)
        for number, level in enumerate(whole.properties.levels):
            place = index.place(number, level.columns - 1, level.rows - 1)
            assert place is not None
            with Path(index.files[place.file]).open("rb") as file:
                data = place.read(file.fileno())
            tile = whole.tile(number, level.columns - 1, level.rows - 1)
            assert tile.data == data
            assert jpeg.decode(data).shape == (64, 64, 3)
        assert index.levels[0] == slide.tile_index().levels[0], "the file's own level keeps its numbers"


def test_until_the_companion_is_there_its_first_levels_are_drawn_under_the_same_numbers(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "gap.tif", smooth(640, 640), tile=(64, 64), factors=(1, 16))
    with TiffReader().open(path) as slide:
        whole = PyramidSlide(slide, missing_levels(slide.properties))
        assert [level.downsample for level in whole.properties.levels] == [1, 16, 4]
        assert not whole.properties.levels[2].passthrough
        drawn = jpeg.decode(whole.tile(2, 2, 1).data)
        expected = read_scaled(slide, Box(512, 256, 128, 256), (32, 64))
        assert close(drawn, expected)
        assert np.array_equal(whole.region(2, Box(128, 64, 32, 64)), expected)
        assert whole.tile_index().place(2, 2, 1) is None
        with pytest.raises(TileOutside):
            whole.tile(2, 3, 0)
        with pytest.raises(LevelOutside):
            whole.tile(3, 0, 0)


def test_a_level_that_would_need_much_of_the_slide_for_a_tile_is_not_drawn() -> None:
    bare = properties(100_000, 100_000, 1)
    assert [level.downsample for level in shown_levels(bare.levels, missing_levels(bare), made=False)] == [1, 4]
    assert [level.downsample for level in shown_levels(bare.levels, missing_levels(bare), made=True)] == [1, 4, 16, 64]


def test_a_companion_of_another_slide_is_refused(tmp_path: Path, tiny: None) -> None:
    one = write_tiff(tmp_path / "one.tif", smooth(300, 200), tile=(64, 64))
    other = write_tiff(tmp_path / "other.tif", smooth(400, 200), tile=(64, 64))
    with TiffReader().open(other) as slide:
        extra = companion_of(slide, tmp_path)
    with extra, TiffReader().open(one) as wrong, pytest.raises(SlideCorrupt):
        PyramidSlide(wrong, missing_levels(wrong.properties), extra)


def test_the_record_says_what_the_companion_holds_whatever_later_versions_would_make() -> None:
    bare = properties(100_000, 100_000, 1)
    levels = tuple(replace(level, tile_width=256) for level in missing_levels(bare))
    assert levels_beside(bare, {"companion_levels": levels_to_json(levels)}) == levels
    assert levels_beside(bare, {}) == missing_levels(bare)


def test_noise_survives_as_noise_not_as_blocks(tmp_path: Path, tiny: None) -> None:
    image = tissue(400, 300)
    path = write_tiff(tmp_path / "tissue.tif", image, tile=(64, 64))
    with TiffReader().open(path) as slide, companion_of(slide, tmp_path) as extra:
        expected = read_scaled(slide, Box(0, 0, 400, 300), (100, 75)).astype(int)
        assert np.abs(extra.region(0, Box(0, 0, 100, 75)).astype(int) - expected).mean() < 3

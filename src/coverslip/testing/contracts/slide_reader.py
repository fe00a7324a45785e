"""What every slide reader must do: subclass `SlideReaderContract`, give a slide, and all of it is tested.

    class TestMyReader(SlideReaderContract):
        passthrough = False

        @pytest.fixture
        def slide_path(self, tmp_path):
            return write_my_format(tmp_path / "a.xyz")

        def reader(self):
            return MyReader()

Thread safety: an open `Slide` is used by one thread at a time; two slides of the same file may be used side by side.
What this does not check: that colours are right against the scanner's own viewer.
"""

from __future__ import annotations

import gc
import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from coverslip.errors import NotFound
from coverslip.slides.describe import from_json, to_json
from coverslip.slides.errors import LayerOutside, LevelOutside, RegionTooLarge, TileOutside
from coverslip.slides.layers import layer_of
from coverslip.slides.region import read_scaled
from coverslip.slides.slide import EncodedTile, LayeredSlide, RgbImage, Slide, SlideReader
from coverslip.slides.tiled import IndexedSlide, ReducedReads, tile_bounds
from coverslip.vocabulary.geometry import Box

MOST_TILES = 400
"""Levels with more tiles are checked along their border and diagonal."""


class SlideReaderContract:
    """Behaviour tests of one reader on one slide of its format."""

    tolerance = 0
    """Greatest difference between a stored tile, decoded by a strict decoder, and the region; 0: the same pixels."""
    encoded_tolerance = 4.0
    """Mean difference allowed where a tile is decoded and encoded again as JPEG."""

    def reader(self) -> SlideReader:
        """The reader under test."""
        raise NotImplementedError

    @pytest.fixture
    def slide_path(self, tmp_path: Path) -> Path:
        """A slide with something in it, at least 100 px wide."""
        raise NotImplementedError

    def open(self, path: Path) -> Slide:
        """The slide opened."""
        slide: Slide = self.reader().open(path)
        return slide

    def test_the_reader_accepts_its_file_by_content(self, slide_path: Path) -> None:
        assert self.reader().accepts(slide_path, _head(slide_path))

    def test_the_reader_declines_text_and_empty_files(self, tmp_path: Path) -> None:
        for name, content in (("text.svs", b"not a slide\n" * 400), ("nothing.dcm", b"")):
            path = tmp_path / name
            path.write_bytes(content)
            assert not self.reader().accepts(path, _head(path))

    def test_an_open_slide_is_a_slide(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            assert isinstance(slide, Slide)

    def test_levels_shrink_from_the_whole_slide(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            properties = slide.properties
        levels = properties.levels
        assert (levels[0].width, levels[0].height) == (properties.width, properties.height)
        assert levels[0].downsample == 1.0
        for finer, coarser in itertools.pairwise(levels):
            assert coarser.downsample > finer.downsample
            assert coarser.width < finer.width

    def test_downsample_agrees_with_the_sizes_to_a_pixel(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            levels = slide.properties.levels
        for level in levels:
            assert abs(levels[0].width / level.downsample - level.width) <= 1
            assert abs(levels[0].height / level.downsample - level.height) <= 1

    def test_tiles_tile_every_level_exactly(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            for level in slide.properties.levels:
                covered = sum(
                    tile_bounds(level, column, row).width * tile_bounds(level, column, row).height
                    for row in range(level.rows)
                    for column in range(level.columns)
                )
                assert covered == level.width * level.height

    def test_a_tile_shows_the_same_pixels_as_the_region(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            for number, level in enumerate(slide.properties.levels):
                for column, row in _places(level.columns, level.rows):
                    bounds = tile_bounds(level, column, row)
                    tile = pixels_of(slide.tile(number, column, row))[: bounds.height, : bounds.width]
                    region = slide.region(number, bounds)
                    difference = np.abs(tile.astype(np.int16) - region)
                    if level.passthrough:
                        assert difference.max() <= self.tolerance
                    else:
                        assert difference.mean() <= self.encoded_tolerance

    def test_the_index_gives_the_same_bytes_as_the_slide(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            assert any(level.passthrough for level in slide.properties.levels) <= isinstance(slide, IndexedSlide)
            if not isinstance(slide, IndexedSlide):
                return
            index = slide.tile_index()
            for number, level in enumerate(slide.properties.levels):
                assert (index.levels[number] is not None) == level.passthrough
                for column, row in _places(level.columns, level.rows):
                    place = index.place(number, column, row)
                    if place is not None:
                        with Path(index.files[place.file]).open("rb") as file:
                            assert place.read(file.fileno()) == slide.tile(number, column, row).data

    def test_a_region_is_the_same_however_it_is_cut(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            for number, level in enumerate(slide.properties.levels):
                whole = slide.region(number, Box(0, 0, level.width, level.height))
                x, y = level.width // 3, level.height // 3
                width, height = level.width - x, level.height - y
                part = slide.region(number, Box(x, y, width, height))
                assert np.array_equal(part, whole[y : y + height, x : x + width])

    def test_a_region_beyond_the_border_is_white(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            for number, level in enumerate(slide.properties.levels):
                around = slide.region(number, Box(-7, -5, level.width + 20, level.height + 16))
                inside = slide.region(number, Box(0, 0, level.width, level.height))
                assert np.array_equal(around[5 : 5 + level.height, 7 : 7 + level.width], inside)
                around[5 : 5 + level.height, 7 : 7 + level.width] = 255
                assert around.min() == 255
            far = slide.region(0, Box(10 * slide.properties.width, 0, 30, 20))
            assert far.shape == (20, 30, 3)
            assert far.min() == 255

    def test_a_tile_outside_the_grid_raises(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            level = slide.properties.levels[0]
            for column, row in ((level.columns, 0), (0, level.rows), (-1, 0), (0, -1)):
                with pytest.raises(TileOutside):
                    slide.tile(0, column, row)

    def test_a_level_outside_the_slide_raises(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            for level in (-1, len(slide.properties.levels)):
                with pytest.raises(LevelOutside):
                    slide.tile(level, 0, 0)
                with pytest.raises(LevelOutside):
                    slide.region(level, Box(0, 0, 1, 1))

    def test_a_region_larger_than_memory_should_hold_raises(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide, pytest.raises(RegionTooLarge):
            slide.region(0, Box(0, 0, 100_000, 100_000))

    def test_named_pictures_open_and_others_are_not_found(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            for name in slide.properties.associated:
                image = slide.associated(name)
                assert image.dtype == np.uint8
                assert image.shape[2] == 3
            with pytest.raises(NotFound):
                slide.associated("no such picture")

    def test_coarser_levels_lie_on_the_finest(self, slide_path: Path) -> None:
        """Levels are the same picture: the mean over a quarter of the slide differs by a few grey levels at most."""
        with self.open(slide_path) as slide:
            base = slide.properties.levels[0]
            finest = slide.region(0, Box(0, 0, base.width // 2, base.height // 2)).mean(axis=(0, 1))
            for number, level in enumerate(slide.properties.levels[1:], start=1):
                coarse = slide.region(number, Box(0, 0, max(1, level.width // 2), max(1, level.height // 2)))
                assert np.abs(coarse.mean(axis=(0, 1)) - finest).max() < 12

    def test_reduced_reads_match_area_means(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            if not isinstance(slide, ReducedReads):
                return
            level = slide.properties.levels[0]
            for reduction in slide.reductions(0):
                width, height = level.width // reduction, level.height // reduction
                reduced = slide.reduced_region(0, reduction, Box(0, 0, width, height)).astype(np.float32)
                full = slide.region(0, Box(0, 0, width * reduction, height * reduction)).astype(np.float32)
                means = full.reshape(height, reduction, width, reduction, 3).mean(axis=(1, 3))
                assert np.abs(reduced - means).mean() < 4

    def test_scaled_reads_have_the_size_asked_for(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            whole = slide.properties.bounds
            for size in ((13, 11), (whole.width, whole.height), (whole.width // 2, whole.height // 2)):
                assert read_scaled(slide, whole, size).shape == (size[1], size[0], 3)

    def test_properties_survive_json(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            assert from_json(to_json(slide.properties, with_profile=True)) == slide.properties

    def test_a_reader_says_whether_it_reads_by_range(self) -> None:
        assert self.reader().reads_ranges in (True, False)

    def test_properties_name_the_layers_that_the_slide_has(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            properties = slide.properties
            assert 0 <= properties.shown_plane < len(properties.planes)
            several = len(properties.planes) > 1 or len(properties.channels) > 0
            assert several <= isinstance(slide, LayeredSlide)
            for channel in properties.channels:
                assert channel.window[0] < channel.window[1]
                assert all(0 <= part <= 255 for part in channel.colour)

    def test_every_layer_has_the_grid_of_its_slide(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            properties = slide.properties
            for plane in range(len(properties.planes)):
                for channel in (None, *range(len(properties.channels))):
                    layer = layer_of(slide, plane, channel)
                    sizes = [(level.width, level.height, level.columns, level.rows) for level in properties.levels]
                    assert sizes == [
                        (level.width, level.height, level.columns, level.rows) for level in layer.properties.levels
                    ]
                    bounds = tile_bounds(properties.levels[0], 0, 0)
                    tile = pixels_of(layer.tile(0, 0, 0))[: bounds.height, : bounds.width]
                    difference = np.abs(tile.astype(np.int16) - layer.region(0, bounds))
                    assert difference.mean() <= self.encoded_tolerance
                    if layer is not slide:
                        layer.close()
            assert slide.region(0, Box(0, 0, 8, 8)).shape == (8, 8, 3), "closing a layer leaves its slide open"

    def test_the_slide_shows_its_own_plane_and_all_channels(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            properties = slide.properties
            bounds = tile_bounds(properties.levels[0], 0, 0)
            shown = layer_of(slide, properties.shown_plane, None)
            assert np.array_equal(shown.region(0, bounds), slide.region(0, bounds))

    def test_a_layer_outside_the_slide_raises(self, slide_path: Path) -> None:
        with self.open(slide_path) as slide:
            planes, channels = len(slide.properties.planes), len(slide.properties.channels)
            for plane, channel in ((planes, None), (-1, None), (0, channels), (0, -1)):
                with pytest.raises(LayerOutside):
                    layer_of(slide, plane, channel)
                if isinstance(slide, LayeredSlide):
                    with pytest.raises(LayerOutside):
                        slide.layer(plane, channel)

    def test_closing_twice_does_nothing(self, slide_path: Path) -> None:
        slide = self.open(slide_path)
        slide.close()
        slide.close()

    def test_no_descriptor_is_left_open(self, slide_path: Path) -> None:
        self.open(slide_path).close()
        gc.collect()
        before = _descriptors()
        for _ in range(5):
            with self.open(slide_path) as slide:
                slide.tile(0, 0, 0)
        gc.collect()
        assert _descriptors() <= before

    def test_two_slides_of_one_file_work_side_by_side(self, slide_path: Path) -> None:
        def read(_: int) -> bytes:
            with self.open(slide_path) as slide:
                level = slide.properties.levels[0]
                return slide.region(0, Box(0, 0, level.width, level.height)).tobytes()

        with ThreadPoolExecutor(4) as threads:
            assert len(set(threads.map(read, range(8)))) == 1


def pixels_of(tile: EncodedTile) -> RgbImage:
    """A tile as a strict decoder sees it, without any help from TIFF tags; (h, w, 3) uint8."""
    if tile.media_type == "image/jpeg":
        return np.asarray(simplejpeg.decode_jpeg(tile.data, colorspace="RGB", strict=True), dtype=np.uint8)
    import imagecodecs

    return np.asarray(imagecodecs.imread(tile.data), dtype=np.uint8)[..., :3]


def _head(path: Path) -> bytes:
    return b"" if path.is_dir() else path.read_bytes()[:4096]


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _places(columns: int, rows: int) -> list[tuple[int, int]]:
    if columns * rows <= MOST_TILES:
        return [(column, row) for row in range(rows) for column in range(columns)]
    diagonal = [(n * (columns - 1) // 40, n * (rows - 1) // 40) for n in range(41)]
    return [*diagonal, (columns - 1, 0), (0, rows - 1)]

"""Hamamatsu NDPI: tiles cut from a stream at its restart markers show its pixels, wherever the file keeps it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from coverslip.phantoms.files.ndpi import NdpiOptions, write_ndpi
from coverslip.phantoms.files.picture import tissue
from coverslip.slides import restarts, wire
from coverslip.slides.errors import SlideCorrupt, TileUnreadable
from coverslip.slides.layers import layer_of
from coverslip.slides.readers.ndpi import NdpiReader
from coverslip.slides.registry import open_slide
from coverslip.slides.restarts import longest_interval
from coverslip.testing.openslide_pixels import greatest_difference, openslide_properties
from coverslip.vocabulary.units import Spacing

IMAGE = tissue(1024, 768)
JPEG_TOLERANCE = 2.0


@pytest.mark.parametrize(
    "options",
    [NdpiOptions(), NdpiOptions(high_bytes=True), NdpiOptions(interval=None), NdpiOptions(interval=64)],
    ids=["restart markers", "upper halves", "no markers", "whole lines"],
)
def test_every_level_is_openslides_to_the_pixel(tmp_path: Path, options: NdpiOptions) -> None:
    path = write_ndpi(tmp_path / "a.ndpi", IMAGE, options)
    with open_slide(path) as slide:
        assert slide.properties.reader == "ndpi"
        for level in range(len(slide.properties.levels)):
            assert greatest_difference(path, slide, level) == 0


def test_properties_are_openslides(tmp_path: Path) -> None:
    path = write_ndpi(tmp_path / "a.ndpi", IMAGE)
    stated = openslide_properties(path)
    with open_slide(path) as slide:
        properties = slide.properties
        assert properties.spacing == Spacing.square(float(stated["openslide.mpp-x"]))
        assert properties.objective_power == float(stated["openslide.objective-power"]) == 40
        assert properties.barcode == stated["hamamatsu.Reference"] == "S24-1-A1"
        assert (properties.vendor, properties.scanner_model) == ("Hamamatsu", "NanoZoomer")
        assert properties.scanned_at == "2024-03-14T08:30:00"
        assert properties.associated == ("macro",)


def test_a_tile_is_a_jpeg_of_its_own_without_decoding(tmp_path: Path) -> None:
    path = write_ndpi(tmp_path / "a.ndpi", IMAGE)
    stored = path.read_bytes()
    with NdpiReader().open(path) as slide:
        level = slide.properties.levels[0]
        assert level.passthrough
        assert (level.tile_width, level.tile_height) == (128, 512)
        tile = slide.tile(0, 3, 1).data
        pixels = simplejpeg.decode_jpeg(tile, strict=True)
        assert pixels.shape == (256, 128, 3), "the last row has fewer lines, and its header says so"
        assert np.abs(pixels.astype(np.int16) - IMAGE[512:, 384:512]).mean() < JPEG_TOLERANCE
    pieces = [piece for piece in tile.split(b"\xff")[-20:] if len(piece) > 30]
    assert pieces
    assert all(piece[1:] in stored for piece in pieces), "coded blocks are the file's own bytes"


def test_offsets_beyond_four_gigabytes_are_followed(tmp_path: Path) -> None:
    """The file has a hole of 5 GB; it takes no room on the disk."""
    path = write_ndpi(tmp_path / "a.ndpi", IMAGE, NdpiOptions(gap=5 * 1024**3))
    with open_slide(path) as slide:
        shown = slide.region(0, slide.properties.bounds)
        assert slide.properties.levels[0].passthrough
    assert np.abs(shown.astype(np.int16) - IMAGE).mean() < JPEG_TOLERANCE


def test_a_height_of_no_whole_blocks_is_shown_to_its_end(tmp_path: Path) -> None:
    """OpenSlide leaves the last line of blocks out."""
    image = tissue(512, 380)
    with open_slide(write_ndpi(tmp_path / "a.ndpi", image)) as slide:
        assert np.abs(slide.region(0, slide.properties.bounds).astype(np.int16) - image).mean() < JPEG_TOLERANCE


def test_focal_planes_come_from_the_lowest_up(tmp_path: Path) -> None:
    path = write_ndpi(tmp_path / "a.ndpi", IMAGE, NdpiOptions(planes_nm=(1500, 0, -3000)))
    with open_slide(path) as slide:
        properties = slide.properties
        assert [plane.offset_um for plane in properties.planes] == [-3.0, 0.0, 1.5]
        assert properties.shown_plane == 1
        contrast = []
        for plane in range(3):
            pixels = layer_of(slide, plane, None).region(0, properties.bounds).astype(np.int16)
            contrast.append(np.abs(np.diff(pixels, axis=1)).mean())
        assert contrast[1] > max(contrast[0], contrast[2])


def test_intervals_too_wide_for_a_screen_are_decoded_and_cut(tmp_path: Path) -> None:
    image = tissue(5120, 512)
    with open_slide(write_ndpi(tmp_path / "a.ndpi", image, NdpiOptions(factors=(1,), interval=320))) as slide:
        level = slide.properties.levels[0]
        assert not level.passthrough
        assert (level.tile_width, level.tile_height) == (512, 512)
        assert np.abs(slide.region(0, slide.properties.bounds).astype(np.int16) - image).mean() < JPEG_TOLERANCE


def test_an_index_of_restart_markers_survives_the_wire(tmp_path: Path) -> None:
    path = write_ndpi(tmp_path / "a.ndpi", IMAGE)
    with NdpiReader().open(path) as slide:
        index = slide.tile_index()
        assert wire.unpack_index(*wire.pack_index(index)) == index
        place = index.place(0, 1, 0)
        assert place is not None
        with path.open("rb") as file:
            assert place.read(file.fileno()) == slide.tile(0, 1, 0).data


def test_a_table_that_points_elsewhere_is_one_unreadable_tile(tmp_path: Path) -> None:
    path = write_ndpi(tmp_path / "a.ndpi", IMAGE, NdpiOptions(factors=(1,)))
    with NdpiReader().open(path) as slide:
        index = slide.tile_index().levels[0]
        assert index is not None
        assert index.restarts is not None
        table = index.restarts.table
    data = bytearray(path.read_bytes())
    data[table + 4 : table + 8] = (int.from_bytes(data[table + 4 : table + 8], "little") + 3).to_bytes(4, "little")
    path.write_bytes(data)
    with NdpiReader().open(path) as slide:
        with pytest.raises(TileUnreadable):
            slide.tile(0, 0, 0)
        assert slide.tile(0, 5, 0).media_type == "image/jpeg"


def test_markers_that_do_not_fit_the_width_are_refused(tmp_path: Path) -> None:
    path = write_ndpi(tmp_path / "a.ndpi", IMAGE, NdpiOptions(factors=(1,)))
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xdd\x00\x04") + 4
    data[at : at + 2] = (7).to_bytes(2, "big")
    path.write_bytes(data)
    with pytest.raises(SlideCorrupt):
        NdpiReader().open(path)


def test_intervals_longer_than_their_pixels_are_refused_before_they_are_read(tmp_path: Path) -> None:
    """A table may point at the same 16 MB for every line: 48 of them would be one tile."""
    path = write_ndpi(tmp_path / "a.ndpi", IMAGE, NdpiOptions(factors=(1,)))
    with NdpiReader().open(path) as slide:
        index = slide.tile_index().levels[0]
    assert index is not None
    assert index.restarts is not None
    cut, size = index.restarts, 16 * 1024 * 1024
    forged = replace(cut, stream_end=size)
    data = bytearray(path.read_bytes()).ljust(size, b"\0")
    for number in range(1, cut.across * cut.down, 2):
        at = cut.table + 4 * number
        data[at : at + 4] = (size - 100 - cut.stream).to_bytes(4, "little")
    data[size - 102 : size - 100] = b"\xff\xd0"
    asked: list[int] = []

    def read_at(offset: int, length: int) -> bytes:
        asked.append(length)
        return bytes(data[offset : offset + length])

    with pytest.raises(ValueError, match="more than their pixels"):
        forged.tile(read_at, index.head, 0, 0)
    assert sum(asked) < 64 * 1024


def test_no_interval_of_noise_reaches_the_bound() -> None:
    """The bound is proven from the standard; the worst that an encoder makes stays below it."""
    noise = np.random.default_rng(3).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    stream = simplejpeg.encode_jpeg(noise, quality=100, colorsubsampling="444")
    scan = len(stream) - stream.index(b"\xff\xda")
    assert scan < longest_interval(units=1, blocks=3)


def test_a_long_table_is_read_line_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_ndpi(tmp_path / "a.ndpi", IMAGE)
    with NdpiReader().open(path) as slide:
        whole = slide.tile(0, 3, 0).data
        monkeypatch.setattr(restarts, "TABLE_AT_ONCE", 0)
        assert slide.tile(0, 3, 0).data == whole

"""Decoders that are there before they are needed, and slides that are not looked at before something is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.slides import associated, jpeg, region, wire
from coverslip.slides.errors import SlideMissing
from coverslip.slides.isolation import DecoderLimits, DecoderPool
from coverslip.slides.readers.tiff import TiffReader
from coverslip.slides.region import read_scaled
from coverslip.vocabulary.geometry import Box


def test_a_warm_pool_has_all_its_decoders_and_no_more() -> None:
    with DecoderPool(DecoderLimits(2048, 30.0, 2)) as pool:
        pool.warm()
        pool.warm()
        assert len(pool._free) == 2
        assert all(decoder.ready for decoder in pool._free)


def test_a_closed_pool_warms_nothing() -> None:
    pool = DecoderPool(DecoderLimits(2048, 30.0, 2))
    pool.close()
    pool.warm()
    assert pool._free == []


def test_a_slide_named_but_not_asked_needs_no_file() -> None:
    with DecoderPool(DecoderLimits(2048, 30.0)) as pool:
        slide = pool.at("/nowhere.svs")
        with pytest.raises(SlideMissing):
            slide.describe()


def test_a_part_drawn_in_the_decoder_is_the_part_read_and_encoded(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = write_svs(tmp_path_factory.mktemp("slide") / "a.svs", tissue(600, 400))
    with DecoderPool(DecoderLimits(2048, 30.0)) as pool, TiffReader().open(path) as own:
        tile = pool.at(path).drawn(Box(100, 50, 400, 200), (200, 100))
        expected = jpeg.encode(read_scaled(own, Box(100, 50, 400, 200), (200, 100)))
    assert tile.media_type == "image/jpeg"
    assert np.array_equal(jpeg.decode(tile.data), jpeg.decode(expected))


def test_a_thumbnail_of_a_slide_without_a_pyramid_is_drawn_part_by_part(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request may need more time than a decoder has, however large the slide."""
    path = write_svs(tmp_path_factory.mktemp("slide") / "a.svs", tissue(600, 400), SvsOptions(factors=(1,)))
    asked: list[str] = []
    with DecoderPool(DecoderLimits(2048, 30.0)) as pool, TiffReader().open(path) as own:
        request = pool.request

        def noted(operation: str, path: Path, **arguments: Any) -> tuple[wire.Header, bytearray]:
            asked.append(operation)
            return request(operation, path, **arguments)

        monkeypatch.setattr(pool, "request", noted)
        slide = pool.open(path)
        whole = slide.thumbnail(150)
        monkeypatch.setattr(associated, "STORED_PIXELS_AT_ONCE", 100_000)
        monkeypatch.setattr(region, "STORED_PIXELS_AT_ONCE", 100_000)
        in_parts = slide.thumbnail(150)
        assert np.array_equal(whole, associated.thumbnail(own, 150))
    assert asked[:2] == ["properties", "thumbnail"]
    assert set(asked[2:]) == {"region"}
    assert len(asked[2:]) >= 3
    assert np.array_equal(in_parts, whole)

"""Pixels that a decoder lays down for its server: whole, bounded, and never taken away again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.tiff import write_tiff
from coverslip.slides import shared_pixels
from coverslip.slides.isolation import DecoderLimits, DecoderPool
from coverslip.slides.shared_pixels import SIZE, SharedPixels
from coverslip.vocabulary.geometry import Box

IMAGE = tissue(3000, 2000)


@pytest.fixture
def pair() -> Iterator[tuple[int, SharedPixels, SharedPixels]]:
    descriptor = shared_pixels.create()
    writer, reader = SharedPixels(descriptor, writable=True), SharedPixels(descriptor, writable=False)
    yield descriptor, writer, reader
    writer.close()
    reader.close()
    os.close(descriptor)


def test_what_is_laid_down_is_found(pair: tuple[int, SharedPixels, SharedPixels]) -> None:
    _, writer, reader = pair
    assert writer.lay(b"pixels")
    assert reader.taken(6) == b"pixels"


def test_what_was_taken_does_not_change_any_more(pair: tuple[int, SharedPixels, SharedPixels]) -> None:
    _, writer, reader = pair
    writer.lay(b"first")
    taken = reader.taken(5)
    writer.lay(b"other")
    assert taken == b"first"


def test_too_much_is_refused_on_both_sides(pair: tuple[int, SharedPixels, SharedPixels]) -> None:
    _, writer, reader = pair
    assert not writer.lay(bytes(SIZE + 1))
    for length in (SIZE + 1, -1):
        with pytest.raises(ValueError, match="more pixels"):
            reader.taken(length)


def test_nobody_can_take_the_memory_away_from_under_its_reader(pair: tuple[int, SharedPixels, SharedPixels]) -> None:
    """A decoder that shrank it would end its server by SIGBUS."""
    for size in (0, SIZE * 2):
        with pytest.raises(PermissionError):
            os.ftruncate(pair[0], size)


@pytest.mark.parametrize("side", [(100, 50), (400, 300), (2300, 2000), (3000, 2000)])
def test_regions_of_every_size_come_whole_from_the_sandbox(tmp_path: Path, side: tuple[int, int]) -> None:
    path = write_tiff(tmp_path / "a.tif", IMAGE, tile=(256, 256))
    with DecoderPool(DecoderLimits(2048, 30.0)) as pool:
        region = pool.open(path).region(0, Box(0, 0, *side))
    assert np.array_equal(region, IMAGE[: side[1], : side[0]])

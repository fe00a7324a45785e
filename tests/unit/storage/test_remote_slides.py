"""Slides in object storage are read by range, without being copied first, and show the same as on a disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
import tifffile

from coverslip.errors import CoverslipError
from coverslip.phantoms.files import WRITERS
from coverslip.slides import remote
from coverslip.slides.isolation import DecoderLimits, DecoderPool, IsolatedSlide
from coverslip.storage.blobs import BlobStore
from coverslip.storage.cached_blob import BLOCK_BYTES
from coverslip.storage.errors import StorageUnavailable
from coverslip.storage.stored_slide import by_range, laid_out, open_in
from coverslip.testing.faulty_proxy import FaultyProxy
from coverslip.testing.object_storage import ObjectStorage
from coverslip.testing.stored_rows import HERE, put_slide
from coverslip.vocabulary.geometry import Box

LIMITS = DecoderLimits(2048, 60.0)


@pytest.fixture
def proxy(object_storage: ObjectStorage) -> Iterator[FaultyProxy]:
    with FaultyProxy(object_storage.endpoint) as proxy:
        yield proxy


@pytest.fixture
def store(object_storage: ObjectStorage, proxy: FaultyProxy, tmp_path: Path) -> Iterator[BlobStore]:
    store = BlobStore.open(object_storage.settings(tmp_path, proxy.endpoint))
    yield store
    store.close()


@pytest.fixture
def pool(store: BlobStore) -> Iterator[DecoderPool]:
    with DecoderPool(LIMITS, store.folders, store.remote) as pool:
        yield pool


def shown(slide: IsolatedSlide) -> tuple[object, ...]:
    level = len(slide.properties.levels) - 1
    size = slide.properties.levels[level]
    tile = slide.tile(0, 0, 0)
    region = slide.region(level, Box(0, 0, min(200, size.width), min(200, size.height)))
    return slide.properties.levels, slide.properties.spacing, tile, np.asarray(region).tobytes()


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_slide_in_object_storage_shows_what_it_shows_on_a_disk(
    name: str, store: BlobStore, pool: DecoderPool, tmp_path: Path
) -> None:
    (tmp_path / "made").mkdir()
    path = WRITERS[name](tmp_path / "made")
    row = put_slide(store, path)

    def outcome(open_it: object) -> object:
        try:
            return shown(open_it())  # type: ignore[operator]  # a function without arguments
        except CoverslipError as error:
            return error.code

    there = outcome(lambda: open_in(pool, store, row, tmp_path / "laid"))
    assert there == outcome(lambda: pool.open(laid_out(store, row, tmp_path / "whole")))


def test_what_own_readers_read_is_not_copied(store: BlobStore, pool: DecoderPool, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    row = put_slide(store, WRITERS["svs-jpeg-rgb"](tmp_path / "made"))
    slide = open_in(pool, store, row, tmp_path / "laid")
    assert shown(slide)
    assert not (tmp_path / "laid").exists()
    index = slide.tile_index()
    assert [remote.is_remote(file) for file in index.files] == [True]
    assert store.remote.blob(index.files[0]).size > 0


def test_a_large_slide_opens_with_few_requests(
    store: BlobStore, pool: DecoderPool, proxy: FaultyProxy, tmp_path: Path
) -> None:
    """The number of requests is part of what is promised. 40,000 tiles are the index of a slide of 1 GB."""
    row = put_slide(store, slide_of_40_000_tiles(tmp_path / "large.svs"))
    size = store.size(HERE, row.files[0].digest)
    assert size is not None
    assert size > 100_000_000
    proxy.asked.clear()
    slide = open_in(pool, store, row, tmp_path / "laid")
    place = slide.tile_index().place(0, 100, 100)
    assert place is not None
    (file,) = slide.tile_index().files
    assert place.read_by(store.remote.blob(file).read_at)[:2] == b"\xff\xd8"
    # Four for the file's directories and index, one for the tile, and the tiles that the reader tries out.
    assert len(proxy.gets()) <= 24
    assert sum(asked.bytes_sent for asked in proxy.gets()) <= 3_000_000
    opened = len(proxy.gets())
    assert store.remote.blob(file).read_now(place.offset, place.length) is not None
    assert len(proxy.gets()) == opened


def slide_of_40_000_tiles(path: Path) -> Path:
    noise = np.random.default_rng(7).integers(0, 255, (256, 256, 3), dtype=np.uint8)
    tile = simplejpeg.encode_jpeg(noise, quality=5, colorsubsampling="444")
    with tifffile.TiffWriter(path, bigtiff=True) as tiff:
        tiff.write(
            iter([tile] * 40_000),
            shape=(200 * 256, 200 * 256, 3),
            dtype=np.uint8,
            tile=(256, 256),
            compression="jpeg",
            photometric="ycbcr",
            description="Aperio Image Library\n51200x51200 |AppMag = 40|MPP = 0.25",
            metadata=None,
        )
    return path


def test_files_that_lie_on_a_disk_are_read_there(blob_store: BlobStore, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    assert by_range(blob_store, put_slide(blob_store, WRITERS["svs-jpeg-rgb"](tmp_path / "made"))) is None


def test_a_storage_that_fails_is_no_damaged_slide(
    store: BlobStore, pool: DecoderPool, proxy: FaultyProxy, tmp_path: Path
) -> None:
    (tmp_path / "made").mkdir()
    row = put_slide(store, WRITERS["svs-jpeg-rgb"](tmp_path / "made"))
    proxy.break_down("503", method="GET")
    with pytest.raises(StorageUnavailable):
        open_in(pool, store, row, tmp_path / "laid")
    proxy.mend()
    assert shown(open_in(pool, store, row, tmp_path / "laid"))


def test_a_decoder_gets_no_bytes_of_another_slide(store: BlobStore, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    mine = put_slide(store, WRITERS["svs-jpeg-rgb"](tmp_path / "made"))
    other = put_slide(store, WRITERS["tiff-plain"](tmp_path / "made"))
    path, stranger = by_range(store, mine), by_range(store, other)
    assert path is not None
    assert stranger is not None
    assert set(store.remote.sizes(str(path))) == {str(path)}
    assert store.remote.sizes(str(path))[str(path)] != BLOCK_BYTES
    assert str(stranger) not in store.remote.sizes(str(path))

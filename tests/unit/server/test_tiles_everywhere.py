"""The tile path answers the same of a slide in object storage as of one on a disk, for every kind of file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from coverslip.errors import CoverslipError
from coverslip.phantoms.files import WRITERS
from coverslip.server.index_store import IndexStore
from coverslip.server.slide_sources import TileSource
from coverslip.server.tiles import TileApp
from coverslip.slides.isolation import DecoderLimits, DecoderPool, IsolatedSlide
from coverslip.slides.readers.ndpi import NdpiReader
from coverslip.slides.remote import is_remote
from coverslip.storage.blobs import BlobStore
from coverslip.storage.stored_slide import path_for
from coverslip.testing.object_storage import ObjectStorage
from coverslip.testing.stored_rows import put_slide
from coverslip.testing.tile_calls import COOKIE, Hospital, get, run

LOCAL, REMOTE = UUID(int=1), UUID(int=2)
LIMITS = DecoderLimits(2048, 60.0)


def source(slide: IsolatedSlide) -> TileSource:
    return TileSource("ab" * 32, slide.tile_index(), slide)


@pytest.fixture(scope="module")
def store(object_storage: ObjectStorage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlobStore]:
    store = BlobStore.open(object_storage.settings(tmp_path_factory.mktemp("cache")))
    yield store
    store.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slides")


@pytest.fixture(scope="module")
def pool(store: BlobStore, folder: Path) -> Iterator[DecoderPool]:
    with DecoderPool(LIMITS, [*store.folders, folder], store.remote) as pool:
        yield pool


def opened(open_it: Callable[[], IsolatedSlide]) -> IsolatedSlide | str:
    """The slide, or the code of its refusal."""
    try:
        return open_it()
    except CoverslipError as error:
        return error.code


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_object_storage_answers_every_tile_as_a_disk_does(
    name: str, store: BlobStore, pool: DecoderPool, folder: Path
) -> None:
    made = folder / name
    made.mkdir()
    path = WRITERS[name](made)
    here = opened(lambda: pool.open(path))
    there = opened(lambda: pool.open(path_for(pool, store, put_slide(store, path), folder / f"{name}-laid")))
    if isinstance(there, str) or isinstance(here, str):
        assert isinstance(there, str)
        assert isinstance(here, str)
        return
    hospital = Hospital({LOCAL: source(here), REMOTE: source(there)})
    levels = enumerate(here.properties.levels)
    grid = [(number, column, row) for number, of in levels for column in range(of.columns) for row in range(of.rows)]

    async def work(app: TileApp) -> None:
        for number, column, row in [*grid, *grid[:8]]:  # the second time the ranges are in the cache
            place = f"{number}/{column}/{row}"
            local, remote = [await get(app, f"/tiles/{slide}/{place}", COOKIE) for slide in (LOCAL, REMOTE)]
            assert (remote.status, remote.body) == (local.status, local.body), place
            assert remote.headers == local.headers, place

    run(hospital, work, store.remote)


def test_a_tile_cut_at_restart_markers_asks_for_its_own_ranges_only(
    store: BlobStore, pool: DecoderPool, tmp_path: Path
) -> None:
    row = put_slide(store, WRITERS["ndpi-restart-markers"](tmp_path))
    index = pool.open(path_for(pool, store, row, tmp_path / "laid")).tile_index()
    assert is_remote(index.files[0])
    place = index.place(0, 1, 0)
    assert place is not None
    asked: list[int] = []
    blob = store.remote.blob(index.files[0])

    def read_at(offset: int, length: int) -> bytes:
        asked.append(length)
        return blob.read_at(offset, length)

    tile = place.read_by(read_at)
    assert sum(asked) < len(tile) + 4096
    assert place.length > 2 * len(tile)


def test_indexes_of_restart_markers_are_kept_on_the_disk(tmp_path: Path) -> None:
    path = WRITERS["ndpi-restart-markers"](tmp_path)
    with NdpiReader().open(path) as slide:
        index = slide.tile_index()
    store = IndexStore(tmp_path / "indexes")
    store.save("a", index, [path])
    found = store.load("a", [path])
    assert found is not None
    assert found.levels[0] is not None
    assert index.levels[0] is not None
    assert found.levels[0].restarts == index.levels[0].restarts

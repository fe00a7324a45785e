"""Tiles of one focal plane or one channel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from coverslip.phantoms.files.dicom import DicomOptions, write_dicom_series
from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import write_svs
from coverslip.server import layer_indexes
from coverslip.server.index_store import IndexStore
from coverslip.server.layer_indexes import LayerIndexes, compact, size_of
from coverslip.server.tile_access import TileSource
from coverslip.server.tiles import TileApp
from coverslip.slides.isolation import DecoderLimits, DecoderPool
from coverslip.slides.tile_index import TileIndex
from coverslip.testing.tile_calls import COOKIE, Answer, Hospital, get, run

IMAGE = tissue(301, 227)
SLIDE = UUID(int=1)


@pytest.fixture(scope="module")
def decoders() -> Iterator[DecoderPool]:
    with DecoderPool(DecoderLimits(1024, 20.0, 1)) as pool:
        yield pool


@pytest.fixture
def layered(tmp_path: Path, decoders: DecoderPool) -> TileSource:
    """Three focal planes of JPEG frames."""
    planes = tuple((offset, IMAGE if offset == 0 else 255 - IMAGE) for offset in (-1.0, 0.0, 1.0))
    path = write_dicom_series(tmp_path / "dicom", IMAGE, DicomOptions(planes=planes, tile=(64, 64), factors=(1,)))
    opened = decoders.open(path)
    return TileSource("ab" * 32, opened.tile_index(), opened)


def test_a_focal_plane_is_asked_for_by_its_position(layered: TileSource) -> None:
    hospital = Hospital({SLIDE: layered})
    shown = layered.slide.properties.shown_plane

    async def work(app: TileApp) -> list[Answer]:
        queries = ("", f"?plane={shown}", "?plane=0", "?plane=0")
        return [await get(app, f"/tiles/{SLIDE}/0/0/0{query}", COOKIE) for query in queries]

    first, same, other, again = run(hospital, work)
    assert [answer.status for answer in (first, same, other, again)] == [200] * 4
    assert same.body == first.body
    assert other.body == again.body != first.body
    assert len({answer.headers[b"etag"] for answer in (first, same, other)}) == 3
    assert other.body == layered.layer(0, None).tile(0, 0, 0).data


def test_the_tiles_of_a_plane_pass_through_once_their_places_are_known(layered: TileSource) -> None:
    hospital = Hospital({SLIDE: layered})

    async def work(app: TileApp) -> tuple[object, object]:
        scope = {"method": "GET", "path": f"/tiles/{SLIDE}/0/1/0", "query_string": b"plane=0", "headers": [COOKIE]}
        await get(app, f"/tiles/{SLIDE}/0/0/0", COOKIE)
        before = app.at_once(scope)
        await get(app, f"/tiles/{SLIDE}/0/0/0?plane=0", COOKIE)
        return before, app.at_once(scope)

    before, after = run(hospital, work)
    assert before is None
    assert after is not None


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("plane=9", 404, "LAYER_OUTSIDE"),
        ("channel=0", 404, "LAYER_OUTSIDE"),
        ("plane=-1", 404, "NO_SUCH_ADDRESS"),
        ("plane=1&plane=2", 404, "NO_SUCH_ADDRESS"),
        ("channel=0&plane=1", 404, "NO_SUCH_ADDRESS"),
        ("depth=1", 404, "NO_SUCH_ADDRESS"),
    ],
)
def test_a_layer_that_is_none_is_not_there(layered: TileSource, query: str, status: int, code: str) -> None:
    hospital = Hospital({SLIDE: layered})

    async def work(app: TileApp) -> Answer:
        return await get(app, f"/tiles/{SLIDE}/0/0/0?{query}", COOKIE)

    answer = run(hospital, work)
    assert (answer.status, answer.code) == (status, code)


def test_a_slide_without_layers_has_its_one_plane(tmp_path: Path, decoders: DecoderPool) -> None:
    opened = decoders.open(write_svs(tmp_path / "a.svs", IMAGE))
    hospital = Hospital({SLIDE: TileSource("cd" * 32, opened.tile_index(), opened)})

    async def work(app: TileApp) -> tuple[Answer, Answer]:
        return await get(app, f"/tiles/{SLIDE}/0/0/0?plane=0", COOKIE), await get(app, f"/tiles/{SLIDE}/0/0/0", COOKIE)

    asked, plain = run(hospital, work)
    assert (asked.status, asked.body) == (200, plain.body)


def test_a_layer_is_named_behind_the_version(layered: TileSource) -> None:
    hospital = Hospital({SLIDE: layered})

    async def work(app: TileApp) -> tuple[Answer, Answer]:
        place = f"/tiles/{SLIDE}/0/0/0"
        lasting = await get(app, f"{place}?v={layered.version}&plane=0", COOKIE)
        return lasting, await get(app, f"{place}?plane=0&v={layered.version}", COOKIE)

    lasting, turned = run(hospital, work)
    assert lasting.body == layered.layer(0, None).tile(0, 0, 0).data
    assert lasting.headers[b"cache-control"] == b"private, max-age=31536000, immutable"
    assert turned.code == "NO_SUCH_ADDRESS"


def test_layers_kept_are_bounded_and_stay_on_the_disk(layered: TileSource, tmp_path: Path) -> None:
    """64 focal planes of 64 channels are 4,096 indexes."""
    store = IndexStore(tmp_path / "indexes")
    layers = LayerIndexes(store)
    roots = [Path(layered.index.files[0]).parent]
    made: list[int] = []

    def make() -> TileIndex:
        made.append(1)
        return layered.index

    for plane in range(3 * layer_indexes.MOST_LAYERS):
        index = layers.made("slide", (plane, None), roots, make)
        assert size_of(index) == 0, "its numbers stay on the disk"
    assert len(layers) == layer_indexes.MOST_LAYERS
    assert layers.known("slide", (0, None)) is None
    again = layers.made("slide", (0, None), roots, make)
    assert len(made) == 3 * layer_indexes.MOST_LAYERS, "found on the disk again"
    assert again.place(0, 1, 1) == layered.index.place(0, 1, 1)


def test_layers_that_no_disk_takes_are_bounded_in_memory(layered: TileSource, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 3 * size_of(compact(layered.index))
    monkeypatch.setattr(layer_indexes, "MOST_BYTES", most)
    layers = LayerIndexes()
    for plane in range(20):
        layers.made("slide", (plane, None), [], lambda: layered.index)
    assert len(layers) == 3

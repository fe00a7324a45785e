"""The tile path, driven as an ASGI server drives it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from coverslip.errors import NotFound
from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.phantoms.files.tiff import write_tiff
from coverslip.server import decoded_tiles, tile_version, tiles
from coverslip.server.decoded_tiles import TileKey
from coverslip.server.errors import NotSignedIn
from coverslip.server.tile_access import TileSource
from coverslip.server.tile_store import TileStore
from coverslip.server.tiles import AccessMemory, FileMemory, TileApp
from coverslip.slides.isolation import DecoderLimits, DecoderPool, IsolatedSlide
from coverslip.slides.readers.tiff import TiffReader
from coverslip.slides.slide import EncodedTile
from coverslip.testing.tile_calls import COOKIE, Answer, Hospital, get, run

IMAGE = tissue(301, 227)
SLIDE, DECODED_SLIDE = UUID(int=1), UUID(int=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slides")


@pytest.fixture(scope="module")
def decoders() -> Iterator[DecoderPool]:
    with DecoderPool(DecoderLimits(1024, 20.0, 1)) as pool:
        yield pool


@pytest.fixture
def hospital(folder: Path, decoders: DecoderPool) -> Hospital:
    """Two slides: JPEG tiles that pass through (one tile of level 0 is not stored), and tiles that must be decoded."""
    stored, decoded = folder / "a.svs", folder / "b.tif"
    if not stored.exists():
        write_svs(stored, IMAGE, SvsOptions(omit=((2, 2),)))
        write_tiff(decoded, IMAGE, tile=(64, 64))
    sources = {}
    for slide, path in ((SLIDE, stored), (DECODED_SLIDE, decoded)):
        opened = decoders.open(path)
        sources[slide] = TileSource(hashlib.sha256(path.read_bytes()).hexdigest(), opened.tile_index(), opened)
    return Hospital(sources)


def descriptors() -> int:
    """Files this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def fetch(hospital: Hospital, path: str, *headers: tuple[bytes, bytes], method: str = "GET") -> Answer:
    """One request to a fresh application, signed in."""

    async def work(app: TileApp) -> Answer:
        return await get(app, path, COOKIE, *headers, method=method)

    answer: Answer = run(hospital, work)
    return answer


def test_a_stored_tile_is_the_readers_tile(hospital: Hospital, folder: Path) -> None:
    answer = fetch(hospital, f"/tiles/{SLIDE}/0/1/3")
    assert answer.status == 200
    with TiffReader().open(folder / "a.svs") as slide:
        assert answer.body == slide.tile(0, 1, 3).data
    assert answer.headers[b"content-type"] == b"image/jpeg"
    assert answer.headers[b"content-length"] == str(len(answer.body)).encode()
    assert answer.headers[b"cache-control"] == b"private, no-cache"
    assert answer.headers[b"x-content-type-options"] == b"nosniff"


def test_only_an_address_with_the_present_version_is_kept_for_ever(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = hospital.sources[SLIDE].version
    place = f"/tiles/{SLIDE}/0/1/3"

    def caching(query: str) -> bytes:
        return fetch(hospital, place + query).headers[b"cache-control"]

    assert caching(f"?v={version}") == b"private, max-age=31536000, immutable"
    assert caching("?v=2.ffffffffffff") == caching("") == b"private, no-cache"
    monkeypatch.setattr(tile_version, "TILE_VERSION", "9")
    assert caching(f"?v={version}") == b"private, no-cache", "tiles are made otherwise now"
    assert hospital.sources[SLIDE].version != version


def test_a_tile_that_must_be_decoded_is_decoded_once(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[tuple[int, int, int]] = []
    decode = IsolatedSlide.tile

    def counted(slide: IsolatedSlide, level: int, column: int, row: int) -> EncodedTile:
        decoded.append((level, column, row))
        return decode(slide, level, column, row)

    monkeypatch.setattr(IsolatedSlide, "tile", counted)

    async def work(app: TileApp) -> list[Answer]:
        path = f"/tiles/{DECODED_SLIDE}/0/1/1"
        together = list(await asyncio.gather(*(get(app, path, COOKIE) for _ in range(20))))
        return [*together, await get(app, path, COOKIE)]

    answers = run(hospital, work)
    assert decoded == [(0, 1, 1)]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1


def test_a_tile_that_is_not_stored_is_white(hospital: Hospital) -> None:
    from coverslip.slides.jpeg import decode

    answer = fetch(hospital, f"/tiles/{SLIDE}/0/2/2")
    assert answer.status == 200
    assert decode(answer.body).min() == 255


def test_the_etag_names_content_and_place_and_gives_304(hospital: Hospital) -> None:
    first = fetch(hospital, f"/tiles/{SLIDE}/0/1/3")
    other = fetch(hospital, f"/tiles/{SLIDE}/0/3/1")
    assert first.headers[b"etag"] != other.headers[b"etag"]
    again = fetch(hospital, f"/tiles/{SLIDE}/0/1/3", (b"if-none-match", first.headers[b"etag"]))
    assert (again.status, again.body) == (304, b"")
    assert again.headers[b"etag"] == first.headers[b"etag"]
    among = fetch(hospital, f"/tiles/{SLIDE}/0/1/3", (b"if-none-match", b'"x", W/' + first.headers[b"etag"]))
    assert among.status == 304
    changed = fetch(hospital, f"/tiles/{SLIDE}/0/1/3", (b"if-none-match", other.headers[b"etag"]))
    assert changed.status == 200


def test_a_304_needs_a_session_too(hospital: Hospital) -> None:
    etag = fetch(hospital, f"/tiles/{SLIDE}/0/1/3").headers[b"etag"]
    hospital.signed_in.clear()
    assert fetch(hospital, f"/tiles/{SLIDE}/0/1/3", (b"if-none-match", etag)).status == 401


def test_head_tells_the_length_and_sends_nothing(hospital: Hospital) -> None:
    whole = fetch(hospital, f"/tiles/{SLIDE}/0/1/3")
    answer = fetch(hospital, f"/tiles/{SLIDE}/0/1/3", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers[b"content-length"] == whole.headers[b"content-length"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/tiles/{SLIDE}/0/99/0", 404, "TILE_OUTSIDE"),
        (f"/tiles/{DECODED_SLIDE}/0/99/0", 404, "TILE_OUTSIDE"),
        (f"/tiles/{SLIDE}/9/0/0", 404, "LEVEL_OUTSIDE"),
        (f"/tiles/{UUID(int=3)}/0/0/0", 404, "NOT_FOUND"),
        ("/tiles/not-a-slide/0/0/0", 404, "NOT_FOUND"),
        (f"/tiles/{SLIDE}/0/0", 404, "NO_SUCH_ADDRESS"),
        (f"/tiles/{SLIDE}/0/0/-1", 404, "NO_SUCH_ADDRESS"),
        (f"/tiles/{SLIDE}/0/0/٣", 404, "NO_SUCH_ADDRESS"),
        (f"/tiles/{SLIDE}/0/0/99999999999999999999", 404, "NO_SUCH_ADDRESS"),
        (f"/tiles/{SLIDE}/../0/0", 404, "NO_SUCH_ADDRESS"),
        ("/tiles/", 404, "NO_SUCH_ADDRESS"),
    ],
)
def test_addresses_without_a_tile_are_not_found(hospital: Hospital, path: str, status: int, code: str) -> None:
    answer = fetch(hospital, path)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers[b"cache-control"] == b"no-store"


def test_other_methods_are_refused(hospital: Hospital) -> None:
    assert fetch(hospital, f"/tiles/{SLIDE}/0/0/0", method="POST").status == 405


@pytest.mark.parametrize("cookie", [b"", b"coverslip_session=", b"coverslip_session=bad", b"session=good"])
def test_without_a_session_there_is_no_tile(hospital: Hospital, cookie: bytes) -> None:
    async def work(app: TileApp) -> Answer:
        return await get(app, f"/tiles/{SLIDE}/0/0/0", (b"cookie", cookie))

    answer = run(hospital, work)
    assert (answer.status, answer.code) == (401, "NOT_SIGNED_IN")


def test_access_is_asked_once_for_many_tiles(hospital: Hospital) -> None:
    hospital.seconds = 0.01

    async def work(app: TileApp) -> None:
        await asyncio.gather(*(get(app, f"/tiles/{SLIDE}/0/{n % 5}/{n // 5}", COOKIE) for n in range(20)))

    run(hospital, work)
    assert hospital.asked == 1


def test_access_is_asked_again_after_seconds(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(tiles, "monotonic", lambda: clock[0])

    async def work(app: TileApp) -> list[int]:
        statuses = []
        for seconds, leaves in ((0.0, False), (4.9, True), (0.2, False)):
            clock[0] += seconds
            statuses.append((await get(app, f"/tiles/{SLIDE}/0/0/0", COOKIE)).status)
            if leaves:
                hospital.signed_in.clear()
        return statuses

    assert run(hospital, work) == [200, 200, 401]


def test_a_forgotten_session_is_asked_again_at_once(hospital: Hospital) -> None:
    async def work(app: TileApp) -> list[int]:
        first = await get(app, f"/tiles/{SLIDE}/0/0/0", COOKIE)
        hospital.signed_in.clear()
        app.forget("good")
        return [first.status, (await get(app, f"/tiles/{SLIDE}/0/0/0", COOKIE)).status]

    assert run(hospital, work) == [200, 401]


def test_an_answer_on_its_way_while_forgetting_is_not_remembered(hospital: Hospital) -> None:
    hospital.seconds = 0.05

    async def work(app: TileApp) -> int:
        asking = asyncio.create_task(get(app, f"/tiles/{SLIDE}/0/0/0", COOKIE))
        await asyncio.sleep(0.01)
        app.forget()
        await asking
        hospital.signed_in.clear()
        return (await get(app, f"/tiles/{SLIDE}/0/0/0", COOKIE)).status

    assert run(hospital, work) == 401


def test_a_refusal_is_remembered_for_a_second_only(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(tiles, "monotonic", lambda: clock[0])
    hospital.signed_in.clear()

    async def work(app: TileApp) -> list[int]:
        statuses = [(await get(app, f"/tiles/{SLIDE}/0/0/0", COOKIE)).status for _ in range(5)]
        hospital.signed_in.add("good")
        clock[0] += 1.1
        return [*statuses, (await get(app, f"/tiles/{SLIDE}/0/0/0", COOKIE)).status]

    assert run(hospital, work) == [401] * 5 + [200]
    assert hospital.asked == 2


def test_decisions_kept_are_bounded(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "DECISIONS_KEPT", 3)

    async def inside() -> int:
        memory = AccessMemory(hospital.authorize)
        for number in range(10):
            with pytest.raises(NotSignedIn):
                await memory.ask(f"token{number}", str(SLIDE))
        return len(memory._decisions)

    assert asyncio.run(inside()) == 3


def test_open_files_are_bounded_and_closed(hospital: Hospital, folder: Path) -> None:
    place = hospital.sources[SLIDE].index.place(0, 0, 0)
    assert place is not None
    content = (folder / "a.svs").read_bytes()
    paths = [folder / f"copy{number}" for number in range(6)]
    for path in paths:
        path.write_bytes(content)
    before = descriptors()
    files = FileMemory(most=2)
    for path in paths * 2:
        assert files.read(str(path), place)
        assert descriptors() <= before + 2
    files.close()
    assert descriptors() == before


def test_a_file_that_is_gone_is_not_found(hospital: Hospital) -> None:
    place = hospital.sources[SLIDE].index.place(0, 0, 0)
    assert place is not None
    with pytest.raises(NotFound):
        FileMemory().read("/nowhere/a.svs", place)


def test_a_file_that_was_laid_out_anew_is_found_again(hospital: Hospital, folder: Path) -> None:
    source = hospital.sources[SLIDE]
    first, second = folder / "first", folder / "second"
    for path in (first, second):
        path.write_bytes((folder / "a.svs").read_bytes())
    hospital.sources[SLIDE] = replace(source, index=replace(source.index, files=(str(first),)))

    async def work(app: TileApp) -> list[int]:
        first.unlink()
        statuses = [(await get(app, f"/tiles/{SLIDE}/0/0/0", COOKIE)).status]
        hospital.sources[SLIDE] = replace(source, index=replace(source.index, files=(str(second),)))
        return [*statuses, (await get(app, f"/tiles/{SLIDE}/0/0/0", COOKIE)).status]

    assert run(hospital, work) == [404, 200]


def test_a_fault_gives_an_incident_number_and_nothing_else(hospital: Hospital) -> None:
    async def broken(token: str | None, slide: UUID) -> TileSource:
        raise ZeroDivisionError("patient Zhang San")

    hospital.authorize = broken  # type: ignore[method-assign]  # a server with a bug
    answer = fetch(hospital, f"/tiles/{SLIDE}/0/0/0")
    assert (answer.status, answer.code) == (500, "INTERNAL")
    assert json.loads(answer.body)["error"]["incident"]
    assert b"Zhang" not in answer.body


def test_too_many_waiting_tiles_are_turned_away(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded_tiles, "MOST_WAITING", 2)

    async def work(app: TileApp) -> list[int]:
        paths = [f"/tiles/{DECODED_SLIDE}/0/{n}/2" for n in range(5)]
        return sorted(answer.status for answer in await asyncio.gather(*(get(app, path, COOKIE) for path in paths)))

    assert run(hospital, work) == [200, 200, 503, 503, 503]


def test_decoded_tiles_kept_are_bounded(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    async def inside() -> int:
        kept = decoded_tiles.DecodedTiles(TileStore(Path(), 0), kept_bytes=5000)
        for column in range(4):
            await kept.tile(hospital.sources[DECODED_SLIDE], TileKey("mark", 0, column, 0))
        kept.close()
        return sum(len(tile.data) for tile in kept._kept.values())

    assert asyncio.run(inside()) <= 5000

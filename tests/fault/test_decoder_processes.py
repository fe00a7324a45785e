"""Decoder processes that die, hang or eat memory: a failed slide with a reason, and the next request works.

The hostile decoder is a slide reader plug-in, found the way any plug-in is: an installed entry point, enabled by name.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.settings import settings
from coverslip.slides import wire
from coverslip.slides.errors import (
    DecoderBusy,
    DecoderFailed,
    DecoderMemory,
    DecoderTimeout,
    DecoderUnconfined,
    NotASlide,
    SlideCorrupt,
    SlideMissing,
    SlideTruncated,
    TileOutside,
    TileUnreadable,
)
from coverslip.slides.isolation import DecoderLimits, DecoderPool, open_isolated, probe, tile_index
from coverslip.slides.readers.tiff import TiffReader
from coverslip.slides.registry import reader_named
from coverslip.slides.tile_index import TileIndex
from coverslip.vocabulary.geometry import Box

IMAGE = tissue(301, 227)
LIMITS = DecoderLimits(memory_mb=1024, seconds=2.0)
PATIENT = DecoderLimits(memory_mb=512, seconds=60.0)
"""For what ends by memory: touching half a gigabyte takes seconds on a busy machine."""

OTHERS: set[int] = set()
"""Decoders of fixtures that outlive a test, left over from other files of this run."""

HOSTILE = """
import os, time
from coverslip.slides.errors import SlideCorrupt

class HostileReader:
    name = "hostile"

    def accepts(self, path, head):
        return head.startswith(b"HOSTILE")

    def open(self, path):
        deed = path.read_bytes().split()[1].decode()
        if deed == "crash":
            os.kill(os.getpid(), 11)
        if deed == "exit":
            os._exit(3)
        if deed == "hang":
            time.sleep(3600)
        if deed == "spin":
            while True:
                pass
        if deed == "eat":
            kept = []
            while True:
                kept.append(bytearray(50_000_000))
        if deed == "write":
            with open(path.parent / "written", "wb") as file:
                file.write(b"x" * 50_000_000)
        if deed == "network":
            import socket
            socket.create_connection(("127.0.0.1", 9), timeout=1)
        if deed == "program":
            os.posix_spawn("/bin/true", ["true"], {})
        if deed == "neighbour":
            (path.parent.parent / "neighbour.txt").read_bytes()
        if deed == "bug":
            raise Exception("patient Zhang San")
        if deed == "secrets":
            raise SlideCorrupt(file=path.name, problem=",".join(sorted(os.environ)))
        raise SlideCorrupt(file=path.name, problem=deed)
"""


@pytest.fixture(autouse=True)
def hostile_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Installs the plug-in for decoder processes and enables it."""
    OTHERS.clear()
    OTHERS.update(_children())
    plugin = tmp_path / "plugin"
    information = plugin / "hostile-1.0.dist-info"
    information.mkdir(parents=True)
    (plugin / "hostile_reader.py").write_text(HOSTILE)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[coverslip.slide_readers]\nhostile = hostile_reader:HostileReader\n")
    monkeypatch.setenv("PYTHONPATH", str(plugin))
    monkeypatch.setenv("COVERSLIP_SLIDE_READERS", '["hostile", "tiff", "dicom", "openslide", "plain"]')
    monkeypatch.setenv("COVERSLIP_DATABASE_URL", "postgresql://secret@nowhere/x")
    settings.cache_clear()
    reader_named.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()
    reader_named.cache_clear()


@pytest.fixture
def slide_path(tmp_path: Path) -> Path:
    return write_svs(tmp_path / "good.svs", IMAGE)


def hostile(tmp_path: Path, deed: str) -> Path:
    path = tmp_path / f"{deed}.svs"
    path.write_bytes(b"HOSTILE " + deed.encode() + b"\n")
    return path


def problem_of(error: DecoderFailed) -> str:
    return error.message("en")


def test_an_isolated_slide_shows_the_same_as_one_opened_here(slide_path: Path) -> None:
    with open_isolated(slide_path, LIMITS) as isolated, TiffReader().open(slide_path) as direct:
        assert isolated.properties == direct.properties
        for level in range(2):
            assert np.array_equal(isolated.region(level, Box(3, 4, 50, 60)), direct.region(level, Box(3, 4, 50, 60)))
        assert isolated.tile(0, 1, 1) == direct.tile(0, 1, 1)
        assert np.array_equal(isolated.associated("label"), direct.associated("label"))
        assert isolated.reductions(0) == direct.reductions(0)
        assert isolated.tile_index() == direct.tile_index()


def test_errors_of_the_file_come_through_unchanged(slide_path: Path, tmp_path: Path) -> None:
    with open_isolated(slide_path, LIMITS) as slide, pytest.raises(TileOutside) as outside:
        slide.tile(0, 99, 0)
    assert outside.value.parameters["column"] == 99
    cut = tmp_path / "cut.svs"
    cut.write_bytes(slide_path.read_bytes()[:5000])
    with pytest.raises(SlideTruncated):
        probe(cut, LIMITS)
    with pytest.raises(SlideMissing):
        probe(tmp_path / "gone.svs", LIMITS)
    text = tmp_path / "text.svs"
    text.write_text("hello")
    with pytest.raises(NotASlide):
        tile_index(text, LIMITS)


@pytest.mark.parametrize(
    ("deed", "kind", "problem"),
    [
        ("crash", DecoderFailed, "SIGSEGV"),
        ("exit", DecoderFailed, "status 3"),
        ("eat", DecoderMemory, None),
        ("hang", DecoderTimeout, None),
        ("spin", DecoderTimeout, None),
        ("bug", DecoderFailed, "Exception"),
    ],
)
def test_a_decoder_that_fails_is_replaced_and_says_why(
    tmp_path: Path, slide_path: Path, deed: str, kind: type[DecoderFailed], problem: str | None
) -> None:
    with DecoderPool(PATIENT if deed == "eat" else LIMITS) as pool:
        assert pool.open(slide_path).properties.width == 301
        with pytest.raises(kind) as caught:
            pool.open(hostile(tmp_path, deed))
        if problem is not None:
            assert problem in problem_of(caught.value)
        assert "Zhang" not in str(caught.value)
        assert pool.open(slide_path).tile(0, 0, 0).data


def test_a_slide_opened_before_the_crash_goes_on_working(tmp_path: Path, slide_path: Path) -> None:
    with DecoderPool(LIMITS) as pool:
        slide = pool.open(slide_path)
        with pytest.raises(DecoderFailed):
            pool.open(hostile(tmp_path, "crash"))
        assert slide.region(0, Box(0, 0, 30, 30)).shape == (30, 30, 3)


def test_a_killed_decoder_fails_one_request_only(slide_path: Path) -> None:
    others = set(_children())
    with open_isolated(slide_path, LIMITS) as slide:
        (decoder,) = set(_children()) - others
        os.kill(decoder, signal.SIGKILL)
        with pytest.raises(DecoderFailed) as caught:
            slide.tile(0, 0, 0)
        assert "SIGKILL" in problem_of(caught.value)
        assert slide.tile(0, 0, 0).data


def test_a_hanging_decoder_does_not_hold_up_the_others(tmp_path: Path, slide_path: Path) -> None:
    with DecoderPool(DecoderLimits(1024, 4.0, processes=2)) as pool:
        slide = pool.open(slide_path)
        failures: list[BaseException] = []

        def hang() -> None:
            try:
                pool.open(hostile(tmp_path, "hang"))
            except DecoderFailed as error:
                failures.append(error)

        thread = threading.Thread(target=hang)
        thread.start()
        started = time.monotonic()
        assert slide.tile(0, 1, 1).data
        assert time.monotonic() - started < 3.0
        thread.join()
        assert [type(error) for error in failures] == [DecoderTimeout]


def test_a_request_that_finds_all_decoders_busy_is_told_so(tmp_path: Path, slide_path: Path) -> None:
    with DecoderPool(DecoderLimits(1024, 0.5, processes=1)) as pool:
        slide = pool.open(slide_path)
        held = threading.Event()
        release = threading.Event()

        def hold() -> None:
            with pool._decoder(str(slide_path), slide_path.name):
                held.set()
                release.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()
        with pytest.raises(DecoderBusy):
            slide.tile(0, 0, 0)
        release.set()
        thread.join()
        assert slide.tile(0, 0, 0).data


def test_a_decoder_sees_no_secret(tmp_path: Path) -> None:
    with DecoderPool(LIMITS) as pool, pytest.raises(SlideCorrupt, match="PATH") as seen:
        pool.open(hostile(tmp_path, "secrets"))
    assert "DATABASE" not in str(seen.value)


@pytest.mark.parametrize("deed", ["write", "network", "program", "neighbour"])
def test_a_decoder_writes_nothing_reaches_no_network_starts_no_program_and_reads_no_other_folder(
    tmp_path: Path, deed: str
) -> None:
    (tmp_path / "neighbour.txt").write_text("of somebody else")
    folder = tmp_path / "slide"
    folder.mkdir()
    with DecoderPool(LIMITS) as pool, pytest.raises(SlideCorrupt, match="PermissionError"):
        pool.open(hostile(folder, deed))
    assert sorted(path.name for path in folder.iterdir()) == [f"{deed}.svs"]


def test_slides_of_other_folders_are_read_by_decoders_that_may(tmp_path: Path) -> None:
    """No folder is named beforehand: each slide's own is what its decoder may read, links followed."""
    paths = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        paths.append(write_svs(tmp_path / name / "slide.svs", IMAGE))
    (tmp_path / "links").mkdir()
    paths.append(tmp_path / "links" / "slide.svs")
    paths[-1].symlink_to(paths[0])
    with DecoderPool(LIMITS) as pool:
        for path in (*paths, *paths):
            assert pool.open(path).tile(0, 0, 0).data
        assert len(_children()) == 1


def test_slides_of_the_named_folders_share_their_decoders(tmp_path: Path) -> None:
    (tmp_path / "named").mkdir()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_svs(tmp_path / name / "slide.svs", IMAGE)
    with DecoderPool(LIMITS, [tmp_path / "named"]) as pool:
        pool.may_read(tmp_path)
        pool.open(tmp_path / "one" / "slide.svs")
        first = set(_children())
        pool.open(tmp_path / "two" / "slide.svs")
        assert set(_children()) == first


def test_no_decoder_starts_where_the_kernel_does_not_confine_it(
    slide_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "receive", lambda *_: ({"unconfined": "seccomp: Function not implemented"}, bytearray()))
    with DecoderPool(LIMITS) as pool:
        with pytest.raises(DecoderUnconfined):
            pool.open(slide_path)
        assert not _children()


def test_many_threads_share_a_pool(slide_path: Path) -> None:
    with DecoderPool(DecoderLimits(1024, 20.0, processes=2)) as pool, TiffReader().open(slide_path) as direct:
        slide = pool.open(slide_path)
        expected = direct.region(0, Box(0, 0, 200, 200))
        results: list[bool] = []

        def read() -> None:
            results.extend(np.array_equal(slide.region(0, Box(0, 0, 200, 200)), expected) for _ in range(10))

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [True] * 80
        assert len(_children()) <= 2


def test_closing_a_pool_ends_its_processes(slide_path: Path) -> None:
    pool = DecoderPool(LIMITS)
    slide = pool.open(slide_path)
    assert _children()
    pool.close()
    assert not _children()
    with pytest.raises(DecoderFailed):
        slide.tile(0, 0, 0)


def test_an_unreadable_tile_is_no_failure_of_the_decoder(tmp_path: Path) -> None:
    path = write_svs(tmp_path / "a.svs", IMAGE, SvsOptions(factors=(1,)))
    data = bytearray(path.read_bytes())
    with TiffReader().open(path) as direct:
        place = direct.tile_index().place(0, 2, 2)
    assert place is not None
    data[place.offset : place.offset + place.length] = bytes(place.length)
    path.write_bytes(bytes(data))
    with open_isolated(path, LIMITS) as slide:
        with pytest.raises(TileUnreadable):
            slide.tile(0, 2, 2)
        assert slide.tile(0, 2, 3).data
        assert len(_children()) == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"files": ["/etc/passwd"]},
        {"files": ["{folder}/../other.svs"]},
        {"files": ["{path}/.."]},
        {"media_type": "text/html"},
    ],
)
def test_a_decoder_in_foreign_hands_cannot_name_other_files_or_send_a_page(
    slide_path: Path, monkeypatch: pytest.MonkeyPatch, forged: dict[str, Any]
) -> None:
    honest = wire.receive

    def receive(connection: socket.socket, seconds: float | None = None) -> tuple[wire.Header, bytearray]:
        header, payload = honest(connection, seconds)
        if "files" in header and "files" in forged:
            names = [name.format(path=slide_path, folder=slide_path.parent) for name in forged["files"]]
            header["files"] = names
        for part in (header, *(level for level in header.get("levels", ()) if level)):
            if "media_type" in part and "media_type" in forged:
                part["media_type"] = forged["media_type"]
        return header, payload

    with open_isolated(slide_path, LIMITS) as slide:
        monkeypatch.setattr(wire, "receive", receive)
        with pytest.raises(DecoderFailed):
            slide.tile_index()
        if "media_type" in forged:
            with pytest.raises(DecoderFailed):
                slide.tile(0, 0, 0)


@pytest.mark.parametrize("field", ["offsets", "lengths"])
def test_a_decoder_in_foreign_hands_cannot_take_the_servers_memory(
    slide_path: Path, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    honest = wire.unpack_index

    def unpacked(header: wire.Header, payload: bytes | bytearray) -> TileIndex:
        index = honest(header, payload)
        level = index.levels[0]
        assert level is not None
        getattr(level, field)[0] = 2**63
        return index

    with open_isolated(slide_path, LIMITS) as slide:
        monkeypatch.setattr(wire, "unpack_index", unpacked)
        with pytest.raises(DecoderFailed):
            slide.tile_index()


@pytest.mark.parametrize(
    "answer",
    [{"error": "TILE_OUTSIDE"}, {"error": ["x"], "parameters": {}}, {"error": "TILE_OUTSIDE", "parameters": {}}],
)
def test_an_error_that_makes_no_sense_is_a_failed_decoder(
    slide_path: Path, monkeypatch: pytest.MonkeyPatch, answer: wire.Header
) -> None:
    with open_isolated(slide_path, LIMITS) as slide:
        monkeypatch.setattr(wire, "receive", lambda *_: (answer, bytearray()))
        with pytest.raises(DecoderFailed):
            slide.tile(0, 0, 0)


def test_an_interrupted_request_never_leaves_its_answer_to_the_next(
    slide_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with open_isolated(slide_path, LIMITS) as slide, TiffReader().open(slide_path) as direct:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(wire, "receive", interrupted)
            slide.region(0, Box(0, 0, 30, 30))
        assert np.array_equal(slide.region(0, Box(60, 60, 30, 30)), direct.region(0, Box(60, 60, 30, 30)))


def _children() -> list[int]:
    """Decoder processes that this test started."""
    found = [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    found = [pid for pid in found if pid not in OTHERS]
    return [pid for pid in found if b"coverslip.slides.sandbox" in Path(f"/proc/{pid}/cmdline").read_bytes()]

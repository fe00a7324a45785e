"""What scanners, disks and databases do wrong: each gives a stated error and loses nothing."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg
import pytest
import tifffile
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import select

from coverslip.errors import CoverslipError
from coverslip.ingest import look
from coverslip.ingest import taken as taken_in
from coverslip.ingest.errors import FileChanged, FileStillGrowing, FileUnreadable
from coverslip.ingest.intake import take_in
from coverslip.ingest.settle import Patience, wait_until_settled
from coverslip.records.errors import DatabaseUnavailable
from coverslip.records.models import AuditEvent, Slide
from coverslip.records.queries import slide as slides
from coverslip.slides.describe import to_json
from coverslip.slides.errors import DecoderTimeout, NotASlide, ReaderMissing, SlideEmpty, SlideMissing
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import StorageFull
from coverslip.testing.laboratory import AT_ONCE, Laboratory

SlideFileMaker = Callable[[str, str], Path]


def everything(laboratory: Laboratory) -> tuple[int, int, set[str]]:
    """How many slides with bytes there are, how many failed, and what the store holds."""
    with laboratory.database.transaction(laboratory.actor) as tx:
        found = list(tx.session.scalars(select(Slide).where(Slide.content_digest.is_not(None))))
    failed = sum(slide.status == "failed" for slide in found)
    return len(found), failed, {blob.digest for blob in laboratory.blobs.list()}


def truncated(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def torn_header(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[4:8] = struct.pack("<I", len(content) - 3)
    path.write_bytes(content)
    return path


def bomb(path: Path) -> Path:
    """A few kilobytes that declare four million pixels each way."""
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(np.zeros((64, 64, 3), np.uint8), tile=(16, 16), photometric="rgb")
    with tifffile.TiffFile(path, mode="r+") as file:
        page = file.pages.first
        for tag in ("ImageWidth", "ImageLength"):
            page.tags[tag].overwrite(4_000_000, dtype="I")
    return path


@pytest.mark.parametrize("spoil", [truncated, torn_header, bomb])
def test_a_broken_slide_is_a_failed_slide_with_its_reason(
    laboratory: Laboratory, slide_file: SlideFileMaker, spoil: Callable[[Path], Path]
) -> None:
    path = spoil(slide_file("plain", "S25-00123-A1-2_KI67.svs"))
    before = path.read_bytes()
    taken = laboratory.take(path)
    assert taken.outcome == "failed"
    assert taken.code is not None
    with laboratory.database.transaction(laboratory.actor) as tx:
        slide = slides.slide(tx, taken.slide_id)
    assert slide is not None
    assert (slide.status, slide.failure_code, slide.label) == ("failed", taken.code, "2")
    assert path.read_bytes() == before


def test_a_good_file_takes_the_place_of_one_that_failed(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    broken = laboratory.take(truncated(slide_file("plain", "S25-00123-A1-2_KI67.svs")))
    good = laboratory.take(slide_file("labelled", "again.svs"))
    assert (good.outcome, good.slide_id) == ("matched", broken.slide_id)
    with laboratory.database.transaction(laboratory.actor) as tx:
        placed = slides.placed_slide(tx, good.slide_id)
    assert placed is not None
    assert (placed.slide.status, placed.slide.failure_code) == ("ready", None)
    assert [file.digest for file in placed.slide.files] == [good.digest]


def out_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise DecoderTimeout(file="x", seconds=1)

    monkeypatch.setattr(look, "look", busy)


@pytest.mark.parametrize(("name", "outcome"), [("S25-00123-A1-2_KI67.svs", "matched"), ("scan.svs", "unmatched")])
def test_a_slide_that_the_decoder_had_no_time_for_is_looked_at_again(
    laboratory: Laboratory, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch, name: str, outcome: str
) -> None:
    path = slide_file("plain", name)
    with monkeypatch.context() as busy:
        out_of_time(busy)
        failed = laboratory.take(path)
        again = laboratory.take(path)
    assert (failed.outcome, again.outcome, again.code) == ("failed", "failed", "DECODER_TIMEOUT")
    good = laboratory.take(path)
    assert (good.outcome, good.slide_id, good.code) == (outcome, failed.slide_id, None)
    assert laboratory.take(path).outcome == "duplicate"


def test_a_slide_that_no_reader_could_open_is_looked_at_again_when_its_file_comes_again(
    laboratory: Laboratory, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = slide_file("labelled", "again.svs")

    def no_reader(*_: object) -> None:
        raise ReaderMissing(file="x", format="KFB", extra="kfb")

    with monkeypatch.context() as before:
        before.setattr(look, "look", no_reader)
        first, again = laboratory.take(path), laboratory.take(path)
    assert (first.outcome, first.code, first.parameters["extra"]) == ("failed", "READER_MISSING", "kfb")
    assert (again.outcome, again.slide_id, again.code) == ("failed", first.slide_id, "READER_MISSING")
    installed = laboratory.take(path)
    assert (installed.slide_id, installed.code, dict(installed.parameters)) == (first.slide_id, None, {})
    assert installed.outcome == "unmatched"
    with laboratory.database.transaction(laboratory.actor) as tx:
        slide = slides.slide(tx, first.slide_id)
    assert slide is not None
    assert (slide.status, slide.failure_code, slide.failure_detail) == ("unmatched", None, None)


def test_a_slide_looked_at_again_is_not_left_where_only_its_name_put_it(
    laboratory: Laboratory, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = slide_file("labelled", "S25-00123-A1-3_ER.svs")
    with monkeypatch.context() as busy:
        out_of_time(busy)
        failed = laboratory.take(path)
    assert failed.label == "3"
    good = laboratory.take(path)
    assert (good.outcome, good.flags[0]) == ("unmatched", "LABEL_CONTRADICTS_NAME")
    with laboratory.database.transaction(laboratory.actor) as tx:
        expected = slides.slide(tx, failed.slide_id)
    assert expected is not None
    assert (expected.status, expected.content_digest, expected.files) == ("expected", None, [])


def test_a_renamed_slide_is_known_by_its_content(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    assert laboratory.take(slide_file("labelled", "holiday.jpg")).outcome == "matched"


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("empty.svs", b"", SlideEmpty),
        ("notes.svs", b"Dear colleague, the slides are in the drawer.\n" * 50, NotASlide),
        ("random.svs", bytes(range(256)) * 40, NotASlide),
        ("program.svs", b"\x7fELF" + bytes(4096), NotASlide),
    ],
)
def test_what_is_no_slide_is_refused_and_nothing_of_it_is_kept(
    laboratory: Laboratory, tmp_path: Path, name: str, content: bytes, error: type[CoverslipError]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error) as caught:
        laboratory.take(path)
    assert name in caught.value.message("en")
    assert everything(laboratory) == (0, 0, set())
    assert path.read_bytes() == content
    with laboratory.database.transaction(laboratory.actor) as tx:
        event = tx.session.scalars(select(AuditEvent).where(AuditEvent.action == "slide.ingest")).one()
    assert (event.outcome, event.detail["code"]) == ("failed", error.code)


def test_a_missing_file_a_folder_of_none_and_a_pipe_are_named(laboratory: Laboratory, tmp_path: Path) -> None:
    with pytest.raises(SlideMissing):
        laboratory.take(tmp_path / "none.svs")
    with pytest.raises(NotASlide):
        laboratory.take(tmp_path)
    os.mkfifo(tmp_path / "pipe.svs")
    with pytest.raises(FileUnreadable):
        laboratory.take(tmp_path / "pipe.svs")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB where this account may mount one, else a limit of 1 MB on every file (EFBIG)."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") and subprocess.run(command, capture_output=True, check=False).returncode == 0:
        yield folder
        subprocess.run(["umount", str(folder)], check=True)
        return
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    yield folder
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_said_and_leaves_nothing_half_stored(
    laboratory: Laboratory, small_disk: Path, tmp_path: Path
) -> None:
    large = tmp_path / "large.svs"
    for _ in range(3):
        with large.open("ab") as file:
            file.write(os.urandom(1_000_000))
    store = BlobStore(folder=small_disk / "blobs")
    with pytest.raises(StorageFull):
        replace(laboratory, blobs=store).take(large)
    assert list(store.list()) == []
    assert [path for path in (small_disk / "blobs").rglob("*") if path.is_file()] == []
    assert large.stat().st_size == 3_000_000
    assert everything(laboratory)[:2] == (0, 0)


def test_a_disk_that_fills_up_with_the_thumbnail_leaves_nothing_either(
    laboratory: Laboratory, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageFull(folder="store")

    monkeypatch.setattr(laboratory.blobs, "put_bytes", full)
    with pytest.raises(StorageFull):
        laboratory.take(slide_file("labelled", "a.svs"))
    assert everything(laboratory) == (0, 0, set())


def test_a_database_that_is_gone_in_the_middle_loses_nothing(
    laboratory: Laboratory, slide_file: SlideFileMaker, superuser_url: str
) -> None:
    path = slide_file("labelled", "a.svs")
    cut: list[bool] = []

    def cut_connections(done: int) -> None:
        if not cut:
            cut.append(True)
            _let_in(superuser_url, False)

    with pytest.raises(DatabaseUnavailable):
        take_in(
            laboratory.database,
            laboratory.blobs,
            laboratory.actor,
            path,
            patience=AT_ONCE,
            decoders=laboratory.decoders,
            progress=cut_connections,
        )
    _let_in(superuser_url, True)
    assert path.exists()
    assert everything(laboratory)[:2] == (0, 0)
    again = laboratory.take(path)
    assert again.outcome == "matched"
    assert everything(laboratory)[0] == 1


def test_a_file_that_is_still_written_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "growing.svs"
    path.write_bytes(b"1")
    clock, naps = [path.stat().st_mtime], [0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds
        naps[0] += 1
        if naps[0] <= 4:
            path.write_bytes(b"1" * (naps[0] + 1))

    state = wait_until_settled(path, Patience(3.0, 60.0, 1.0), now=lambda: clock[0], sleep=sleep)
    assert state.size_bytes == 5
    assert naps[0] >= 7


def test_a_file_that_never_rests_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "endless.svs"
    path.write_bytes(b"1")
    clock = [path.stat().st_mtime]

    def sleep(seconds: float) -> None:
        clock[0] += seconds
        with path.open("ab") as file:
            file.write(b"1")

    with pytest.raises(FileStillGrowing):
        wait_until_settled(path, Patience(3.0, 20.0, 1.0), now=lambda: clock[0], sleep=sleep)


def test_a_file_that_has_rested_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "old.svs"
    path.write_bytes(b"1")
    os.utime(path, (1_000_000_000, 1_000_000_000))

    def sleep(seconds: float) -> None:
        raise AssertionError("waited")

    assert wait_until_settled(path, sleep=sleep).size_bytes == 1


def test_a_file_that_changes_while_it_is_copied_is_no_slide(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    path = slide_file("plain", "a.svs")

    written: list[int] = []

    def write_on(done: int) -> None:
        if not written:
            written.append(path.open("ab").write(b"more"))

    with pytest.raises(FileChanged):
        take_in(
            laboratory.database,
            laboratory.blobs,
            laboratory.actor,
            path,
            patience=AT_ONCE,
            decoders=laboratory.decoders,
            progress=write_on,
        )
    assert everything(laboratory) == (0, 0, set())


def test_the_command_lists_every_outcome_and_exits_1_where_one_failed(
    laboratory: Laboratory, slide_file: SlideFileMaker, tmp_path: Path
) -> None:
    folder = slide_file("labelled", "a.svs").parent
    truncated(slide_file("plain", "broken.svs"))
    (folder / "notes.txt").write_text("not a slide")
    (folder / ".hidden.svs").write_bytes(b"x")
    (folder / "half.svs.part").write_bytes(b"x")
    assert laboratory.database.owner_url is not None
    environment = os.environ | {
        "COVERSLIP_DATABASE_URL": laboratory.database.owner_url,
        "COVERSLIP_APPLICATION_DATABASE_URL": laboratory.database.url,
        "COVERSLIP_DATA_DIR": str(tmp_path / "data"),
    }
    call = [sys.executable, "-c", "from coverslip.cli.main import main; main()", "ingest", str(folder), "--settle", "0"]
    options = ["--organization", "QH", "--as", "technician", "--json"]
    done = subprocess.run([*call, *options], capture_output=True, text=True, env=environment, check=False)
    outcomes = {entry["file"]: entry["outcome"] for entry in json.loads(done.stdout)}
    assert outcomes == {"a.svs": "matched", "broken.svs": "failed", "notes.txt": "refused"}
    assert done.returncode == 1


def _let_in(superuser_url: str, allowed: bool) -> None:
    """Close the test's database to everyone and end their connections, or open it again."""
    name = str(conninfo_to_dict(superuser_url)["dbname"])
    with psycopg.connect(superuser_url, dbname="postgres", autocommit=True) as connection:
        word = sql.SQL("true" if allowed else "false")
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(sql.Identifier(name), word))
        if not allowed:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


def test_a_file_name_in_another_encoding_is_taken_in(laboratory: Laboratory, slide_file: SlideFileMaker) -> None:
    plain = slide_file("labelled", "a.svs")
    path = plain.rename(Path(os.fsdecode(os.fsencode(plain.parent) + b"/" + "切片.svs".encode("gb18030"))))
    taken = laboratory.take(path)
    assert (taken.outcome, taken.file.encode("utf-8")[-4:]) == ("matched", b".svs")


def test_a_file_that_writes_what_no_database_holds_into_its_metadata_is_taken_in(
    laboratory: Laboratory, slide_file: SlideFileMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taken_in, "to_json", lambda properties: to_json(properties) | {"vendor": "a\0b"})
    monkeypatch.setattr(look, "read_barcodes", lambda label: ("a\0b",))
    taken = laboratory.take(slide_file("plain", "a.svs"))
    with laboratory.database.transaction(laboratory.actor) as tx:
        row = slides.slide(tx, taken.slide_id)
    assert row is not None
    assert row.properties is not None
    assert (taken.outcome, row.properties["vendor"], row.barcode) == ("unmatched", "a\ufffdb", None)

"""Slides of several files: one slide, one digest, laid out again as they came."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from coverslip.errors import CoverslipError
from coverslip.ingest.errors import FileChanged, FileStillGrowing
from coverslip.ingest.intake import take_in
from coverslip.ingest.settle import Patience, states_of, wait_until_settled
from coverslip.phantoms.files import WRITERS
from coverslip.phantoms.files.dicom import write_dicom
from coverslip.phantoms.files.mrxs import write_mrxs
from coverslip.phantoms.label import SlideLabel, draw_label
from coverslip.records.models import Slide
from coverslip.records.queries import slide as slides
from coverslip.slides.bundle_errors import SeveralSlides, SlideIncomplete
from coverslip.storage.stored_slide import open_stored
from coverslip.testing.laboratory import AT_ONCE, Laboratory

TISSUE = np.random.default_rng(5).integers(90, 250, (200, 260, 3), dtype=np.uint8)


def mrxs(folder: Path, name: str = "scan", barcode: str | None = "S25-00123-A1-2") -> Path:
    folder.mkdir(exist_ok=True)
    label = draw_label(SlideLabel("S25-00123", ("A1",), barcode))
    return write_mrxs(folder / f"{name}.mrxs", TISSUE, macro=TISSUE, label=label)


def dicom(folder: Path) -> Path:
    return write_dicom(folder, TISSUE, factors=(1, 2))


def row(laboratory: Laboratory, slide_id: UUID) -> Slide:
    with laboratory.database.transaction(laboratory.actor) as tx:
        found = slides.slide(tx, slide_id)
    assert found is not None
    return found


def test_an_mrxs_slide_finds_its_case_by_its_label(laboratory: Laboratory, tmp_path: Path) -> None:
    taken = laboratory.take(mrxs(tmp_path / "in"))
    assert (taken.outcome, taken.label, taken.file) == ("matched", "2", "scan.mrxs")
    slide = row(laboratory, taken.slide_id)
    assert slide.files[0].name == "scan.mrxs"
    assert {file.name for file in slide.files[1:]} == {"scan/Data0000.dat", "scan/Index.dat", "scan/Slidedat.ini"}
    assert slide.size_bytes == sum(file.size_bytes for file in slide.files)
    assert slide.content_digest not in {file.digest for file in slide.files}


@pytest.mark.parametrize(
    "name", ["mrxs", "vms", "vms-four-pictures", "dicom-tiled-full-jpeg", "dicom-concatenated", "dicom-label-overview"]
)
def test_a_stored_slide_of_several_files_opens_as_it_came(laboratory: Laboratory, tmp_path: Path, name: str) -> None:
    source = tmp_path / "in"
    source.mkdir()
    taken = laboratory.take(WRITERS[name](source))
    assert (taken.outcome, taken.code) == ("unmatched", None)
    slide = row(laboratory, taken.slide_id)
    shutil.rmtree(source)
    with open_stored(laboratory.blobs, slide, laboratory.decoders) as opened:
        assert opened.tile(0, 0, 0).data


def test_two_dicom_slides_in_one_folder_are_never_taken_for_one(laboratory: Laboratory, tmp_path: Path) -> None:
    with pytest.raises(SeveralSlides):
        laboratory.take(WRITERS["dicom-two-slides"](tmp_path))
    assert list(laboratory.blobs.list()) == []


def test_the_same_slide_under_another_name_is_the_same_slide(laboratory: Laboratory, tmp_path: Path) -> None:
    first = laboratory.take(mrxs(tmp_path / "in"))
    folder = tmp_path / "renamed"
    shutil.copytree(tmp_path / "in" / "scan", folder / "copy")
    again = laboratory.take(Path(shutil.copy(tmp_path / "in" / "scan.mrxs", folder / "copy.mrxs")))
    assert (again.outcome, again.slide_id) == ("duplicate", first.slide_id)
    one = laboratory.take(dicom(tmp_path / "study"))
    for path in (tmp_path / "study").iterdir():
        path.rename(path.with_name(f"other-{path.name}"))
    two = laboratory.take((tmp_path / "study").rename(tmp_path / "elsewhere"))
    assert (two.outcome, two.slide_id) == ("duplicate", one.slide_id)


@pytest.mark.parametrize("kind", ["one file", "several"])
def test_the_same_slide_at_the_same_time_is_one_slide(
    laboratory: Laboratory, tmp_path: Path, slide_file: Callable[[str, str], Path], kind: str
) -> None:
    if kind == "several":
        sources = [mrxs(tmp_path / "a"), mrxs(tmp_path / "b", "other")]
    else:
        sources = [slide_file("labelled", "a.svs"), slide_file("labelled", "b.svs")]
    outcomes: list[str] = []
    meet = threading.Barrier(2)

    def take(source: Path) -> None:
        meet.wait(30)
        outcomes.append(laboratory.take(source).outcome)

    threads = [threading.Thread(target=take, args=(source,)) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["duplicate", "matched"]
    with laboratory.database.transaction(laboratory.actor) as tx:
        registered = {digest for (digest,) in tx.raw_connection().execute("SELECT digest FROM blobs").fetchall()}
    assert {blob.digest for blob in laboratory.blobs.list()} == registered


@pytest.mark.parametrize("gone", ["Slidedat.ini", "Index.dat", "Data0000.dat"])
def test_what_lacks_a_file_is_refused_and_nothing_is_kept(laboratory: Laboratory, tmp_path: Path, gone: str) -> None:
    path = mrxs(tmp_path / "in")
    (tmp_path / "in" / "scan" / gone).unlink()
    with pytest.raises(SlideIncomplete):
        laboratory.take(path)
    assert list(laboratory.blobs.list()) == []


def clocked(path: Path, change: Callable[[int], None]) -> tuple[Callable[[], float], Callable[[float], None]]:
    """A clock that moves only by sleeping, from the last change on; `change` is called with the number of the nap."""
    states = states_of(path)
    clock, naps = [max(state.modified_ns for state in states) / 1e9], [0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds
        naps[0] += 1
        change(naps[0])

    return lambda: clock[0], sleep


def test_pieces_that_arrive_later_are_waited_for(tmp_path: Path) -> None:
    path = mrxs(tmp_path / "in")
    data = tmp_path / "in" / "scan" / "Data0000.dat"
    aside = data.rename(tmp_path / "aside")

    def arrive(nap: int) -> None:
        if nap == 5:
            shutil.copy(aside, data)

    now, sleep = clocked(path, arrive)
    settled = wait_until_settled(path, Patience(3.0, 600.0, 1.0), now=now, sleep=sleep)
    assert data in {file.path for file in settled.bundle.files}


def test_pieces_that_never_arrive_are_not_waited_for_for_ever(tmp_path: Path) -> None:
    path = mrxs(tmp_path / "in")
    (tmp_path / "in" / "scan" / "Data0000.dat").unlink()
    now, sleep = clocked(path, lambda nap: None)
    began = now()
    with pytest.raises(SlideIncomplete):
        wait_until_settled(path, Patience(3.0, 600.0, 1.0), now=now, sleep=sleep)
    assert now() - began <= 20 * 3.0 + 1


def test_a_dicom_folder_with_an_unfinished_copy_is_still_arriving(tmp_path: Path) -> None:
    folder = dicom(tmp_path / "study")
    part = (folder / "level1.dcm").rename(folder / "level1.dcm.part")

    def finish(nap: int) -> None:
        if nap == 4:
            part.rename(folder / "level1.dcm")

    now, sleep = clocked(folder, finish)
    assert len(wait_until_settled(folder, Patience(3.0, 600.0, 1.0), now=now, sleep=sleep).bundle.files) == 2
    (folder / "level2.dcm.part").write_bytes(b"x")
    now, sleep = clocked(folder, lambda nap: None)
    with pytest.raises(FileStillGrowing):
        wait_until_settled(folder, Patience(3.0, 60.0, 1.0), now=now, sleep=sleep)


@pytest.mark.parametrize("how", ["grows", "another instance comes", "one vanishes"])
def test_a_slide_that_changes_while_it_is_copied_is_no_slide(laboratory: Laboratory, tmp_path: Path, how: str) -> None:
    folder = dicom(tmp_path / "study")
    done: list[int] = []

    def change(chunk: int) -> None:
        if not done:
            done.append(chunk)
            if how == "grows":
                with (folder / "level0.dcm").open("ab") as file:
                    file.write(b"more")
            elif how == "another instance comes":
                shutil.copy(folder / "level0.dcm", folder / "level9.dcm")
            else:
                (folder / "level0.dcm").unlink()

    with pytest.raises(FileChanged):
        take_in(
            laboratory.database,
            laboratory.blobs,
            laboratory.actor,
            folder,
            patience=AT_ONCE,
            decoders=laboratory.decoders,
            progress=change,
        )
    assert list(laboratory.blobs.list()) == []


def test_each_file_is_read_once(laboratory: Laboratory, tmp_path: Path) -> None:
    read = [0]

    def count(chunk: int) -> None:
        read[0] += chunk

    folder = dicom(tmp_path / "study")
    taken = take_in(
        laboratory.database,
        laboratory.blobs,
        laboratory.actor,
        folder,
        patience=AT_ONCE,
        decoders=laboratory.decoders,
        progress=count,
    )
    assert read[0] == taken.size_bytes == sum(path.stat().st_size for path in folder.iterdir())


@pytest.mark.parametrize("name", ["a" * 300 + ".svs", "/".join(["d" * 200] * 30) + "/a.svs"])
def test_a_path_that_is_too_long_is_said(laboratory: Laboratory, tmp_path: Path, name: str) -> None:
    with pytest.raises(CoverslipError) as raised:
        laboratory.take(tmp_path / name)
    assert raised.value.code == "INGEST_FILE_UNREADABLE"

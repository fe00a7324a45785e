"""Which files make one slide, and what never gets into one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest

from coverslip.phantoms.files.dicom import write_dicom
from coverslip.slides.bundle import (
    bundle_of,
    content_digest,
    dicom_bundles,
    is_relative_name,
    leading_name,
    named_beside,
)
from coverslip.slides.bundle_errors import BundleNameRefused, SeveralSlides, SlideIncomplete
from coverslip.slides.dicom_identity import dicom_identity
from coverslip.slides.errors import NotASlide, SlideMissing

MRXS = "[HIERARCHICAL]\nINDEXFILE = Index.dat\n[DATAFILE]\nFILE_COUNT = 1\nFILE_0 = Data0000.dat\n"
VMS = "[Virtual Microscope Specimen]\nImageFile=a.jpg\nImageFile(1,0)=a(1,0).jpg\nMapFile=a_map2.jpg\n"


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def mrxs(folder: Path, index: str = MRXS) -> Path:
    files: dict[str, str | bytes] = {
        "s.mrxs": b"\xff\xd8\xff\xe0",
        "s/Slidedat.ini": index,
        "s/Index.dat": "i",
        "s/Data0000.dat": "d",
    }
    return write(folder, files) / "s.mrxs"


def vms(folder: Path, content: str = VMS) -> Path:
    files: dict[str, str | bytes] = {
        "s.vms": content,
        "a.jpg": "1",
        "a(1,0).jpg": "2",
        "a_map2.jpg": "3",
        "other.jpg": "4",
    }
    return write(folder, files) / "s.vms"


def dicom(folder: Path, seed: int, container: str | None = None, series: str | None = None) -> Path:
    folder.parent.mkdir(exist_ok=True)
    write_dicom(folder, np.random.default_rng(seed).integers(0, 255, (128, 128, 3), dtype=np.uint8), factors=(1, 2))
    for path in folder.iterdir():
        instance = pydicom.dcmread(path)
        if container is not None:
            instance.ContainerIdentifier = container
        if series is not None:
            instance.SeriesInstanceUID = series
        instance.save_as(path)
    return folder


def names(path: Path) -> list[str]:
    return [file.relative_name for file in bundle_of(path).files]


def test_a_file_is_a_slide_of_its_own(tmp_path: Path) -> None:
    found = bundle_of(write(tmp_path, {"a.svs": "x"}) / "a.svs")
    assert (found.kind, found.name, [file.relative_name for file in found.files]) == ("file", "a.svs", ["a.svs"])


def test_an_mrxs_slide_is_the_file_and_its_folder(tmp_path: Path) -> None:
    path = mrxs(tmp_path)
    write(tmp_path, {"s/Thumbs.db": "x", "s/.DS_Store": "x", "other/Data0000.dat": "x"})
    assert names(path) == ["s.mrxs", "s/Data0000.dat", "s/Index.dat", "s/Slidedat.ini"]


@pytest.mark.parametrize("gone", ["s/Slidedat.ini", "s/Index.dat", "s/Data0000.dat"])
def test_an_mrxs_slide_that_lacks_a_file_is_incomplete(tmp_path: Path, gone: str) -> None:
    path = mrxs(tmp_path)
    (tmp_path / gone).unlink()
    with pytest.raises(SlideIncomplete) as raised:
        bundle_of(path)
    assert raised.value.parameters["missing"] == gone


def test_a_part_without_a_byte_is_missing(tmp_path: Path) -> None:
    path = mrxs(tmp_path)
    (tmp_path / "s" / "Data0000.dat").write_bytes(b"")
    with pytest.raises(SlideIncomplete):
        bundle_of(path)


def test_a_vms_slide_is_the_file_and_the_siblings_it_names(tmp_path: Path) -> None:
    path = vms(tmp_path)
    assert sorted(names(path)) == ["a(1,0).jpg", "a.jpg", "a_map2.jpg", "s.vms"]
    assert set(named_beside(path)) == {"a(1,0).jpg", "a.jpg", "a_map2.jpg"}
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(SlideIncomplete):
        bundle_of(path)


@pytest.mark.parametrize("name", ["s.mrxs", "s.vms"])
def test_a_wrong_ending_makes_no_bundle(tmp_path: Path, name: str) -> None:
    assert names(write(tmp_path, {name: b"II*\0"}) / name) == [name]


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..", "a\\b", "..\\secret"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"secret": "x"})
    with pytest.raises(BundleNameRefused):
        bundle_of(mrxs(tmp_path, MRXS.replace("Data0000.dat", name)))
    with pytest.raises(BundleNameRefused):
        bundle_of(vms(tmp_path, VMS.replace("a_map2.jpg", name)))


@pytest.mark.parametrize("where", ["s/Data0000.dat", "a.jpg", "d/level0.dcm"])
def test_a_link_that_leads_out_is_refused_and_one_within_is_not(tmp_path: Path, where: str) -> None:
    inside = tmp_path / "inside"
    path = {"s/Data0000.dat": mrxs, "a.jpg": vms, "d/level0.dcm": lambda folder: dicom(folder / "d", 1)}[where](inside)
    part = inside / where
    kept = Path(shutil.copy(part, part.with_name("kept" + part.suffix)))
    part.unlink()
    part.symlink_to(kept)
    bundle_of(path)
    outside = Path(shutil.move(kept, tmp_path / "outside"))
    part.unlink()
    part.symlink_to(outside)
    with pytest.raises(BundleNameRefused):
        bundle_of(path)


def test_a_dicom_folder_is_one_slide_whatever_else_lies_in_it(tmp_path: Path) -> None:
    folder = dicom(tmp_path / "study", 1)
    write(folder, {"readme": "hello", "report.pdf": "%PDF", "DICOMDIR": bytes(128) + b"DICM"})
    found = bundle_of(folder)
    assert (found.kind, found.name, found.main) == ("dicom", "study", folder)
    assert [file.relative_name for file in found.files] == ["level0.dcm", "level1.dcm"]


def gather(tmp_path: Path, *folders: Path) -> Path:
    target = tmp_path / "together"
    target.mkdir()
    for folder in folders:
        for path in folder.iterdir():
            shutil.copy(path, target / f"{folder.name}-{path.name}")
    return target


def test_two_slides_in_a_folder_are_told_apart_by_series(tmp_path: Path) -> None:
    folder = gather(tmp_path, dicom(tmp_path / "a", 1, "G-1"), dicom(tmp_path / "b", 2, "G-2"))
    assert [(found.name, len(found.files)) for found in dicom_bundles(folder)] == [("G-1", 2), ("G-2", 2)]
    with pytest.raises(SeveralSlides) as raised:
        bundle_of(folder)
    assert raised.value.parameters["count"] == 2


def test_two_scans_of_one_glass_have_two_names(tmp_path: Path) -> None:
    folder = gather(tmp_path, dicom(tmp_path / "a", 1, "G-1"), dicom(tmp_path / "b", 2, "G-1"))
    assert [found.name for found in dicom_bundles(folder)] == ["G-1", "G-1-2"]


def test_two_slides_of_one_series_are_told_apart_by_their_glass(tmp_path: Path) -> None:
    folder = gather(tmp_path, dicom(tmp_path / "a", 1, "G-1", "1.2.3"), dicom(tmp_path / "b", 2, "G-2", "1.2.3"))
    assert [len(found.files) for found in dicom_bundles(folder)] == [2, 2]


def test_series_of_one_glass_in_one_frame_of_reference_are_one_slide(tmp_path: Path) -> None:
    folder = dicom(tmp_path / "a", 1, "G-1")
    path = folder / "level1.dcm"
    instance = pydicom.dcmread(path)
    instance.SeriesInstanceUID = "1.2.3.4"
    instance.save_as(path)
    assert [len(found.files) for found in dicom_bundles(folder)] == [2]


def test_a_folder_without_a_slide_and_a_path_without_a_file_are_said(tmp_path: Path) -> None:
    with pytest.raises(NotASlide):
        bundle_of(tmp_path)
    for name in ("none.mrxs", "none.vms"):
        with pytest.raises(SlideMissing):
            bundle_of(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"x" * 200, bytes(128) + b"DICM", bytes(128) + b"DICM" + b"\xff" * 500])
def test_a_damaged_head_is_no_identity_and_no_fault(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    identity = dicom_identity(path)
    assert identity is None or not identity.is_whole_slide


def test_a_deflated_instance_is_not_unfolded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(bytes(128) + b"DICM" + b"1.2.840.10008.1.2.1.99\0" + b"x" * 100)
    monkeypatch.setattr("coverslip.slides.dicom_identity.read_partial", lambda *_, **__: pytest.fail("unfolded"))
    assert dicom_identity(path) is not None


def test_the_content_of_several_files_has_one_digest_whatever_the_slide_is_called() -> None:
    digests = ["a" * 64, "b" * 64, "c" * 64]
    one = content_digest(["s.mrxs", "s/Slidedat.ini", "s/Data0000.dat"], digests)
    assert one == content_digest(["t.mrxs", "t/Data0000.dat", "t/Slidedat.ini"], [digests[0], digests[2], digests[1]])
    assert one != content_digest(["s.mrxs", "s/Data0000.dat", "s/Slidedat.ini"], digests)
    instances = content_digest(["1.dcm", "2.dcm", "3.dcm"], digests)
    assert instances == content_digest(["x.dcm", "y.dcm", "z.dcm"], digests[::-1])
    assert instances not in (one, content_digest(["1.dcm", "2.dcm"], digests[:2]))
    assert content_digest(["a.svs"], digests[:1]) == digests[0]


def test_what_a_reader_opens_follows_from_the_names() -> None:
    assert leading_name(["a.svs"]) == "a.svs"
    assert leading_name(["a.mrxs", "a/Slidedat.ini"]) == "a.mrxs"
    assert leading_name(["1.dcm", "2.dcm"]) is None


@pytest.mark.parametrize("name", ["", "..", "a/../b", "/a", "a//b", "a/.", "a\\b", "a\0b"])
def test_a_stored_name_that_leads_out_is_none(name: str) -> None:
    assert not is_relative_name(name)
    assert is_relative_name("a/b c.dat")


@pytest.mark.parametrize("stem", ["x" * 240, os.fsdecode(b"\xb2\xa1" * 100), "病" * 80])
def test_long_and_foreign_names_are_stored_under_names_any_file_system_takes(tmp_path: Path, stem: str) -> None:
    path = mrxs(tmp_path)
    (tmp_path / "s").rename(tmp_path / stem)
    found = bundle_of(path.rename(tmp_path / f"{stem}.mrxs"))
    stored = [file.relative_name for file in found.files]
    assert all(len(part.encode()) <= 255 and is_relative_name(name) for name in stored for part in name.split("/"))
    assert stored[1].split("/")[0] == stored[0].removesuffix(".mrxs")

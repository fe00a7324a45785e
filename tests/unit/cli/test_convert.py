"""`coverslip convert` as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest

from coverslip.phantoms.files import WRITERS
from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.phantoms.files.tiff import write_tiff


def run(*arguments: object, shell: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "coverslip", "convert", *map(str, arguments)]
    if shell:
        command = ["bash", "-c", f'{shell}; exec "$@"', "bash", *command]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    return write_svs(tmp_path / "slide.svs", tissue(300, 200))


def test_json_tells_what_was_written(slide: Path, tmp_path: Path) -> None:
    done = run(slide, "--to", "dicom", "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {image["kind"] for image in told["images"]} == {"volume", "label", "overview"}
    assert {image["file"] for image in told["images"]} == {path.name for path in (tmp_path / "out").iterdir()}
    assert all(image["passed_through"] for image in told["images"] if image["kind"] == "volume")


def test_people_see_what_became_of_the_tiles(slide: Path, tmp_path: Path) -> None:
    done = run(slide, "--to", "ome-tiff", "--out", tmp_path / "out")
    assert done.returncode == 0 and "passed through" in done.stdout
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["slide.ome.tiff"]


def test_an_unknown_pixel_size_is_refused_for_dicom_and_taken_when_it_is_given(tmp_path: Path) -> None:
    slide = write_svs(tmp_path / "s.svs", tissue(200, 150), SvsOptions(mpp=None))
    refused = run(slide, "--to", "dicom", "--out", tmp_path / "out")
    assert refused.returncode == 2
    assert refused.stderr.count("CONVERSION_SPACING_UNKNOWN") == 2 and "--spacing-um" in refused.stderr
    assert not (tmp_path / "out").exists()
    given = run(slide, "--to", "dicom", "--out", tmp_path / "out", "--spacing-um", "0.5")
    assert given.returncode == 0, given.stderr
    header = pydicom.dcmread(tmp_path / "out" / "level-0.dcm", stop_before_pixels=True)
    assert float(header.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing[0]) == 0.0005


def test_tiff_may_leave_the_pixel_size_open(tmp_path: Path) -> None:
    slide = write_svs(tmp_path / "s.svs", tissue(200, 150), SvsOptions(mpp=None))
    assert run(slide, "--to", "tiff", "--out", tmp_path / "out").returncode == 0


@pytest.mark.parametrize("target", ["dicom", "tiff"])
def test_nothing_is_overwritten(target: str, slide: Path, tmp_path: Path) -> None:
    assert run(slide, "--to", target, "--out", tmp_path / "out").returncode == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    again = run(slide, "--to", target, "--out", tmp_path / "out")
    assert again.returncode == 2 and again.stderr.count("OUTPUT_EXISTS") == 2
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


@pytest.mark.parametrize("target", ["dicom", "ome-tiff"])
def test_a_file_system_that_takes_no_more_leaves_nothing_behind(target: str, tmp_path: Path) -> None:
    slide = write_svs(tmp_path / "s.svs", tissue(2000, 1500))
    out = tmp_path / "deep" / "out"
    done = run(slide, "--to", target, "--out", out, shell="ulimit -f 256; trap '' XFSZ")
    assert done.returncode == 1 and done.stderr.count("OUTPUT_DISK_FULL") == 2, done.stderr
    assert [path for path in (tmp_path / "deep").rglob("*") if path.is_file()] == []


def test_a_damaged_tile_stops_the_conversion_with_its_place(slide: Path, tmp_path: Path) -> None:
    from coverslip.slides.isolation import tile_index

    place = tile_index(slide).place(0, 1, 1)
    assert place is not None
    with slide.open("r+b") as file:
        file.seek(place.offset)
        file.write(bytes(64))
    done = run(slide, "--to", "dicom", "--out", tmp_path / "out")
    assert done.returncode == 1 and "column 1, row 1" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["slide.svs"]


def test_without_label_nothing_of_it_is_written(tmp_path: Path) -> None:
    slide = write_svs(tmp_path / "s.svs", tissue(200, 150), SvsOptions(extra="|Barcode = S25-1-A1"))
    assert run(slide, "--to", "dicom", "--out", tmp_path / "with").returncode == 0
    assert run(slide, "--to", "dicom", "--out", tmp_path / "without", "--without-label").returncode == 0
    kept = b"".join(path.read_bytes() for path in (tmp_path / "with").iterdir())
    left = b"".join(path.read_bytes() for path in (tmp_path / "without").iterdir())
    assert b"S25-1-A1" in kept and b"S25-1-A1" not in left
    assert {path.stem for path in (tmp_path / "without").iterdir()}.isdisjoint({"label", "overview"})


def test_decode_encodes_every_level_anew_without_loss(slide: Path, tmp_path: Path) -> None:
    from coverslip.slides.registry import open_slide

    assert run(slide, "--to", "dicom", "--out", tmp_path / "out", "--decode").returncode == 0
    with open_slide(slide) as before, open_slide(tmp_path / "out") as after:
        assert after.properties.levels[0].compression == "jpeg2000"
        assert np.array_equal(before.region(0, before.properties.bounds), after.region(0, before.properties.bounds))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--to", "dicom", "--quality", "0"), "--quality"),
        (("--to", "tiff", "--metadata", "m.json"), "--metadata"),
        (("--to", "dicom", "--spacing-um", "-1"), "spacing"),
        (("--to", "dicom", "--metadata", "none.json"), "--metadata"),
        (("--to", "tiff", "--encode", "htj2k"), "--encode"),
    ],
)
def test_what_makes_no_sense_is_refused_in_both_languages(
    arguments: tuple[str, ...], named: str, slide: Path, tmp_path: Path
) -> None:
    done = run(slide, "--out", tmp_path / "out", *arguments)
    assert done.returncode == 2 and named in done.stderr
    assert done.stderr.count("INVALID_INPUT") == 2
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_slide_is_named(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear colleague")
    done = run(tmp_path / "letter.txt", "--to", "dicom", "--out", tmp_path / "out")
    assert done.returncode == 2 and "NOT_A_SLIDE" in done.stderr


def test_a_plain_picture_becomes_tiles(tmp_path: Path) -> None:
    picture = write_tiff(tmp_path / "plain.tif", tissue(600, 500), mpp=0.5)
    done = run(picture, "--to", "dicom", "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    (volume,) = [image for image in json.loads(done.stdout)["images"] if image["kind"] == "volume"]
    assert volume["reason"] == "not_stored_so" and volume["encoding"] == "jpeg2000"


def test_a_profile_that_is_none_is_left_out_and_said_so(tmp_path: Path) -> None:
    slide = write_svs(tmp_path / "s.svs", tissue(200, 150), SvsOptions(icc_profile=b"no profile at all" * 20))
    assert run(slide, "--to", "dicom", "--out", tmp_path / "out").returncode == 0
    path = pydicom.dcmread(tmp_path / "out" / "level-0.dcm", stop_before_pixels=True).OpticalPathSequence[0]
    assert path.ICCProfile[36:40] == b"acsp" and "unusable" in path.OpticalPathDescription


@pytest.mark.parametrize(
    ("example", "code"),
    [
        ("bif-dp200-focal-planes", "CONVERSION_LAYERS"),
        ("dicom-fluorescence", "CONVERSION_LAYERS"),
        ("dicom-two-slides", "SEVERAL_SLIDES"),
    ],
)
def test_what_would_lose_planes_channels_or_a_slide_is_refused(example: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    done = run(WRITERS[example](tmp_path / "in"), "--to", "dicom", "--out", tmp_path / "out")
    assert done.returncode == 2 and done.stderr.count(f"{code}:") == 2, done.stderr
    assert not (tmp_path / "out").exists()

"""`coverslip slide`: what a file is, for people and for programs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs

COVERSLIP = [sys.executable, "-c", "from coverslip.cli.main import main; main()"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COVERSLIP, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def slide_path(tmp_path: Path) -> Path:
    return write_svs(tmp_path / "a.svs", tissue(301, 227), SvsOptions(extra="|Barcode = S24-00017-A1"))


def test_json_says_everything_a_program_needs(slide_path: Path) -> None:
    done = run("slide", str(slide_path), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["file"] == "a.svs"
    assert (told["format"], told["vendor"], told["width"], told["height"]) == ("svs", "Aperio", 301, 227)
    assert told["spacing_um"] == 0.25
    assert told["objective_power"] == 40
    assert told["compression"] == "jpeg"
    assert told["passthrough"] is True
    assert told["associated"] == ["label", "macro", "thumbnail"]
    assert told["barcode"] == "S24-00017-A1"
    level = told["levels"][0]
    assert (level["tile_width"], level["tile_height"], level["columns"], level["rows"]) == (64, 48, 5, 5)
    assert [level["downsample"] for level in told["levels"]] == [1.0, 4.0]
    assert told["levels"][1]["spacing_um"] == 1.0


def test_people_get_a_table_that_fits_a_terminal(slide_path: Path) -> None:
    done = run("slide", str(slide_path))
    assert done.returncode == 0, done.stderr
    for words in (
        "svs",
        "301 x 227 pixels",
        "0.25 um",
        "40x",
        "pass through as stored",
        "label, macro",
        "S24-00017-A1",
    ):
        assert words in done.stdout
    assert max(len(line.rstrip()) for line in done.stdout.splitlines()) <= 80
    assert "…" not in done.stdout


def test_an_unknown_pixel_size_is_said_not_guessed(tmp_path: Path) -> None:
    path = write_svs(tmp_path / "a.svs", tissue(301, 227), SvsOptions(mpp=None, power=None))
    assert "not stated" in run("slide", str(path)).stdout
    told = json.loads(run("slide", str(path), "--json").stdout)
    assert told["spacing"] is None
    assert told["spacing_um"] is None
    assert told["levels"][1]["spacing_um"] is None


@pytest.mark.parametrize(
    ("content", "code"), [(None, "SLIDE_MISSING"), (b"", "SLIDE_EMPTY"), (b"text " * 1000, "NOT_A_SLIDE")]
)
def test_bad_input_exits_with_2_and_says_why_in_both_languages(
    tmp_path: Path, content: bytes | None, code: str
) -> None:
    path = tmp_path / "bad.svs"
    if content is not None:
        path.write_bytes(content)
    done = run("slide", str(path), "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count(code) == 2
    assert "Traceback" not in done.stderr

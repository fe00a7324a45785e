"""`coverslip ingest` and `coverslip watch`: slides of several files as one, every outcome told, exit status."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from coverslip.ingest.watch_all import Watching
from coverslip.ingest.watched_folders import add_folder
from coverslip.phantoms.files import WRITERS
from coverslip.phantoms.files.dicom import write_dicom
from coverslip.records.actor import Actor
from coverslip.records.models import Slide, WatchedFolder
from coverslip.settings import Settings
from coverslip.testing.laboratory import Laboratory

SlideFileMaker = Callable[[str, str], Path]


@pytest.fixture
def run(laboratory: Laboratory, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    assert laboratory.database.owner_url is not None
    environment = os.environ | {
        "COVERSLIP_DATABASE_URL": laboratory.database.owner_url,
        "COVERSLIP_APPLICATION_DATABASE_URL": laboratory.database.url,
        "COVERSLIP_DATA_DIR": str(tmp_path / "data"),
    }

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from coverslip.cli.main import main; main()", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    return call


def share(tmp_path: Path, slide_file: SlideFileMaker) -> Path:
    """A slide of one file, MRXS, VMS, two DICOM slides in one folder, and what is none."""
    root = tmp_path / "share"
    (root / "deep" / "er").mkdir(parents=True)
    shutil.copy(slide_file("labelled", "s.svs"), root / "deep" / "er" / "a.svs")
    for name in ("mrxs", "vms"):
        (root / name).mkdir()
        WRITERS[name](root / name)
    study = root / "study"
    study.mkdir()
    for number in (1, 2):
        pixels = np.random.default_rng(number).integers(0, 255, (128, 128, 3), dtype=np.uint8)
        for path in write_dicom(tmp_path / f"{number}", pixels).iterdir():
            shutil.copy(path, study / f"{number}-{path.name}")
    (root / "notes.txt").write_text("not a slide")
    (root / "a.svs.part").write_bytes(b"x")
    return root


def told(done: subprocess.CompletedProcess[str]) -> list[tuple[str, str]]:
    assert done.stdout, done.stderr
    entries: list[dict[str, Any]] = json.loads(done.stdout)
    return sorted((entry["outcome"], entry.get("code") or "") for entry in entries)


def test_a_folder_is_taken_in_slide_by_slide_and_again_without_doubles(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, slide_file: SlideFileMaker
) -> None:
    root = share(tmp_path, slide_file)
    first = run("ingest", str(root), "--settle", "0", "--json")
    expected = [("matched", ""), ("refused", "NOT_A_SLIDE"), *[("unmatched", "")] * 4]
    assert (told(first), first.returncode) == (expected, 1)
    second = run("ingest", str(root / "mrxs"), str(root / "study"), "--settle", "0", "--json")
    assert (told(second), second.returncode) == ([("duplicate", "")] * 3, 0)
    table = run("ingest", str(root / "notes.txt"), "--settle", "0")
    assert (table.returncode, "NOT_A_SLIDE" in table.stdout.replace("\n", "")) == (1, True)
    assert run("ingest", str(root / "none.svs")).returncode == 2


def test_a_folder_is_watched_until_nothing_is_left(
    run: Callable[..., subprocess.CompletedProcess[str]],
    laboratory: Laboratory,
    tmp_path: Path,
    slide_file: SlideFileMaker,
) -> None:
    root = share(tmp_path, slide_file)
    done = run("watch", str(root), "--settle", "1", "--once", "--json", "--after", "move", "--after-days", "0")
    outcomes = sorted(json.loads(line)["outcome"] for line in done.stdout.splitlines())
    assert (outcomes, done.returncode) == (["matched", *["unmatched"] * 4], 1)
    assert [path.name for path in root.rglob("*.svs")] == ["a.svs"]
    assert (root / "notes.txt").exists()
    with laboratory.database.transaction(laboratory.actor) as tx:
        (folder,) = tx.session.scalars(select(WatchedFolder))
        assert (folder.path, folder.after_taking, folder.added_by) == (str(root), "move", None)
    again = run("watch", str(root), "--once")
    assert (again.stdout, again.returncode) == ("", 0)


def test_what_is_watched_is_taken_in_beside_other_work(
    laboratory: Laboratory, tmp_path: Path, slide_file: SlideFileMaker
) -> None:
    root = tmp_path / "share"
    root.mkdir()
    settings = Settings(data_dir=tmp_path / "data")
    organization_id = laboratory.actor.organization_id
    assert organization_id is not None
    with laboratory.database.transaction(Actor.system(organization_id)) as tx:
        add_folder(tx, settings, str(root), quiet_seconds=1, by_operator=True)
    arrived: list[str] = []
    watching = Watching(laboratory.database, laboratory.blobs, settings)

    def note(_: object, looked: Any) -> None:
        arrived.extend(taken.outcome for taken in looked.taken)
        if looked.taken:
            watching.stop()

    watching._told = note
    shutil.copy(slide_file("labelled", "s.svs"), root / "a.svs")
    watching.run()
    assert arrived == ["matched"]
    with laboratory.database.transaction(laboratory.actor) as tx:
        assert tx.session.scalars(select(Slide.status).where(Slide.label == "2")).one() == "ready"
        assert tx.session.scalars(select(WatchedFolder.held_by)).one() is None


def test_a_slide_that_cannot_be_read_fails_each_time_and_says_what_to_do(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, slide_file: SlideFileMaker
) -> None:
    root = tmp_path / "share"
    (root / "one").mkdir(parents=True)
    whole = slide_file("plain", "s.svs").read_bytes()
    (root / "one" / "slide.svs").write_bytes(whole[: len(whole) // 2])
    for _ in range(2):
        done = run("ingest", str(root), "--settle", "0", "--json")
        (said,) = json.loads(done.stdout)
        assert (said["outcome"], said["path"], done.returncode) == ("failed", "one/slide.svs", 1)
        assert "slide.svs" in said["message"]["en"]
        assert all(said[part][locale] for part in ("message", "mend") for locale in ("en", "zh-CN"))
    table = run("ingest", str(root), "--settle", "0")
    assert (table.returncode, "slide.svs" in table.stdout) == (1, True)
    watched = run("watch", str(root), "--settle", "1", "--once", "--json")
    assert (json.loads(watched.stdout)["outcome"], watched.returncode) == ("failed", 1)
    assert "alembic" not in watched.stderr

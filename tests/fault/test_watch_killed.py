"""A process that watches is killed at any moment: nothing is half in, nothing twice, nothing lost from the folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from coverslip.phantoms.files.dicom import write_dicom
from coverslip.phantoms.recipe import recipe
from coverslip.phantoms.slide import write_slide
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Blob, Organization, Slide, SlideFile, WatchedFile
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import execute

WAIT_SECONDS = 120.0
SLIDES = 5


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """A folder with four slides of one file and a DICOM slide."""
    root = tmp_path / "share"
    root.mkdir()
    for seed in range(SLIDES - 1):
        write_slide(root / f"{seed}.svs", seed, 900, 700, recipe(outline="full"))
    write_dicom(root / "study", np.random.default_rng(7).integers(0, 255, (512, 512, 3), dtype=np.uint8))
    return root


def start(database: Database, data: Path, share: Path, *options: str) -> subprocess.Popen[str]:
    assert database.owner_url is not None
    environment = os.environ | {
        "COVERSLIP_DATABASE_URL": database.owner_url,
        "COVERSLIP_APPLICATION_DATABASE_URL": database.url,
        "COVERSLIP_DATA_DIR": str(data),
    }
    command = [
        sys.executable,
        "-c",
        "from coverslip.cli.main import main; main()",
        "watch",
        str(share),
        "--settle",
        "1",
    ]
    return subprocess.Popen([*command, *options], env=environment, text=True, stdout=subprocess.PIPE)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def free(superuser_url: str) -> None:
    """The killed process no longer holds the folder; else the next one waits until its hold has run out."""
    execute(superuser_url, "UPDATE watched_folders SET held_until = now()")


@pytest.mark.parametrize("after", ["keep", "delete"])
def test_killed_again_and_again_every_slide_is_in_once(
    database: Database, organization: Organization, superuser_url: str, tmp_path: Path, share: Path, after: str
) -> None:
    before = {path.relative_to(share): path.read_bytes() for path in share.rglob("*") if path.is_file()}
    data = tmp_path / "data"
    incoming = data / "blobs" / ".incoming"

    def stored() -> int:
        return sum(1 for path in (data / "blobs").rglob("*") if path.is_file())

    def begun(known: int) -> Callable[[], bool]:
        return lambda: stored() > known or any(incoming.glob("*"))

    options = ("--after", after, "--after-days", "0")
    for moment in range(3):
        process = start(database, data, share, *options)
        until(begun(stored()))
        time.sleep(0.15 * moment)  # not a wait for anything: another moment each time
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        free(superuser_url)
    last = start(database, data, share, *options, "--once")
    assert last.wait(WAIT_SECONDS) == 0
    with database.transaction(Actor.system(organization.id)) as tx:
        slides = list(tx.session.scalars(select(Slide).where(Slide.content_digest.is_not(None))))
        files = {file.digest for file in tx.session.scalars(select(SlideFile))}
        registered = {blob.digest for blob in tx.session.scalars(select(Blob))}
        noted = list(tx.session.scalars(select(WatchedFile)))
    assert [slide.status for slide in slides] == ["unmatched"] * SLIDES
    assert len(noted) == SLIDES
    store = BlobStore(folder=data / "blobs")
    kept = {blob.digest for blob in store.list(organization.id)}
    assert files <= registered <= kept
    contents = {store.read(organization.id, digest) for digest in files}
    assert contents == set(before.values())
    there = {path.relative_to(share): path.read_bytes() for path in share.rglob("*") if path.is_file()}
    assert there == (before if after == "keep" else {})
    shutil.rmtree(share)

"""A file is brought to the disk while it is being written, and a disk that fails is never passed over."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from coverslip.conversion.write_back import EVERY_BYTES, WriteBack


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    opened = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    yield opened
    os.close(opened)


def test_little_is_left_to_the_end(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    writing = WriteBack(descriptor)
    writing.wrote(EVERY_BYTES - 1)
    writing.finish()
    assert synced == []


def test_much_is_brought_to_the_disk_while_more_is_written(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    synced: list[int] = []

    def slow(of: int) -> None:
        begun.set()
        assert go_on.wait(10)
        synced.append(of)

    monkeypatch.setattr(os, "fdatasync", slow)
    writing = WriteBack(descriptor)
    writing.wrote(EVERY_BYTES)
    assert begun.wait(10)
    writing.wrote(EVERY_BYTES)  # does not wait, and begins no second turn beside the first
    go_on.set()
    writing.finish()
    assert synced == [descriptor]


@pytest.mark.parametrize("then", ["wrote", "finish"])
def test_what_the_disk_says_is_raised(descriptor: int, then: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fdatasync", failing)
    writing = WriteBack(descriptor)
    writing.wrote(EVERY_BYTES)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        if then == "finish":
            writing.finish()
        for _ in range(1000):
            writing.wrote(EVERY_BYTES)
            threading.Event().wait(0.01)

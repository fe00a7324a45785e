"""A source gives the file's bytes by place, and as the file that libraries want."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from coverslip.slides.errors import SlideMissing
from coverslip.slides.source import LocalSource, as_file, open_source

BYTES = bytes(range(256)) * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "slide.svs"
    file.write_bytes(BYTES)
    return file


def test_bytes_are_read_by_place(path: Path) -> None:
    with LocalSource(path) as source:
        assert (source.name, source.size) == ("slide.svs", len(BYTES))
        assert source.read_at(300, 20) == BYTES[300:320]


def test_at_the_end_fewer_bytes_come(path: Path) -> None:
    with LocalSource(path) as source:
        assert source.read_at(len(BYTES) - 5, 20) == BYTES[-5:]
        assert source.read_at(len(BYTES) + 5, 20) == b""


def test_a_missing_file_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises(SlideMissing):
        open_source(tmp_path / "absent.svs")


def test_closing_twice_does_nothing(path: Path) -> None:
    source = open_source(path)
    source.close()
    source.close()


def test_as_a_file_it_seeks_and_reads(path: Path) -> None:
    with LocalSource(path) as source:
        file = as_file(source)
        file.seek(-10, io.SEEK_END)
        assert file.read() == BYTES[-10:]
        file.seek(7)
        assert file.read(3) == BYTES[7:10]
        assert file.tell() == 10


def test_a_senseless_length_takes_no_memory(path: Path) -> None:
    with LocalSource(path) as source:
        file = as_file(source)
        file.seek(16)
        assert file.read(2**62) == BYTES[16:]
        assert file.read(2**62) == b""
        file.seek(2**40)
        assert file.read(5) == b""

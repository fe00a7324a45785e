"""Damaged slide files of every format through the sandbox; `make fuzz` tries 20,000, this 500 of them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from coverslip.phantoms.files import WRITERS
from coverslip.slides.isolation import DecoderPool, IsolatedSlide
from coverslip.slides.jpeg import encode
from coverslip.slides.tile_index import TilePlace
from coverslip.testing import fuzz

COUNT = 500


def test_five_hundred_damaged_files_harm_nothing(tmp_path: Path) -> None:
    outcome = fuzz.fuzz(WRITERS, range(COUNT), tmp_path)
    assert outcome.failures == []
    assert outcome.files == COUNT
    assert set(outcome.counts) == set(WRITERS)
    refused = sum(number for counter in outcome.counts.values() for code, number in counter.items() if code != "opened")
    assert refused > COUNT // 5, "hardly a file was damaged"


def test_what_is_no_word_of_the_catalogue_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(pool: DecoderPool, path: Path) -> IsolatedSlide:
        if "intact" in str(path):
            return IsolatedSlide(pool, path)
        raise KeyError("oops")

    monkeypatch.setattr(DecoderPool, "open", broken)
    outcome = fuzz.fuzz({"tiff": WRITERS["tiff-plain"]}, range(3), tmp_path)
    assert [failure.split(": ", 1)[1] for failure in outcome.failures] == ["KeyError: 'oops'"] * 3


def test_an_intact_slide_that_changes_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(range(1000))
    monkeypatch.setattr(fuzz, "_portrait", lambda *_: str(next(numbers)))
    outcome = fuzz.fuzz({"tiff": WRITERS["tiff-plain"]}, range(1), tmp_path)
    assert any("intact slide looks different" in failure for failure in outcome.failures)


def test_descriptors_left_behind_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    monkeypatch.setattr(fuzz, "_look", lambda *_: kept.extend(os.open(__file__, os.O_RDONLY) for _ in range(3)))
    monkeypatch.setattr(fuzz, "mutate_file", lambda *_: None)
    outcome = fuzz.fuzz({"tiff": WRITERS["tiff-plain"]}, range(1, 4), tmp_path)
    assert any("open files left behind" in failure for failure in outcome.failures)
    for descriptor in kept:
        os.close(descriptor)


def test_slides_of_a_folder_can_be_damaged_as_well(tmp_path: Path) -> None:
    slide = WRITERS["tiff-plain"](tmp_path)
    outcome = fuzz.fuzz({"mine": lambda folder: Path(shutil.copy(slide, folder))}, range(20), tmp_path / "work")
    assert outcome.files == 20
    assert outcome.failures == []


def test_a_tile_served_otherwise_than_it_is_decoded_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes of another tile, or another size, under a tile's address."""
    honest = TilePlace.read
    wrong = encode(np.zeros((512, 512, 3), np.uint8))

    def read(place: TilePlace, descriptor: int) -> bytes:
        honest(place, descriptor)
        return place.head + wrong[2:]

    monkeypatch.setattr(TilePlace, "read", read)
    monkeypatch.setattr(fuzz, "mutate_file", lambda *_: None)
    outcome = fuzz.fuzz({"svs": WRITERS["svs-jpeg-ycbcr"]}, range(1, 3), tmp_path)
    assert len(outcome.failures) == 2
    assert all("served otherwise than it is decoded" in failure for failure in outcome.failures)


def test_an_incident_of_the_tile_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(place: TilePlace, descriptor: int) -> bytes:
        raise IndexError("oops")

    monkeypatch.setattr(TilePlace, "read", read)
    monkeypatch.setattr(fuzz, "mutate_file", lambda *_: None)
    outcome = fuzz.fuzz({"svs": WRITERS["svs-jpeg-ycbcr"]}, range(1, 2), tmp_path)
    assert any("is an incident" in failure for failure in outcome.failures)


def test_memory_taken_by_this_process_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter((0, fuzz.MOST_GROWTH + 1024**2))
    monkeypatch.setattr(fuzz, "_peak_memory", lambda: next(numbers))
    outcome = fuzz.fuzz({"tiff": WRITERS["tiff-plain"]}, range(1), tmp_path)
    assert any("this process took 257 MiB more" in failure for failure in outcome.failures)

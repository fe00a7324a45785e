"""Damaged files are made again from their seeds, and are damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverslip.phantoms.files import WRITERS
from coverslip.testing.mutation import mutate_file, mutated

SEEDS = range(300)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return WRITERS["tiff-pyramid"](tmp_path_factory.mktemp("seed")).read_bytes()


def test_the_same_seed_makes_the_same_file(original: bytes) -> None:
    assert [mutated(original, seed) for seed in SEEDS] == [mutated(original, seed) for seed in SEEDS]


def test_no_mutation_is_the_original(original: bytes) -> None:
    assert all(mutated(original, seed) != original for seed in SEEDS)


def test_seeds_differ(original: bytes) -> None:
    assert len({mutated(original, seed) for seed in SEEDS}) > 0.98 * len(SEEDS)


@pytest.mark.parametrize("content", [b"", b"x", b"II*\0", b"II*\0\xff\xff\xff\xff", b"\0" * 200, b"\0" * 128 + b"DICM"])
def test_small_and_senseless_files_are_damaged_too(content: bytes) -> None:
    assert all(mutated(content, seed) != content for seed in SEEDS)


def test_a_file_is_damaged_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "slide.svs"
    path.write_bytes(b"intact" * 100)
    mutate_file(path, 7)
    assert path.read_bytes() == mutated(b"intact" * 100, 7)

"""Which reader must read, must refuse or must decline which file: every example, damaged and misnamed ones too.

The matrix stands in `slides/formats.py`. A reader or an example file that is not in it fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest

from coverslip.phantoms.files import WRITERS
from coverslip.settings import Settings
from coverslip.slides.errors import SlideError
from coverslip.slides.formats import BEGIN, DOCUMENTS, END, FORMATS, MAY_ALSO, REFUSALS, Format, table
from coverslip.slides.isolation import DecoderPool
from coverslip.slides.layers import layer_of
from coverslip.slides.registry import GROUP, HEAD_BYTES, open_slide, reader_for, reader_named
from coverslip.vocabulary.geometry import Box

REPOSITORY = Path(__file__).parents[2]
READERS = Settings.model_fields["slide_readers"].default
READ = {example: row for row in FORMATS if row.outcome == "read" for example in row.examples}


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool() as decoders:
        yield decoders


def head_of(path: Path) -> bytes:
    return b"" if path.is_dir() else path.read_bytes()[:HEAD_BYTES]


def test_every_example_stands_in_the_matrix() -> None:
    listed = [example for row in FORMATS for example in row.examples]
    assert len(listed) == len(set(listed))
    assert set(WRITERS) == set(listed) | set(REFUSALS)
    assert not set(READ) & set(REFUSALS)


def test_every_reader_stands_in_the_matrix() -> None:
    installed = {entry.name for entry in entry_points(group=GROUP)}
    assert {row.reader for row in FORMATS} == installed == set(READERS)


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_the_matrix_says_of_a_reader_what_it_says_of_itself(row: Format) -> None:
    if row.outcome == "read":
        assert reader_named(row.reader).reads_ranges == row.ranges


@pytest.mark.parametrize("example", READ)
def test_a_file_is_read_by_its_reader_and_declined_by_the_others(tmp_path: Path, example: str) -> None:
    row, path = READ[example], WRITERS[example](tmp_path)
    head = head_of(path)
    assert reader_for(path).name == row.reader
    for name in READERS:
        if reader_named(name).accepts(path, head):
            assert name == row.reader or row.reader in MAY_ALSO.get(name, ()), f"{name} takes {example} too"


@pytest.mark.parametrize("example", READ)
def test_a_file_that_must_be_read_shows_its_picture_at_every_level_in_the_sandbox(
    pool: DecoderPool, tmp_path: Path, example: str
) -> None:
    row, path = READ[example], WRITERS[example](tmp_path)
    with pool.open(path) as slide:
        properties = slide.properties
        assert properties.reader == row.reader
        assert (len(properties.planes) > 1) <= row.planes
        assert (len(properties.channels) > 0) <= row.channels
        passing = {level.passthrough for level in properties.levels}
        assert passing <= {"yes": {True}, "no": {False}, "some": {True, False}}[row.passthrough]
        for number, level in enumerate(properties.levels):
            assert slide.region(number, Box(0, 0, level.width, level.height)).std() > 1
            assert slide.tile(number, 0, 0).data


@pytest.mark.parametrize("example", READ)
def test_every_plane_and_channel_of_a_file_is_served_in_the_sandbox(
    pool: DecoderPool, tmp_path: Path, example: str
) -> None:
    path = WRITERS[example](tmp_path)
    with open_slide(path) as direct, pool.open(path) as slide:
        properties = slide.properties
        bounds = Box(0, 0, min(64, properties.width), min(64, properties.height))
        for plane in range(len(properties.planes)):
            for channel in (None, *range(len(properties.channels))):
                here = layer_of(slide, plane, channel).region(0, bounds)
                assert np.array_equal(here, layer_of(direct, plane, channel).region(0, bounds))


@pytest.mark.parametrize("example", REFUSALS)
def test_a_file_that_must_be_refused_is_refused_with_its_code(pool: DecoderPool, tmp_path: Path, example: str) -> None:
    reader, code = REFUSALS[example]
    path = WRITERS[example](tmp_path)
    taken = [name for name in READERS if reader_named(name).accepts(path, head_of(path))]
    assert taken[:1] == ([] if reader is None else [reader])
    for opener in (open_slide, pool.open):
        with pytest.raises(SlideError) as caught:
            opener(path)
        assert caught.value.code == code
        for language in ("en", "zh-CN"):
            assert path.name in caught.value.message(language)
            assert caught.value.mend(language)


@pytest.mark.parametrize("language", DOCUMENTS)
def test_the_documentation_shows_the_matrix(language: str) -> None:
    text = (REPOSITORY / DOCUMENTS[language]).read_text(encoding="utf-8")
    shown = text[text.index(BEGIN) + len(BEGIN) : text.index(END)].strip()
    assert shown == table(language), "run: python -m coverslip.slides.formats"

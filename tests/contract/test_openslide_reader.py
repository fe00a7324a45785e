"""The reader contract on what is read through OpenSlide."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverslip.phantoms.files import WRITERS
from coverslip.slides.readers.openslide import OpenSlideReader
from coverslip.slides.slide import SlideReader
from coverslip.testing.contracts.slide_reader import SlideReaderContract


class TestOpenSlideFormats(SlideReaderContract):
    encoded_tolerance = 8.0
    """The smallest levels of VMS are a few pixels of the whole picture: JPEG keeps those least well."""

    def reader(self) -> SlideReader:
        return OpenSlideReader()

    @pytest.fixture(params=["mrxs", "vms", "vms-four-pictures"])
    def slide_path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        return WRITERS[request.param](tmp_path)

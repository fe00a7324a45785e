"""The reader contract on OME-TIFF with focal planes and channels."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverslip.phantoms.files.ome_layers import OME_EXAMPLES
from coverslip.slides.readers.tiff import TiffReader
from coverslip.slides.slide import SlideReader
from coverslip.testing.contracts.slide_reader import SlideReaderContract


class TestOmeLayers(SlideReaderContract):
    def reader(self) -> SlideReader:
        return TiffReader()

    @pytest.fixture(params=OME_EXAMPLES)
    def slide_path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        return OME_EXAMPLES[request.param](tmp_path)

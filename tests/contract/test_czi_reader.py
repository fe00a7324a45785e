"""The reader contract on CZI."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverslip.phantoms.files.czi_examples import CZI_EXAMPLES
from coverslip.slides.readers.czi import CziReader
from coverslip.slides.slide import SlideReader
from coverslip.testing.contracts.slide_reader import SlideReaderContract


class TestCzi(SlideReaderContract):
    def reader(self) -> SlideReader:
        return CziReader()

    @pytest.fixture(params=CZI_EXAMPLES)
    def slide_path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        return CZI_EXAMPLES[request.param](tmp_path)

"""The reader contract on KFB."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverslip.phantoms.files.kfb import write_kfb
from coverslip.phantoms.files.picture import tissue
from coverslip.slides.readers.kfb import KfbReader
from coverslip.slides.slide import SlideReader
from coverslip.testing.contracts.slide_reader import SlideReaderContract


class TestKfb(SlideReaderContract):
    def reader(self) -> SlideReader:
        return KfbReader()

    @pytest.fixture
    def slide_path(self, tmp_path: Path) -> Path:
        return write_kfb(tmp_path / "a.kfb", tissue(301, 227), macro=tissue(120, 60, 2), label=tissue(60, 60, 3))

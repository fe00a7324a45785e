"""The reader contract on DICOM in every way it may be stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverslip.phantoms.files.dicom import write_dicom_series
from coverslip.phantoms.files.dicom_examples import VARIANTS
from coverslip.phantoms.files.picture import tissue
from coverslip.slides.readers.dicom import DicomReader
from coverslip.slides.slide import SlideReader
from coverslip.testing.contracts.slide_reader import SlideReaderContract

IMAGE = tissue(301, 227)


class TestDicomVariants(SlideReaderContract):
    def reader(self) -> SlideReader:
        return DicomReader()

    @pytest.fixture(params=VARIANTS)
    def slide_path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        return write_dicom_series(tmp_path / "d", IMAGE, VARIANTS[request.param](IMAGE))

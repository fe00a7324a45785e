"""The shipped reader contract, run on every reader and every way its files can be stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from coverslip.phantoms.files.dicom import write_dicom
from coverslip.phantoms.files.ome import write_ome
from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.phantoms.files.tiff import write_tiff
from coverslip.slides.readers.dicom import DicomReader
from coverslip.slides.readers.openslide import OpenSlideReader
from coverslip.slides.readers.plain import PlainImageReader
from coverslip.slides.readers.tiff import TiffReader
from coverslip.slides.slide import SlideReader
from coverslip.testing.contracts.slide_reader import SlideReaderContract

IMAGE = tissue(301, 227)


class TiffContract(SlideReaderContract):
    def reader(self) -> SlideReader:
        return TiffReader()


class TestSvsInRgb(TiffContract):
    @pytest.fixture
    def slide_path(self, tmp_path: Path) -> Path:
        return write_svs(tmp_path / "rgb.svs", IMAGE)


class TestSvsInYcbcr(TiffContract):
    @pytest.fixture
    def slide_path(self, tmp_path: Path) -> Path:
        return write_svs(tmp_path / "ycbcr.svs", IMAGE, SvsOptions(colours="ycbcr", factors=(1, 2, 8)))


class TestSvsInJpeg2000(TiffContract):
    @pytest.fixture
    def slide_path(self, tmp_path: Path) -> Path:
        return write_svs(tmp_path / "jp2.svs", IMAGE, SvsOptions(jpeg2000="rgb"))


class TestSvsWithMissingTiles(TiffContract):
    @pytest.fixture
    def slide_path(self, tmp_path: Path) -> Path:
        return write_svs(tmp_path / "sparse.svs", IMAGE, SvsOptions(factors=(1,), omit=((1, 1), (4, 4))))


class TestOmeTiffWithSubImages(TiffContract):
    @pytest.fixture
    def slide_path(self, tmp_path: Path) -> Path:
        return write_ome(tmp_path / "a.ome.tiff", IMAGE)


TIFFS: dict[str, dict[str, Any]] = {
    "striped": {},
    "one_strip": {"rowsperstrip": 227},
    "tiled_deflate": {"tile": (64, 80), "predictor": True},
    "tiled_lzw": {"tile": (64, 80), "compression": "lzw"},
    "tiled_zstd": {"tile": (64, 80), "compression": "zstd"},
    "tiled_uncompressed": {"tile": (64, 80), "compression": None},
    "tiled_webp": {"tile": (64, 80), "compression": "webp"},
    "separate_planes": {"tile": (64, 80), "planarconfig": "separate"},
    "pyramid_of_pages": {"tile": (64, 64), "factors": (1, 2, 4), "mpp": 0.5},
    "pyramid_of_strips": {"factors": (1, 3), "mpp": 0.5},
    "big_endian_jpeg": {"tile": (64, 64), "compression": "jpeg", "big_endian": True},
}


class TestPlainTiff(TiffContract):
    @pytest.fixture(params=TIFFS)
    def slide_path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        options = dict(TIFFS[request.param])
        if options.get("planarconfig") == "separate":
            planes = np.ascontiguousarray(IMAGE.transpose(2, 0, 1))
            return write_tiff(tmp_path / "a.tif", planes, **options)
        return write_tiff(tmp_path / "a.tif", IMAGE, **options)


class TestGreyTiff(TiffContract):
    @pytest.fixture(params=["minisblack", "miniswhite"])
    def slide_path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        grey = np.asarray(cv2.cvtColor(IMAGE, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        return write_tiff(tmp_path / "grey.tif", grey, photometric=request.param, tile=(64, 64), compression="jpeg")


class TestDicomFolder(SlideReaderContract):
    def reader(self) -> SlideReader:
        return DicomReader()

    @pytest.fixture
    def slide_path(self, tmp_path: Path) -> Path:
        return write_dicom(tmp_path / "dicom", IMAGE)


class TestDicomFile(SlideReaderContract):
    def reader(self) -> SlideReader:
        return DicomReader()

    @pytest.fixture
    def slide_path(self, tmp_path: Path) -> Path:
        return write_dicom(tmp_path / "dicom", IMAGE, factors=(1,)) / "level0.dcm"


class TestOpenSlide(SlideReaderContract):
    """On an SVS, which OpenSlide reads as well: a vendor's own file cannot be written here."""

    def reader(self) -> SlideReader:
        return OpenSlideReader()

    @pytest.fixture
    def slide_path(self, tmp_path: Path) -> Path:
        return write_svs(tmp_path / "a.svs", tissue(601, 587), SvsOptions(tile=(240, 240), factors=(1, 4)))


class TestPlainImage(SlideReaderContract):
    def reader(self) -> SlideReader:
        return PlainImageReader()

    @pytest.fixture(params=["png", "jpg", "webp", "bmp"])
    def slide_path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        path = tmp_path / f"field.{request.param}"
        Image.fromarray(tissue(700, 530)).save(path)
        return path

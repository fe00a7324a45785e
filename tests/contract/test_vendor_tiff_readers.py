"""The slide reader contract, for every vendor's dialect of TIFF and everything that each can vary."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverslip.phantoms.files import WRITERS
from coverslip.slides.readers.bif import BifReader
from coverslip.slides.readers.ndpi import NdpiReader
from coverslip.slides.readers.philips import PhilipsReader
from coverslip.slides.readers.qptiff import QptiffReader
from coverslip.slides.readers.scn import ScnReader
from coverslip.slides.slide import SlideReader
from coverslip.testing.contracts.slide_reader import SlideReaderContract


def named(prefix: str) -> list[str]:
    """The example slides of one format."""
    return [name for name in WRITERS if name.startswith(prefix)]


class TestBif(SlideReaderContract):
    @pytest.fixture(params=named("bif-"))
    def slide_path(self, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        return WRITERS[request.param](tmp_path)

    def reader(self) -> SlideReader:
        return BifReader()


class TestScn(SlideReaderContract):
    encoded_tolerance = 6.0

    @pytest.fixture(params=named("scn-"))
    def slide_path(self, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        return WRITERS[request.param](tmp_path)

    def reader(self) -> SlideReader:
        return ScnReader()


class TestPhilips(SlideReaderContract):
    @pytest.fixture(params=named("philips-"))
    def slide_path(self, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        return WRITERS[request.param](tmp_path)

    def reader(self) -> SlideReader:
        return PhilipsReader()


class TestNdpi(SlideReaderContract):
    @pytest.fixture(params=named("ndpi-"))
    def slide_path(self, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        return WRITERS[request.param](tmp_path)

    def reader(self) -> SlideReader:
        return NdpiReader()


class TestQptiff(SlideReaderContract):
    encoded_tolerance = 6.0

    @pytest.fixture(params=named("qptiff-"))
    def slide_path(self, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        return WRITERS[request.param](tmp_path)

    def reader(self) -> SlideReader:
        return QptiffReader()

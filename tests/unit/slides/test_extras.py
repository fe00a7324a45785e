"""Formats by optional packages, and closed formats."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg

from coverslip.phantoms.files.kfb import write_kfb
from coverslip.phantoms.files.picture import Rgb, halved, tissue
from coverslip.slides.errors import FormatClosed, ReaderMissing, SlideCorrupt, SlideError, TileUnreadable
from coverslip.slides.isolation import open_isolated
from coverslip.slides.readers.isyntax import ISyntaxReader
from coverslip.slides.readers.kfb import KfbReader
from coverslip.slides.registry import open_slide, reader_for
from coverslip.vocabulary.geometry import Box

IMAGE = tissue(301, 227)
MACRO, LABEL = tissue(120, 60, 2), tissue(60, 60, 3)
JPEG_TOLERANCE = 2.0
ISYNTAX_HEAD = b'<DataObject ObjectType="DPUfsImport">'


@pytest.fixture
def kfb(tmp_path: Path) -> Path:
    return write_kfb(tmp_path / "a.kfb", IMAGE, macro=MACRO, label=LABEL)


def difference(ours: Rgb, theirs: Rgb) -> float:
    return float(np.abs(ours.astype(np.int16) - theirs).mean())


def test_a_kfb_slide_shows_the_picture_at_every_level(kfb: Path) -> None:
    with open_isolated(kfb) as slide:
        properties = slide.properties
        assert (properties.format, properties.reader, properties.objective_power) == ("kfb", "kfb", 40)
        assert properties.spacing is not None
        assert properties.spacing.mean_um == pytest.approx(0.25)
        for number, factor in enumerate((1, 2, 4)):
            expected = halved(IMAGE, factor) if factor > 1 else IMAGE
            whole = slide.region(number, Box(0, 0, expected.shape[1], expected.shape[0]))
            assert difference(whole, expected) < JPEG_TOLERANCE
        assert difference(slide.associated("macro"), MACRO) < JPEG_TOLERANCE
        assert difference(slide.associated("label"), LABEL) < JPEG_TOLERANCE


def test_a_kfb_slide_whose_table_is_cut_off_is_corrupt(kfb: Path) -> None:
    data = kfb.read_bytes()
    table_at = int.from_bytes(data[68:76], "little")
    kfb.write_bytes(data[: table_at + 100])
    with pytest.raises(SlideCorrupt):
        KfbReader().open(kfb)


def test_a_kfb_tile_that_is_no_picture_is_unreadable(kfb: Path) -> None:
    data = bytearray(kfb.read_bytes())
    tiles = data.index(b"\xff\xd8\xff", int.from_bytes(data[60:68], "little"))
    second = data.index(b"\xff\xd8\xff", tiles + 3)
    third = data.index(b"\xff\xd8\xff", second + 3)
    data[second:third] = b"\0" * (third - second)
    kfb.write_bytes(data)
    with open_slide(kfb) as slide:
        assert slide.tile(0, 0, 0).data
        with pytest.raises(TileUnreadable):
            slide.tile(0, 1, 0)
        assert slide.tile(0, 2, 0).data


@pytest.mark.parametrize(
    ("package", "name", "head", "extra"),
    [("kfbslide", "a.kfb", b"\xf1\x01\xee\xeeKFB\0", "kfb"), ("isyntax", "a.isyntax", ISYNTAX_HEAD, "isyntax")],
)
def test_without_its_package_a_slide_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, name: str, head: bytes, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    path = tmp_path / name
    path.write_bytes(head + b"x" * 500)
    with pytest.raises(ReaderMissing) as caught:
        open_slide(path)
    assert f"coverslip[{extra}]" in caught.value.mend("en")
    assert f"coverslip[{extra}]" in caught.value.mend("zh-CN")


def test_an_isyntax_header_that_ends_early_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "a.isyntax"
    path.write_bytes(ISYNTAX_HEAD + b"x" * 5000)
    with pytest.raises(SlideCorrupt):
        ISyntaxReader().open(path)


def test_the_real_isyntax_package_has_what_the_reader_calls() -> None:
    from isyntax import ISyntax

    for name in (
        "open", "close", "read_region", "level_dimensions", "level_downsamples", "tile_width", "tile_height",
        "read_label_image_jpeg", "read_macro_image_jpeg", "read_icc_profile", "barcode", "mpp_x", "mpp_y",
    ):  # fmt: skip
        assert hasattr(ISyntax, name)


class StandIn:
    """What libisyntax answers, for a slide that exists only here."""

    tile_width = tile_height = 64
    level_dimensions = ((301, 227), (150, 113))
    level_downsamples = (1, 2)
    mpp_x = mpp_y = 0.25
    barcode = "S24-1"
    closed = False

    def read_region(self, x: int, y: int, width: int, height: int, level: int) -> Any:
        image = IMAGE if level == 0 else halved(IMAGE, 2)
        part = image[y : y + height, x : x + width]
        alpha = np.full((*part.shape[:2], 1), 255, np.uint8)
        if level == 0 and (x, y) == (0, 0):
            alpha[:8] = 0
        return np.concatenate([part, alpha], axis=2)

    def read_label_image_jpeg(self) -> Any:
        return memoryview(simplejpeg.encode_jpeg(LABEL, quality=92))

    def read_macro_image_jpeg(self) -> None:
        return None

    def read_icc_profile(self) -> Any:
        return memoryview(b"profile")

    def close(self) -> None:
        self.closed = True


def test_an_isyntax_slide_is_read_level_by_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from isyntax import ISyntax

    stand_in = StandIn()
    monkeypatch.setattr(ISyntax, "open", lambda path, cache: stand_in)
    path = tmp_path / "a.isyntax"
    path.write_bytes(ISYNTAX_HEAD)
    with ISyntaxReader().open(path) as slide:
        properties = slide.properties
        assert (properties.barcode, properties.icc_profile, properties.associated) == ("S24-1", b"profile", ("label",))
        expected = IMAGE.copy()
        expected[:8, :64] = 255
        assert np.array_equal(slide.region(0, Box(0, 0, 301, 227)), expected)
        assert np.array_equal(slide.region(1, Box(0, 0, 150, 113)), halved(IMAGE, 2))
        assert slide.associated("label").shape == LABEL.shape
    assert stand_in.closed


CLOSED: dict[str, tuple[str, bytes]] = {
    "SDPC": ("a.sdpc", b"SQ1.0.0.0" + b"\0" * 20),
    "DYQX": ("a.dyqx", b"SQ1.2" + b"\0" * 20),
    "TMAP": ("a.tmap", b"TMAP06" + b"\0" * 20),
    "VSI/ETS": ("frame_t.ets", b"SIS\0" + b"\0" * 20),
    "LIF": ("a.lif", b"\x70\0\0\0\x10\0\0\0\x2a" + b"\0" * 20),
    "ND2": ("a.nd2", b"\xda\xce\xbe\x0a" + b"\0" * 20),
    "MDS": ("a.mds", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 20),
    "ZVI": ("a.zvi", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 20),
    "i2syntax": ("a.i2syntax", b"PK\x03\x04" + b"\0" * 20),
}


@pytest.mark.parametrize("name", CLOSED)
def test_a_closed_format_is_named_with_its_maker_and_how_to_export(tmp_path: Path, name: str) -> None:
    file, content = CLOSED[name]
    path = tmp_path / file
    path.write_bytes(content)
    with pytest.raises(FormatClosed) as caught:
        open_isolated(path)
    assert name in caught.value.message("en")
    assert "DICOM" in caught.value.mend("en")
    assert "导出" in caught.value.mend("zh-CN")


@pytest.mark.parametrize("name", [name for name in CLOSED if name in ("SDPC", "TMAP", "LIF", "ND2")])
def test_a_closed_format_is_known_whatever_its_file_is_called(tmp_path: Path, name: str) -> None:
    path = tmp_path / "renamed.svs"
    path.write_bytes(CLOSED[name][1])
    assert reader_for(path).name == "closed"


def test_a_database_whose_name_begins_alike_is_no_closed_slide(tmp_path: Path) -> None:
    path = tmp_path / "a.sdpc"
    path.write_bytes(b"SQLite format 3\0" + b"\0" * 100)
    with pytest.raises(SlideError) as caught:
        open_slide(path)
    assert caught.value.code == "NOT_A_SLIDE"

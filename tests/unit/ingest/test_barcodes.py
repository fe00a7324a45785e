"""The barcode on a photographed label is read, or nothing is; what is read is never another text."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from coverslip.ingest.barcodes import read_barcodes
from coverslip.phantoms.label import SlideLabel, draw_label, draw_macro

TEXT = "S25-00123-A1-2"
FORMATS = ["DataMatrix", "QRCode", "PDF417", "Code128"]
Picture = NDArray[np.uint8]


def label(kind: str) -> Picture:
    """A label with printed words and one barcode of that kind."""
    paper = np.array(draw_label(SlideLabel("S25-00123", ("A1", "Ki-67"), None)))
    barcode = zxingcpp.create_barcode(TEXT, getattr(zxingcpp.BarcodeFormat, kind))
    code = np.array(zxingcpp.write_barcode_to_image(barcode))
    module = {"Code128": 2, "PDF417": 3}.get(kind, 8)
    drawn = np.kron(code, np.ones((module, module), np.uint8))
    height, width = drawn.shape
    top, left = 410 - height, (420 - width) // 2
    paper[top - 10 :] = 255
    paper[top : top + height, left : left + width] = drawn[..., None]
    return paper


def turned(picture: Picture, degrees: float) -> Picture:
    height, width = picture.shape[:2]
    side = int(np.hypot(height, width)) + 1
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    turn[:, 2] += (side - width) / 2, (side - height) / 2
    return np.asarray(cv2.warpAffine(picture, turn, (side, side), borderValue=(190, 190, 190)), dtype=np.uint8)


def faint(picture: Picture) -> Picture:
    """A sixth of the contrast, and the noise of a camera."""
    noise = np.random.default_rng(3).normal(0, 2, picture.shape)
    return np.clip(picture / 6.0 + 120 + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("degrees", [0, 7, 45, 90, 135, 180, 270, 338])
def test_a_code_is_read_however_the_label_lies(kind: str, degrees: float) -> None:
    assert read_barcodes(turned(label(kind), degrees)) == (TEXT,)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_faint_code_is_read(kind: str) -> None:
    assert read_barcodes(faint(label(kind))) == (TEXT,)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_mirror_of_light_across_the_label_does_not_hide_it(kind: str) -> None:
    picture = label(kind).astype(np.float32)
    shade = np.linspace(0.35, 1.0, picture.shape[1], dtype=np.float32)[None, :, None]
    assert read_barcodes((picture * shade).astype(np.uint8)) == (TEXT,)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_code_is_read_on_the_macro_where_there_is_no_picture_of_the_label(kind: str) -> None:
    tissue = np.random.default_rng(0).integers(80, 240, (300, 500, 3), dtype=np.uint8)
    assert read_barcodes(draw_macro(label(kind), tissue, (240, 240, 245))) == (TEXT,)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_code_that_is_half_gone_is_not_read_as_something_else(kind: str) -> None:
    for share in (0.3, 0.5, 0.7):
        picture = label(kind)
        picture[:, : int(420 * share)] = 250
        assert read_barcodes(picture) in ((), (TEXT,))


@pytest.mark.parametrize("seed", range(6))
def test_what_holds_no_code_gives_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    noise = random.integers(0, 255, (300, 420, 3), dtype=np.uint8)
    smooth = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3.0), dtype=np.uint8)
    stripes = np.repeat(random.integers(0, 2, (1, 420, 1), dtype=np.uint8) * 255, 300, axis=0).repeat(3, axis=2)
    words = draw_label(SlideLabel("S25-00123", ("A1", "Ki-67", "2025-03-01"), None))
    for picture in (noise, smooth, stripes, words, np.zeros((1, 1, 3), np.uint8), np.full((2, 900, 3), 9, np.uint8)):
        assert read_barcodes(picture) == ()


def test_a_label_photographed_in_very_many_pixels_is_read() -> None:
    large = cv2.resize(label("DataMatrix"), None, fx=12, fy=12, interpolation=cv2.INTER_CUBIC)
    assert read_barcodes(np.asarray(large, dtype=np.uint8)) == (TEXT,)

"""The barcode on the picture of a label."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from coverslip.slides.slide import RgbImage

LABEL_FORMATS = zxingcpp.BarcodeFormats(
    (
        zxingcpp.BarcodeFormat.DataMatrix,
        zxingcpp.BarcodeFormat.QRCode,
        zxingcpp.BarcodeFormat.PDF417,
        zxingcpp.BarcodeFormat.Code128,
        zxingcpp.BarcodeFormat.Code39,
    )
)
"""What laboratories print; retail codes such as EAN-13 are what a damaged label is misread as."""
CHECKED_FORMATS = zxingcpp.BarcodeFormats(
    (
        zxingcpp.BarcodeFormat.DataMatrix,
        zxingcpp.BarcodeFormat.QRCode,
        zxingcpp.BarcodeFormat.PDF417,
        zxingcpp.BarcodeFormat.Code128,
    )
)
"""Those that carry a check of their own: only they are believed on a picture that was altered to be read."""
LONGEST_BARCODE = 128
SHORTEST_SURE = 4
"""Characters; fewer are believed of a two-dimensional code only."""
MOST_PIXELS = 12_000_000
SMALL_PX = 900
"""A label this short or shorter is looked at in double size as well."""
ANGLES = (45.0, -22.5, 22.5)
"""Degrees. Stripes are found along rows and columns, within about ten degrees."""


def read_barcodes(label: RgbImage) -> tuple[str, ...]:
    """Texts of the barcodes on a picture, (h, w, 3) uint8; without repeats, in the order found.

    The picture is looked at as it is, then with its contrast stretched, its light made even, enlarged, smoothed and
    turned, until one is found. What cannot be read gives nothing.
    """
    grey = _bounded(np.asarray(cv2.cvtColor(label, cv2.COLOR_RGB2GRAY)))
    found = _texts(zxingcpp.read_barcodes(_bounded(label), formats=LABEL_FORMATS))
    if found:
        return found
    for picture in _altered(grey):
        found = _texts(
            code
            for code in zxingcpp.read_barcodes(picture, formats=CHECKED_FORMATS)
            if len(code.text) >= SHORTEST_SURE or code.format != zxingcpp.BarcodeFormat.Code128
        )
        if found:
            return found
    return ()


def _texts(codes: Iterator[zxingcpp.Barcode] | list[zxingcpp.Barcode]) -> tuple[str, ...]:
    found = (code.text.strip() for code in codes)
    return tuple(dict.fromkeys(text for text in found if 0 < len(text) <= LONGEST_BARCODE))


def _altered(grey: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    low, high = np.percentile(grey, (1, 99))
    stretched = np.clip((grey.astype(np.float32) - low) * (255.0 / max(high - low, 1.0)), 0, 255).astype(np.uint8)
    yield stretched
    yield np.asarray(cv2.createCLAHE(clipLimit=4.0, tileGridSize=(8, 8)).apply(grey), dtype=np.uint8)
    paper = cv2.GaussianBlur(cv2.dilate(grey, np.ones((25, 25), np.uint8)), (0, 0), 15.0)
    yield np.minimum(grey.astype(np.float32) * 255.0 / np.maximum(paper, 1), 255).astype(np.uint8)
    if max(grey.shape) <= SMALL_PX:
        yield np.asarray(cv2.resize(stretched, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    yield np.asarray(cv2.GaussianBlur(stretched, (0, 0), 1.2))
    for angle in ANGLES:
        yield _turned(stretched, angle)


def _turned(grey: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """The whole picture turned about its middle, the corners white."""
    height, width = grey.shape
    side = int(np.ceil(np.hypot(height, width)))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turn[:, 2] += (side - width) / 2, (side - height) / 2
    return np.asarray(cv2.warpAffine(grey, turn, (side, side), borderValue=255.0))


def _bounded(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture, halved until it has few enough pixels to be looked at several times."""
    while picture.shape[0] * picture.shape[1] > MOST_PIXELS:
        picture = np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return picture

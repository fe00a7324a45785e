"""The CZI entries of `WRITERS`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from coverslip.phantoms.files.czi import CziOptions, write_czi
from coverslip.phantoms.files.dicom_examples import channels
from coverslip.phantoms.files.picture import Rgb, example, tissue

COLOURS = ("#0000ff", "#ff0000")


def czi_channels(image: Rgb) -> tuple[tuple[str, float, str, Any], ...]:
    """Two channels of 16 bits, with the colours that the file states."""
    return tuple(
        (name, wavelength or 0.0, colour, light)
        for (name, wavelength, light), colour in zip(channels(image), COLOURS, strict=True)
    )


def _writer(options: Callable[[Rgb], CziOptions]) -> Callable[[Path], Path]:
    return lambda folder: write_czi(folder / "slide.czi", example(), options(example()))


CZI_EXAMPLES: dict[str, Callable[[Path], Path]] = {
    "czi-brightfield": _writer(lambda image: CziOptions(label=tissue(90, 80, 2))),
    "czi-jpeg-xr": _writer(lambda image: CziOptions(compression="jpegxr")),
    "czi-fluorescence": _writer(lambda image: CziOptions(channels=czi_channels(image))),
    "czi-focal-planes": _writer(
        lambda image: CziOptions(planes=(np.ascontiguousarray(image[:, ::-1]), image, 255 - image))
    ),
}
"""Name -> writer."""

"""The DICOM entries of `WRITERS`: one for each way of storing a slide that the standard allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

from coverslip.phantoms.files.dicom import DicomOptions, write_dicom_series
from coverslip.phantoms.files.picture import Rgb, example, tissue

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
DEPTHS_UM = (-2.0, 0.0, 2.0)


def focal_planes(image: Rgb) -> tuple[tuple[float, Rgb], ...]:
    """Three planes: the picture in the middle, below and above it others that nobody takes for it."""
    return tuple(zip(DEPTHS_UM, (np.ascontiguousarray(image[:, ::-1]), image, 255 - image), strict=True))


def channels(image: Rgb) -> tuple[tuple[str, float | None, Any], ...]:
    """Two channels of 16 bits: nuclei that shine and a background that does not."""
    light = (255 - image.astype(np.uint16)) * 16
    return ("DAPI", 461.0, light[..., 0].copy()), ("Cy5", 670.0, light[..., 1].copy())


VARIANTS: dict[str, Callable[[Rgb], DicomOptions]] = {
    "dicom-tiled-full-jpeg": lambda image: DicomOptions(),
    "dicom-tiled-full-jpeg-rgb": lambda image: DicomOptions(encoding="jpeg-rgb"),
    "dicom-tiled-sparse": lambda image: DicomOptions(omit=((3, 2), (4, 3))),
    "dicom-concatenated": lambda image: DicomOptions(parts=3),
    "dicom-extended-offsets": lambda image: DicomOptions(offsets="extended"),
    "dicom-no-offsets": lambda image: DicomOptions(offsets="none"),
    "dicom-fragments": lambda image: DicomOptions(offsets="none", fragments=3),
    "dicom-jpeg2000": lambda image: DicomOptions(encoding="jpeg2000"),
    "dicom-jpeg2000-plain": lambda image: DicomOptions(encoding="jpeg2000-plain"),
    "dicom-htj2k": lambda image: DicomOptions(encoding="htj2k"),
    "dicom-jpegls": lambda image: DicomOptions(encoding="jpegls"),
    "dicom-rle": lambda image: DicomOptions(encoding="rle"),
    "dicom-uncompressed": lambda image: DicomOptions(encoding="none"),
    "dicom-uncompressed-planar": lambda image: DicomOptions(encoding="none", planar=True),
    "dicom-implicit": lambda image: DicomOptions(encoding="implicit"),
    "dicom-focal-planes": lambda image: DicomOptions(planes=focal_planes(image)),
    "dicom-focal-planes-sparse": lambda image: DicomOptions(planes=focal_planes(image), sparse=True),
    "dicom-fluorescence": lambda image: DicomOptions(channels=channels(image), encoding="jpeg2000"),
    "dicom-grey-16-bit": lambda image: DicomOptions(channels=channels(image)[:1], encoding="none"),
    "dicom-label-overview": lambda image: DicomOptions(label=tissue(90, 80, 2), overview=tissue(240, 90, 3)),
}


def _writer(options: Callable[[Rgb], DicomOptions]) -> Callable[[Path], Path]:
    return lambda folder: write_dicom_series(folder / "dicom", example(), options(example()))


def write_two_slides(folder: Path) -> Path:
    """A folder with the instances of two slides, which is not one slide."""
    target = folder / "dicom"
    for number in (1, 2):
        made = write_dicom_series(folder / f"slide{number}", example(), DicomOptions(container=f"S24-{number}-A1"))
        target.mkdir(exist_ok=True)
        for file in sorted(made.iterdir()):
            file.rename(target / f"{number}-{file.name}")
        made.rmdir()
    return target


def write_label_only(folder: Path) -> Path:
    """One instance, of the label: no level of a slide."""
    made = write_dicom_series(folder / "dicom", example(), replace(DicomOptions(), label=tissue(90, 80, 2)))
    return made / "label.dcm"


def write_ct(folder: Path) -> Path:
    """A computed tomography image: DICOM, but no slide."""
    made = write_dicom_series(folder / "dicom", example(), DicomOptions(factors=(1,)))
    dataset = pydicom.dcmread(made / "level0.dcm")
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = pydicom.uid.UID(CT_IMAGE)
    dataset.save_as(folder / "ct.dcm", enforce_file_format=True)
    return folder / "ct.dcm"


DICOM_EXAMPLES: dict[str, Callable[[Path], Path]] = {
    **{name: _writer(options) for name, options in VARIANTS.items()},
    "dicom-two-slides": write_two_slides,
    "dicom-label-only": write_label_only,
    "dicom-ct": write_ct,
}
"""Name -> writer; what each must turn out to be stands in the format matrix."""

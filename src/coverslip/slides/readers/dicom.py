"""DICOM whole slide images (PS3.3 A.32.8): one instance, or a folder with the instances of one slide; by wsidicom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
import pydicom.config
from pydicom.errors import InvalidDicomError
from wsidicom import WsiDicom
from wsidicom import errors as wsidicom_errors

from coverslip.slides.errors import FormatDeclined, SlideCorrupt, damage_is_corruption
from coverslip.slides.readers.dicom_image import DicomImage
from coverslip.slides.readers.dicom_slide import DicomSlide
from coverslip.slides.slide import Level, SlideProperties
from coverslip.slides.spacing import stated_spacing
from coverslip.slides.tiled import exact_downsample
from coverslip.vocabulary.units import Spacing

# pydicom repeats the values of damaged headers in its warnings, and a value may be a name: nothing of it is logged.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE

PREFIX_AT, PREFIX = 128, b"DICM"
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
"""SOP class VL Whole Slide Microscopy Image Storage (PS3.4 B.5)."""
MOST_FILES = 4096
UM_PER_MM = 1000.0
RESAMPLED = "RESAMPLED"

UNUSABLE = (
    wsidicom_errors.WsiDicomNotFoundError,
    wsidicom_errors.WsiDicomNotSupportedError,
    wsidicom_errors.WsiDicomStrictRequirementError,
    wsidicom_errors.WsiDicomNoResolutionError,
)
CONTRADICTORY = (
    wsidicom_errors.WsiDicomError,
    wsidicom_errors.WsiDicomFileError,
    wsidicom_errors.WsiDicomMatchError,
    wsidicom_errors.WsiDicomUidDuplicateError,
    wsidicom_errors.WsiDicomOutOfBoundsError,
    wsidicom_errors.WsiDicomBotOverflow,
    InvalidDicomError,
)


class DicomReader:
    """Reads 8-bit whole slide images with one focal plane and one optical path."""

    name = "dicom"
    reads_ranges = False

    def accepts(self, path: Path, head: bytes) -> bool:
        """True for a DICOM file (its prefix at byte 128), and for a folder that holds one."""
        if path.is_dir():
            return bool(dicom_files(path))
        return is_dicom(head)

    def open(self, path: Path) -> DicomSlide:
        """Open it. Raises `FormatDeclined` for DICOM that is no whole slide image, `SlideCorrupt`, `SlideTruncated`."""
        files = dicom_files(path) if path.is_dir() else [path]
        _require_whole_slide(files, path.name)
        with damage_is_corruption(path.name):
            try:
                source = WsiDicom.open(files)
            except UNUSABLE as error:
                problem = "no level of a slide in it that can be read (a label, an overview, or an unknown encoding)"
                raise FormatDeclined(file=path.name, problem=problem) from error
            except CONTRADICTORY as error:
                raise SlideCorrupt(file=path.name, problem=str(error).replace(str(path), path.name)) from error
            except RuntimeError as error:
                # wsidicom lets StopIteration escape where no level states its size in millimetres.
                raise SlideCorrupt(file=path.name, problem="an attribute it must have is missing") from error
            try:
                return _opened(source, path)
            except CONTRADICTORY as error:
                source.close()
                raise SlideCorrupt(file=path.name, problem=str(error).replace(str(path), path.name)) from error
            except BaseException:
                source.close()
                raise


def is_dicom(head: bytes) -> bool:
    """Whether these are the first bytes of a DICOM file (PS3.10 section 7.1)."""
    return head[PREFIX_AT : PREFIX_AT + len(PREFIX)] == PREFIX


def dicom_files(folder: Path) -> list[Path]:
    """The DICOM files directly in a folder, sorted by name, at most `MOST_FILES`."""
    found = []
    for path in sorted(folder.iterdir())[:MOST_FILES]:
        if path.is_file():
            with path.open("rb") as file:
                if is_dicom(file.read(PREFIX_AT + len(PREFIX))):
                    found.append(path)
    return found


def _require_whole_slide(files: list[Path], name: str) -> None:
    kinds = set()
    for file in files:
        with damage_is_corruption(name):
            try:
                header = pydicom.dcmread(file, specific_tags=["SOPClassUID"], stop_before_pixels=True)
            except InvalidDicomError as error:
                raise SlideCorrupt(file=name, problem=str(error)) from error
            kinds.add(header.get("SOPClassUID"))
    if WHOLE_SLIDE not in kinds:
        kind = next((uid.name for uid in kinds if uid is not None), "DICOM without a SOP class")
        raise FormatDeclined(file=name, problem=f"{kind}, not a whole slide image")


def _opened(source: Any, path: Path) -> DicomSlide:
    images = [DicomImage(level.default_instance.image_data, path.name) for level in source.levels]
    for image in images:
        image.check_storage()
    associated = {}
    for name, group in (("label", source.labels), ("macro", source.overviews)):
        if group is not None and len(group):
            associated[name] = group[0].default_instance.image_data
    base = images[0]
    levels = tuple(
        Level(
            width=image.width,
            height=image.height,
            downsample=exact_downsample((base.width, base.height), (image.width, image.height)),
            tile_width=image.tile_width,
            tile_height=image.tile_height,
            compression=image.compression,
            passthrough=image.passthrough is not None,
        )
        for image in images
    )
    header = pydicom.dcmread(base.files[0], stop_before_pixels=True)
    properties = SlideProperties(
        format="dicom",
        reader=DicomReader.name,
        vendor=_text(header, "Manufacturer"),
        width=base.width,
        height=base.height,
        levels=levels,
        spacing=_spacing(source.levels[0].pixel_spacing),
        objective_power=_objective_power(header),
        associated=tuple(sorted(associated)),
        barcode=_text(header, "BarcodeValue"),
        icc_profile=_icc_profile(header),
        scanner_model=_text(header, "ManufacturerModelName"),
        scanned_at=_acquired(header),
    )
    return DicomSlide(properties, source, images, associated)


def _spacing(size_mm: Any) -> Spacing | None:
    if size_mm is None:
        return None
    return stated_spacing(float(size_mm.width) * UM_PER_MM, float(size_mm.height) * UM_PER_MM)


def _text(header: pydicom.Dataset, keyword: str) -> str | None:
    return str(header.get(keyword, "") or "").strip() or None


def _first_path(header: pydicom.Dataset) -> pydicom.Dataset | None:
    paths = header.get("OpticalPathSequence")
    return paths[0] if paths else None


def _objective_power(header: pydicom.Dataset) -> float | None:
    """Of the lens; None where only a reduced level was given, because the image is then coarser than the lens says."""
    path = _first_path(header)
    image_type = [str(value) for value in header.get("ImageType", [])]
    if path is None or path.get("ObjectiveLensPower") is None or RESAMPLED in image_type[3:]:
        return None
    power = float(path.ObjectiveLensPower)
    return power if power > 0 else None


def _icc_profile(header: pydicom.Dataset) -> bytes | None:
    path = _first_path(header)
    profile = path.get("ICCProfile") if path is not None else None
    return bytes(profile) if profile else None


def _acquired(header: pydicom.Dataset) -> str | None:
    """ISO 8601 from AcquisitionDateTime (PS3.5 6.2, DT: YYYYMMDDHHMMSS.FFFFFF&ZZXX), as far as it is given."""
    text = _text(header, "AcquisitionDateTime") or ""
    digits = text.split(".")[0].split("+")[0].split("-")[0]
    if not digits.isdigit() or len(digits) < 8:
        return None
    date = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    return f"{date}T{digits[8:10]}:{digits[10:12]}:{digits[12:14]}" if len(digits) >= 14 else date

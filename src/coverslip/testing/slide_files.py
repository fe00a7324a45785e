"""Small slide files made on the spot, for tests of readers and of what works on slides.

Written as scanners write them: JPEG tiles without their tables (TIFF tag 347), RGB without a colour marker (Aperio),
levels divided by a whole number and rounded down.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import imagecodecs
import numpy as np
import pydicom
import tifffile
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import UID, JPEGBaseline8Bit, generate_uid

from coverslip.slides.jpeg import APP0, APP14, BASELINE, EOI, SOI, SOS, segments
from coverslip.slides.slide import RgbImage

Colours = Literal["rgb", "ycbcr"]
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
QUALITY = 90


def tissue(width: int, height: int, seed: int = 1) -> RgbImage:
    """A picture like stained tissue: smooth pink and brown with dark dots; (height, width, 3) uint8."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(0, 1, (max(2, height // 48), max(2, width // 48), 1)).astype(np.float32)
    mix = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None].clip(0, 1)
    image = mix * np.array([236, 178, 205], np.float32) + (1 - mix) * np.array([168, 110, 62], np.float32)
    for _ in range(max(4, width * height // 4000)):
        centre = int(random.integers(0, width)), int(random.integers(0, height))
        cv2.circle(image, centre, int(random.integers(3, 8)), (70, 52, 118), -1, cv2.LINE_AA)
    return np.asarray(image.clip(0, 255), dtype=np.uint8)


def halved(image: RgbImage, factor: int) -> RgbImage:
    """The picture `factor` times smaller, sizes rounded down, each pixel the mean of those it covers."""
    height, width = image.shape[0] // factor, image.shape[1] // factor
    whole = image[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class SvsOptions:
    """How the slide is written; `mpp` None: the file does not state its pixel size."""

    tile: tuple[int, int] = (64, 48)
    """Width and height, multiples of 16."""
    factors: tuple[int, ...] = (1, 4)
    colours: Colours = "rgb"
    mpp: float | None = 0.25
    power: float | None = 40.0
    jpeg2000: bool = False
    associated: bool = True
    extra: str = ""
    """More of `|KEY = VALUE`."""
    icc_profile: bytes | None = None
    omit: tuple[tuple[int, int], ...] = ()
    """Tiles (column, row) of level 0 that are not stored."""


def write_svs(path: Path, image: RgbImage, options: SvsOptions | None = None) -> Path:
    """An Aperio SVS file: level 0, thumbnail, smaller levels, label, macro."""
    options = options or SvsOptions()
    header = f"Aperio Image Library v12.0.0\n{image.shape[1]}x{image.shape[0]} ({options.tile[0]}x{options.tile[1]})"
    values = [f"{name} = {value:g}" for name, value in (("AppMag", options.power), ("MPP", options.mpp)) if value]
    description = "|".join([header, *values, "Date = 03/14/24", "Time = 08:30:00"]) + options.extra
    with tifffile.TiffWriter(path) as tiff:
        for number, factor in enumerate(options.factors):
            level = halved(image, factor) if factor > 1 else image
            _write_level(tiff, level, options, description if number == 0 else header, first=number == 0)
            if number == 0:
                small = halved(image, max(1, max(image.shape) // 128))
                _write_striped(tiff, small, f"Aperio\n{small.shape[1]}x{small.shape[0]} -")
        if options.associated:
            _write_striped(tiff, tissue(60, 70, 3), "Aperio\nlabel 60x70", subfiletype=1)
            _write_striped(tiff, tissue(130, 50, 4), "Aperio\nmacro 130x50", subfiletype=9)
    return path


def _write_level(tiff: Any, level: RgbImage, options: SvsOptions, description: str, *, first: bool) -> None:
    width, height = options.tile
    omit = options.omit if first else ()
    shape, tile = level.shape, (height, width)
    common = {"shape": shape, "dtype": "uint8", "tile": tile, "description": description, "metadata": None}
    if options.jpeg2000:
        stored = list(_tiles(level, options.tile))
        data = [imagecodecs.jpeg2k_encode(part, level=60, codecformat="j2k", mct=True) for part in stored]
        tiff.write(iter(data), compression=33005, photometric="rgb", iccprofile=options.icc_profile, **common)
        return
    tables, tiles = abbreviated(_tiles(level, options.tile), options.colours)
    columns = -(-level.shape[1] // width)
    kept = [b"" if (number % columns, number // columns) in omit else data for number, data in enumerate(tiles)]
    photometric, sampling = ("rgb", (1, 1)) if options.colours == "rgb" else ("ycbcr", (2, 2))
    tiff.write(
        iter(kept),
        compression="jpeg",
        photometric=photometric,
        subsampling=sampling,
        compressionargs={"outcolorspace": options.colours},
        jpegtables=tables,
        iccprofile=options.icc_profile,
        **common,
    )


def _write_striped(tiff: Any, image: RgbImage, description: str, subfiletype: int = 0) -> None:
    tiff.write(
        image,
        photometric="rgb",
        compression="lzw",
        predictor=True,
        rowsperstrip=16,
        description=description,
        metadata=None,
        subfiletype=subfiletype,
    )


def _tiles(image: RgbImage, size: tuple[int, int]) -> Iterator[RgbImage]:
    width, height = size
    padded = np.pad(image, ((0, -image.shape[0] % height), (0, -image.shape[1] % width), (0, 0)), mode="edge")
    for top in range(0, padded.shape[0], height):
        for left in range(0, padded.shape[1], width):
            yield np.ascontiguousarray(padded[top : top + height, left : left + width])


def abbreviated(tiles: Iterator[RgbImage], colours: Colours) -> tuple[bytes, list[bytes]]:
    """JPEG tables and the tiles without them and without colour markers, as scanners store them."""
    sampling = "444" if colours == "rgb" else "420"
    tables, stored = b"", []
    for tile in tiles:
        stream = bytes(
            imagecodecs.jpeg8_encode(
                tile, level=QUALITY, colorspace="rgb", outcolorspace=colours, subsampling=sampling, optimize=False
            )
        )
        parts = list(segments(stream))
        shared = [part for part in parts if part.marker in (0xDB, 0xC4)]
        dropped = [part for part in parts if part.marker in (0xDB, 0xC4, APP0, APP14)]
        tables = SOI + b"".join(stream[part.start : part.end] for part in shared) + EOI
        kept, at = b"", 0
        for part in dropped:
            kept, at = kept + stream[at : part.start], part.end
        stored.append(_numbered(kept + stream[at:]))
    return tables, stored


def _numbered(stream: bytes) -> bytes:
    """Components called 1, 2, 3, as scanners call them: libjpeg calls them R, G, B, from which decoders guess RGB."""
    changed = bytearray(stream)
    for part in segments(stream):
        if part.marker in (BASELINE, SOS):
            first, step = (part.start + 10, 3) if part.marker == BASELINE else (part.start + 5, 2)
            for number in range(3):
                changed[first + step * number] = number + 1
    return bytes(changed)


def write_ome(path: Path, image: RgbImage, *, mpp: float | None = 0.25, factors: Sequence[int] = (2, 4)) -> Path:
    """An OME-TIFF whose smaller levels are sub-IFDs of the first, JPEG in YCbCr; `mpp` None: not stated."""
    metadata: dict[str, Any] = {"axes": "YXS", "Name": "scan"}
    if mpp is not None:
        metadata |= {"PhysicalSizeX": mpp, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": mpp, "PhysicalSizeYUnit": "µm"}
    common: dict[str, Any] = {"tile": (64, 64), "photometric": "rgb", "compression": "jpeg"}
    common["compressionargs"] = {"level": QUALITY}
    with tifffile.TiffWriter(path, ome=True) as tiff:
        tiff.write(image, subifds=len(factors), metadata=metadata, **common)
        for factor in factors:
            tiff.write(halved(image, factor), subfiletype=1, metadata=None, **common)
    return path


def write_tiff(
    path: Path,
    image: RgbImage,
    *,
    factors: Sequence[int] = (1,),
    mpp: float | None = None,
    big_endian: bool = False,
    **options: Any,
) -> Path:
    """A TIFF with the given levels as pages; `options` go to `tifffile.TiffWriter.write`; deflate by default."""
    chosen: dict[str, Any] = {"compression": "deflate", "photometric": "rgb", **options}
    with tifffile.TiffWriter(path, byteorder=">" if big_endian else "<") as tiff:
        for factor in factors:
            level = halved(image, factor) if factor > 1 else image
            resolution = None if mpp is None else (1e4 / (mpp * factor), 1e4 / (mpp * factor))
            unit = None if mpp is None else "centimeter"
            reduced = int(factor > 1)
            tiff.write(level, metadata=None, resolution=resolution, resolutionunit=unit, subfiletype=reduced, **chosen)
    return path


def write_dicom(folder: Path, image: RgbImage, *, mpp: float = 0.25, factors: Sequence[int] = (1, 4)) -> Path:
    """A folder with one DICOM whole slide instance a level: JPEG baseline, TILED_FULL, 64 px tiles."""
    folder.mkdir(exist_ok=True)
    uids = {name: str(generate_uid()) for name in ("study", "series", "frame", "pyramid", "organization")}
    for number, factor in enumerate(factors):
        level = halved(image, factor) if factor > 1 else image
        dataset = _dicom_level(level, mpp * factor, uids, number)
        dataset.save_as(folder / f"level{number}.dcm", enforce_file_format=True)
    return folder


def _dicom_level(level: RgbImage, mpp: float, uids: dict[str, str], number: int) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(WHOLE_SLIDE)
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = JPEGBaseline8Bit
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    made.StudyInstanceUID, made.SeriesInstanceUID = uids["study"], uids["series"]
    made.FrameOfReferenceUID, made.Modality = uids["frame"], "SM"
    made.StudyDate, made.StudyTime, made.ContentDate, made.ContentTime = "20240314", "083000", "20240314", "083000"
    made.AcquisitionDateTime = "20240314083000"
    made.PatientName, made.PatientID, made.PatientBirthDate, made.PatientSex = "Test^Slide", "T1", "", "O"
    made.Manufacturer, made.ManufacturerModelName = "Coverslip", "Test scanner"
    made.DeviceSerialNumber, made.SoftwareVersions = "1", "1"
    made.SeriesNumber, made.InstanceNumber, made.AccessionNumber, made.StudyID = 1, number + 1, "", ""
    made.ReferringPhysicianName, made.PositionReferenceIndicator = "", "SLIDE_CORNER"
    made.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE" if number == 0 else "RESAMPLED"]
    _dicom_pixels(made, level, mpp)
    made.ContainerIdentifier, made.BarcodeValue = "S24-1-A1", "S24-1-A1-HE"
    made.VolumetricProperties, made.BurnedInAnnotation = "VOLUME", "NO"
    made.SpecimenLabelInImage, made.FocusMethod = "NO", "AUTO"
    made.ExtendedDepthOfField, made.LossyImageCompression = "NO", "01"
    made.LossyImageCompressionRatio, made.LossyImageCompressionMethod = "10", "ISO_10918_1"
    path = pydicom.Dataset()
    path.OpticalPathIdentifier, path.ObjectiveLensPower = "1", 40
    made.OpticalPathSequence, made.NumberOfOpticalPaths = DicomSequence([path]), 1
    return made


def _dicom_pixels(made: FileDataset, level: RgbImage, mpp: float) -> None:
    tiles = [
        bytes(imagecodecs.jpeg8_encode(tile, level=QUALITY, colorspace="rgb", outcolorspace="ycbcr", subsampling="422"))
        for tile in _tiles(level, (64, 64))
    ]
    made.Rows = made.Columns = 64
    made.TotalPixelMatrixColumns, made.TotalPixelMatrixRows = level.shape[1], level.shape[0]
    made.TotalPixelMatrixFocalPlanes, made.NumberOfFrames = 1, len(tiles)
    made.ImagedVolumeWidth, made.ImagedVolumeHeight = level.shape[1] * mpp / 1000, level.shape[0] * mpp / 1000
    made.ImagedVolumeDepth = 0.001
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PlanarConfiguration = 3, "YBR_FULL_422", 0
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    made.DimensionOrganizationType = "TILED_FULL"
    measures, functional, kind = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
    measures.PixelSpacing, measures.SliceThickness = [mpp / 1000, mpp / 1000], 0.001
    kind.FrameType = made.ImageType
    functional.PixelMeasuresSequence = DicomSequence([measures])
    functional.WholeSlideMicroscopyImageFrameTypeSequence = DicomSequence([kind])
    made.SharedFunctionalGroupsSequence = DicomSequence([functional])
    origin = pydicom.Dataset()
    origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem = 0, 0
    made.TotalPixelMatrixOriginSequence, made.ImageOrientationSlide = DicomSequence([origin]), [0, -1, 0, -1, 0, 0]
    made.PixelData = encapsulate(tiles)
    made["PixelData"].is_undefined_length = True


def bomb(path: Path, side: int = 4_000_000) -> Path:
    """A TIFF of 200 bytes that declares `side` x `side` pixels."""
    tags = [
        (256, 4, 1, side),
        (257, 4, 1, side),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (277, 3, 1, 1),
        (322, 4, 1, 256),
        (323, 4, 1, 256),
        (324, 4, 1, 16),
        (325, 4, 1, 16),
    ]
    body = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    path.write_bytes(b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + body + b"\0" * 64)
    return path

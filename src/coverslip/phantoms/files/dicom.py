"""DICOM VL Whole Slide Microscopy (PS3.3 A.32.8): a folder with one instance a level, in every way that is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import UID, generate_uid

from coverslip.phantoms.files.dicom_frames import (
    PHOTOMETRIC,
    SYNTAXES,
    Encoding,
    Offsets,
    Samples,
    encoded,
    store_frames,
)
from coverslip.phantoms.files.picture import Rgb, cut, halved

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
Flavour = Literal["VOLUME", "LABEL", "OVERVIEW", "THUMBNAIL"]


@dataclass(frozen=True, slots=True)
class DicomOptions:
    """How the slide is written."""

    mpp: float = 0.25
    factors: tuple[int, ...] = (1, 4)
    tile: tuple[int, int] = (64, 64)
    """Width and height."""
    encoding: Encoding = "jpeg"
    offsets: Offsets = "basic"
    fragments: int = 1
    """Pieces each frame is stored in."""
    omit: tuple[tuple[int, int], ...] = ()
    """Tiles (column, row) of level 0 that are not stored; TILED_SPARSE where there is one."""
    sparse: bool = False
    """TILED_SPARSE even where every tile is stored."""
    parts: int = 1
    """Files that level 0 is concatenated of."""
    planes: tuple[tuple[float, Rgb], ...] = ()
    """Focal planes: offset in micrometres and picture, evenly spaced; none: the picture itself, at one plane."""
    channels: tuple[tuple[str, float | None, Samples], ...] = ()
    """Fluorescence: name, emission wavelength in nm, (h, w) uint8 or uint16; they replace the picture."""
    inverted: bool = False
    """MONOCHROME1: more is darker."""
    planar: bool = False
    """Uncompressed colour plane by plane."""
    label: Rgb | None = None
    overview: Rgb | None = None
    icc_profile: bytes | None = None
    container: str = "S24-1-A1"
    barcode: str | None = "S24-1-A1-HE"


def write_dicom(folder: Path, image: Rgb, *, mpp: float = 0.25, factors: Sequence[int] = (1, 4)) -> Path:
    """A folder with one DICOM whole slide instance a level: JPEG baseline, TILED_FULL, 64 px tiles."""
    return write_dicom_series(folder, image, DicomOptions(mpp=mpp, factors=tuple(factors)))


def write_dicom_series(folder: Path, image: Rgb, options: DicomOptions) -> Path:
    """A folder with the instances of one slide: levels, label, overview."""
    folder.mkdir(exist_ok=True)
    uids = {name: str(generate_uid()) for name in ("study", "series", "frame", "concatenation")}
    number = 0
    for level, factor in enumerate(options.factors):
        number += 1
        layers = [
            [smaller(layer, factor) if factor > 1 else layer for layer in paths] for paths in _layers(image, options)
        ]
        here = options if level == 0 else replace(options, omit=(), parts=1)
        for part, made in enumerate(_parts(layers, here, factor, uids, number)):
            suffix = f"-{part}" if here.parts > 1 else ""
            made.save_as(folder / f"level{level}{suffix}.dcm", enforce_file_format=True)
    for flavour, picture in (("LABEL", options.label), ("OVERVIEW", options.overview)):
        if picture is not None:
            number += 1
            made = _picture(picture, options, uids, number, "LABEL" if flavour == "LABEL" else "OVERVIEW")
            made.save_as(folder / f"{flavour.lower()}.dcm", enforce_file_format=True)
    return folder


def smaller(layer: Any, factor: int) -> Any:
    """`picture.halved` for colour; the same for brightness of any depth."""
    if layer.ndim == 3:
        return halved(layer, factor)
    height, width = layer.shape[0] // factor, layer.shape[1] // factor
    blocks = layer[: height * factor, : width * factor].reshape(height, factor, width, factor)
    return np.rint(blocks.mean(axis=(1, 3))).astype(layer.dtype)


def _layers(image: Rgb, options: DicomOptions) -> list[list[Any]]:
    """[plane][optical path] of pixels."""
    if options.channels:
        return [[pixels for _, _, pixels in options.channels]]
    return [[picture] for _, picture in options.planes] or [[image]]


def _picture(image: Rgb, options: DicomOptions, uids: dict[str, str], number: int, flavour: Flavour) -> FileDataset:
    alone = DicomOptions(
        mpp=10.0,
        factors=(1,),
        tile=(image.shape[1], image.shape[0]),
        container=options.container,
        barcode=options.barcode,
    )
    return next(iter(_parts([[image]], alone, 1, uids, number, flavour)))


def _parts(
    layers: list[list[Any]],
    options: DicomOptions,
    factor: int,
    uids: dict[str, str],
    number: int,
    flavour: Flavour = "VOLUME",
) -> list[FileDataset]:
    """The instances of one level: one, or those it is concatenated of."""
    height, width = layers[0][0].shape[:2]
    columns = -(-width // options.tile[0])
    frames, places = [], []
    for path in range(len(layers[0])):
        for plane, paths in enumerate(layers):
            for tile, pixels in enumerate(_cut(paths[path], options)):
                place = (tile % columns, tile // columns)
                if place not in options.omit:
                    frames.append(encoded(pixels, options.encoding, options.planar))
                    places.append((*place, plane, path))
    made = []
    share = -(-len(frames) // options.parts)
    for part in range(options.parts):
        here = slice(part * share, (part + 1) * share)
        dataset = _header(options, factor, uids, number, flavour)
        _describe_pixels(dataset, layers[0][0], options, width * options.mpp * factor, height * options.mpp * factor)
        dataset.NumberOfFrames = len(frames[here])
        if options.parts > 1:
            dataset.ConcatenationUID, dataset.SOPInstanceUIDOfConcatenationSource = uids["concatenation"], uids["frame"]
            dataset.InConcatenationNumber, dataset.InConcatenationTotalNumber = part + 1, options.parts
            dataset.ConcatenationFrameOffsetNumber = part * share
        _functional_groups(dataset, options, factor, places[here])
        store_frames(dataset, frames[here], options.offsets, options.fragments, options.encoding)
        made.append(dataset)
    return made


def _cut(layer: Any, options: DicomOptions) -> list[Any]:
    if layer.ndim == 3:
        return list(cut(layer, options.tile))
    width, height = options.tile
    padded = np.pad(layer, ((0, -layer.shape[0] % height), (0, -layer.shape[1] % width)), mode="edge")
    light = (np.iinfo(padded.dtype).max - padded) if options.inverted else padded
    return [
        np.ascontiguousarray(light[top : top + height, left : left + width])
        for top in range(0, light.shape[0], height)
        for left in range(0, light.shape[1], width)
    ]


def _header(options: DicomOptions, factor: int, uids: dict[str, str], number: int, flavour: Flavour) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(WHOLE_SLIDE)
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = UID(SYNTAXES[options.encoding])
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    made.StudyInstanceUID, made.SeriesInstanceUID = uids["study"], uids["series"]
    made.FrameOfReferenceUID, made.Modality = uids["frame"], "SM"
    made.StudyDate, made.StudyTime, made.ContentDate, made.ContentTime = "20240314", "083000", "20240314", "083000"
    made.AcquisitionDateTime = "20240314083000"
    made.PatientName, made.PatientID, made.PatientBirthDate, made.PatientSex = "Test^Slide", "T1", "", "O"
    made.Manufacturer, made.ManufacturerModelName = "Coverslip", "Test scanner"
    made.DeviceSerialNumber, made.SoftwareVersions = "1", "1"
    made.SeriesNumber, made.InstanceNumber, made.AccessionNumber, made.StudyID = 1, number, "", ""
    made.ReferringPhysicianName, made.PositionReferenceIndicator = "", "SLIDE_CORNER"
    made.ImageType = ["ORIGINAL", "PRIMARY", flavour, "NONE" if factor == 1 else "RESAMPLED"]
    made.ContainerIdentifier = options.container
    if options.barcode is not None:
        made.BarcodeValue = options.barcode
    made.VolumetricProperties, made.BurnedInAnnotation = "VOLUME", "NO"
    made.SpecimenLabelInImage, made.FocusMethod = "YES" if flavour == "LABEL" else "NO", "AUTO"
    made.ExtendedDepthOfField = "NO"
    if options.encoding in ("jpeg", "jpeg-rgb"):
        made.LossyImageCompression, made.LossyImageCompressionRatio = "01", "10"
        made.LossyImageCompressionMethod = "ISO_10918_1"
    else:
        made.LossyImageCompression = "00"
    made.OpticalPathSequence = DicomSequence(_optical_paths(options))
    made.NumberOfOpticalPaths = len(made.OpticalPathSequence)
    return made


def _optical_paths(options: DicomOptions) -> list[pydicom.Dataset]:
    paths = []
    for number, (name, wavelength, _) in enumerate(options.channels or ((None, None, None),), start=1):
        path = pydicom.Dataset()
        path.OpticalPathIdentifier, path.ObjectiveLensPower = str(number), 40
        if name is not None:
            path.OpticalPathDescription = name
        if wavelength is not None:
            path.ImagePathFilterPassThroughWavelength = int(wavelength)
        if options.icc_profile is not None:
            path.ICCProfile = options.icc_profile
        paths.append(path)
    return paths


def _describe_pixels(made: FileDataset, layer: Any, options: DicomOptions, width_um: float, height_um: float) -> None:
    made.Columns, made.Rows = options.tile
    made.TotalPixelMatrixColumns, made.TotalPixelMatrixRows = layer.shape[1], layer.shape[0]
    made.TotalPixelMatrixFocalPlanes = max(1, len(options.planes))
    made.ImagedVolumeWidth, made.ImagedVolumeHeight, made.ImagedVolumeDepth = width_um / 1000, height_um / 1000, 0.001
    grey = layer.ndim == 2
    made.SamplesPerPixel = 1 if grey else 3
    if grey:
        made.PhotometricInterpretation = "MONOCHROME1" if options.inverted else "MONOCHROME2"
    else:
        made.PhotometricInterpretation = PHOTOMETRIC[options.encoding]
        made.PlanarConfiguration = 1 if options.planar else 0
    bits = 8 * layer.dtype.itemsize
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = bits, bits, bits - 1, 0


def _functional_groups(
    made: FileDataset, options: DicomOptions, factor: int, places: list[tuple[int, int, int, int]]
) -> None:
    measures, functional, kind = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
    side = options.mpp * factor / 1000
    measures.PixelSpacing, measures.SliceThickness = [side, side], 0.001
    offsets = [offset for offset, _ in options.planes] or [0.0]
    if len(offsets) > 1:
        measures.SpacingBetweenSlices = (offsets[1] - offsets[0]) / 1000
    kind.FrameType = made.ImageType
    functional.PixelMeasuresSequence = DicomSequence([measures])
    functional.WholeSlideMicroscopyImageFrameTypeSequence = DicomSequence([kind])
    made.SharedFunctionalGroupsSequence = DicomSequence([functional])
    origin = pydicom.Dataset()
    origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem = 0, 0
    made.TotalPixelMatrixOriginSequence, made.ImageOrientationSlide = DicomSequence([origin]), [0, -1, 0, -1, 0, 0]
    if not (options.sparse or options.omit):
        made.DimensionOrganizationType = "TILED_FULL"
        if len(offsets) > 1:
            origin.ZOffsetInSlideCoordinateSystem = offsets[0]
        return
    made.DimensionOrganizationType = "TILED_SPARSE"
    groups = []
    for column, row, plane, path in places:
        place, group = pydicom.Dataset(), pydicom.Dataset()
        place.ColumnPositionInTotalImagePixelMatrix = column * options.tile[0] + 1
        place.RowPositionInTotalImagePixelMatrix = row * options.tile[1] + 1
        place.XOffsetInSlideCoordinateSystem = row * options.tile[1] * side
        place.YOffsetInSlideCoordinateSystem = column * options.tile[0] * side
        place.ZOffsetInSlideCoordinateSystem = offsets[plane]
        group.PlanePositionSlideSequence = DicomSequence([place])
        which = pydicom.Dataset()
        which.OpticalPathIdentifier = str(path + 1)
        group.OpticalPathIdentificationSequence = DicomSequence([which])
        groups.append(group)
    made.PerFrameFunctionalGroupsSequence = DicomSequence(groups)

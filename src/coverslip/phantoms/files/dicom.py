"""DICOM VL Whole Slide Microscopy: a folder with one instance a level."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import imagecodecs
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import UID, JPEGBaseline8Bit, generate_uid

from coverslip.phantoms.files.jpeg_tiles import QUALITY
from coverslip.phantoms.files.picture import Rgb, cut, halved

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"


def write_dicom(folder: Path, image: Rgb, *, mpp: float = 0.25, factors: Sequence[int] = (1, 4)) -> Path:
    """A folder with one DICOM whole slide instance a level: JPEG baseline, TILED_FULL, 64 px tiles."""
    folder.mkdir(exist_ok=True)
    uids = {name: str(generate_uid()) for name in ("study", "series", "frame", "pyramid", "organization")}
    for number, factor in enumerate(factors):
        level = halved(image, factor) if factor > 1 else image
        dataset = _dicom_level(level, mpp * factor, uids, number)
        dataset.save_as(folder / f"level{number}.dcm", enforce_file_format=True)
    return folder


def _dicom_level(level: Rgb, mpp: float, uids: dict[str, str], number: int) -> FileDataset:
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


def _dicom_pixels(made: FileDataset, level: Rgb, mpp: float) -> None:
    tiles = [
        bytes(imagecodecs.jpeg8_encode(tile, level=QUALITY, colorspace="rgb", outcolorspace="ycbcr", subsampling="422"))
        for tile in cut(level, (64, 64))
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

"""The attributes of one instance, module by module (PS3.3 table A.32.8-1)."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.valuerep import DSfloat

from coverslip import __version__
from coverslip.conversion.dicom import assumed, codes
from coverslip.conversion.dicom.picture import Picture
from coverslip.conversion.dicom.profile import srgb
from coverslip.conversion.dicom.specimen import add_specimen
from coverslip.conversion.identity import Identity
from coverslip.conversion.metadata import SlideMetadata, dicom_clock, dicom_day
from coverslip.slides.slide import SlideProperties
from coverslip.vocabulary.units import Spacing

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
"""VL Whole Slide Microscopy Image Storage (PS3.4 table B.5-1)."""
UM_PER_MM = 1000.0
NO_PROFILE = "No ICC profile in the source file: sRGB is assumed"
NOT_THE_SCANS = "ICC profile of this picture not known: sRGB is assumed"
"""Of label and overview: another camera took them, and readers give no profile but the scan's."""
REFUSED_PROFILE = "ICC profile of the source file unusable: sRGB is assumed"
PATH = "1"


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What all instances of a series share."""

    properties: SlideProperties
    spacing: Spacing
    """Of level 0."""
    metadata: SlideMetadata
    identity: Identity
    profile: bytes | None
    """The slide's own ICC profile, if it can be used."""
    profile_refused: bool
    barcode: str | None
    """On the label; None where there is none or where it must not leave."""


def dataset(facts: SeriesFacts, picture: Picture, ratio: float) -> Dataset:
    """Everything of an instance but its pixels. `ratio`: raw bytes of the frames to their encoded bytes."""
    made = Dataset()
    _add_common(made, facts, picture)
    _add_patient_and_study(made, facts)
    _add_series(made, facts)
    _add_equipment(made, facts)
    _add_image(made, facts, picture)
    _add_pixels(made, facts, picture, ratio)
    _add_tiles(made, facts, picture)
    _add_functional_groups(made, picture)
    _add_optical_path(made, facts, picture)
    add_specimen(made, facts.metadata, facts.barcode, facts.identity)
    made.AcquisitionContextSequence = Sequence([])
    if picture.flavour == "LABEL":
        made.LabelText = facts.metadata.LabelText
        made.BarcodeValue = facts.barcode or ""
    return made


def _add_common(made: Dataset, facts: SeriesFacts, picture: Picture) -> None:
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID = WHOLE_SLIDE
    made.SOPInstanceUID = facts.identity.uid(f"instance:{picture.role}")
    made.InstanceNumber = picture.number
    converter = Dataset()
    converter.Manufacturer = "Coverslip"
    converter.ManufacturerModelName = "coverslip convert"
    converter.SoftwareVersions = __version__
    converter.PurposeOfReferenceCodeSequence = Sequence([codes.item(codes.MODIFYING_EQUIPMENT)])
    converter.ContributionDescription = f"Converted from {facts.properties.format}"
    made.ContributingEquipmentSequence = Sequence([converter])


def _add_patient_and_study(made: Dataset, facts: SeriesFacts) -> None:
    given = facts.metadata
    made.PatientName = given.PatientName
    made.PatientID = given.PatientID
    if given.IssuerOfPatientID:
        made.IssuerOfPatientID = given.IssuerOfPatientID
    made.PatientBirthDate = given.PatientBirthDate
    made.PatientSex = given.PatientSex
    made.StudyInstanceUID = given.StudyInstanceUID or facts.identity.slide_uid("study")
    made.StudyID = given.StudyID
    scanned = facts.properties.scanned_at
    made.StudyDate = dicom_day(scanned) if given.StudyDate is None else given.StudyDate
    made.StudyTime = dicom_clock(scanned) if given.StudyTime is None else given.StudyTime
    made.AccessionNumber = given.AccessionNumber
    made.ReferringPhysicianName = given.ReferringPhysicianName
    if given.StudyDescription:
        made.StudyDescription = given.StudyDescription


def _add_series(made: Dataset, facts: SeriesFacts) -> None:
    made.Modality = "SM"
    made.SeriesInstanceUID = facts.identity.uid("series")
    made.SeriesNumber = facts.metadata.SeriesNumber
    if facts.metadata.SeriesDescription:
        made.SeriesDescription = facts.metadata.SeriesDescription
    made.FrameOfReferenceUID = facts.identity.scaled_uid("frame of reference")
    made.PositionReferenceIndicator = "SLIDE_CORNER"


def _add_equipment(made: Dataset, facts: SeriesFacts) -> None:
    given, known = facts.metadata, facts.properties
    made.Manufacturer = given.Manufacturer or known.vendor or assumed.UNKNOWN
    made.ManufacturerModelName = given.ManufacturerModelName or known.scanner_model or assumed.UNKNOWN
    made.DeviceSerialNumber = given.DeviceSerialNumber or assumed.UNKNOWN
    made.SoftwareVersions = given.SoftwareVersions or assumed.UNKNOWN
    if given.InstitutionName:
        made.InstitutionName = given.InstitutionName


def _add_image(made: Dataset, facts: SeriesFacts, picture: Picture) -> None:
    day, clock = dicom_day(facts.properties.scanned_at), dicom_clock(facts.properties.scanned_at)
    acquired = facts.metadata.AcquisitionDateTime or (day + clock if day else "")
    made.AcquisitionDateTime = acquired or assumed.UNKNOWN_DAY + assumed.UNKNOWN_CLOCK
    made.ContentDate = acquired[:8] or assumed.UNKNOWN_DAY
    made.ContentTime = acquired[8:14] or assumed.UNKNOWN_CLOCK
    made.ImageType = picture.image_type
    shows_label = picture.of_the_label
    made.BurnedInAnnotation = "YES" if shows_label else "NO"
    made.SpecimenLabelInImage = "YES" if shows_label else "NO"
    made.VolumetricProperties = "VOLUME"
    made.FocusMethod = assumed.FOCUS_METHOD
    made.ExtendedDepthOfField = assumed.EXTENDED_DEPTH_OF_FIELD
    if not picture.of_the_label:
        made.PyramidUID = facts.identity.uid("pyramid")


def _add_pixels(made: Dataset, facts: SeriesFacts, picture: Picture, ratio: float) -> None:
    made.SamplesPerPixel = picture.encoding.samples
    made.PhotometricInterpretation = picture.encoding.photometric
    if picture.encoding.samples > 1:
        made.PlanarConfiguration = 0
    made.NumberOfFrames = picture.count
    made.Rows, made.Columns = picture.tile_height, picture.tile_width
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    if picture.encoding.photometric == "MONOCHROME2":
        made.RescaleIntercept, made.RescaleSlope, made.RescaleType = 0, 1, "US"
        made.PresentationLUTShape = "IDENTITY"
    steps = [(picture.source_method, picture.source_ratio), (picture.encoding.method, ratio)]
    applied = [(method, ratio_text(each)) for method, each in steps if method is not None]
    made.LossyImageCompression = "01" if applied else "00"
    if applied:
        made.LossyImageCompressionMethod = [method for method, _ in applied]
        made.LossyImageCompressionRatio = [each for _, each in applied]


def ratio_text(ratio: float) -> str:
    """A DS of always 9 characters, so that the header's length does not hang on it."""
    return f"{min(ratio, 999_999.0):.8f}"[:9]


def _add_tiles(made: Dataset, facts: SeriesFacts, picture: Picture) -> None:
    made.TotalPixelMatrixColumns = picture.width
    made.TotalPixelMatrixRows = picture.height
    made.TotalPixelMatrixFocalPlanes = 1
    made.NumberOfOpticalPaths = 1
    made.ImageOrientationSlide = list(assumed.ORIENTATION)
    made.TotalPixelMatrixOriginSequence = Sequence([_origin(facts, picture)])
    if picture.spacing is not None:
        made.ImagedVolumeWidth = picture.width * picture.spacing.x_um / UM_PER_MM
        made.ImagedVolumeHeight = picture.height * picture.spacing.y_um / UM_PER_MM
        made.ImagedVolumeDepth = assumed.DEPTH_UM
    organization = Dataset()
    organization.DimensionOrganizationUID = facts.identity.slide_uid("dimensions")
    made.DimensionOrganizationSequence = Sequence([organization])
    made.DimensionOrganizationType = "TILED_FULL"


def _origin(facts: SeriesFacts, picture: Picture) -> Dataset:
    """Where the first pixel lies on the glass, in millimetres: that of the slide for what shows its tissue."""
    whole, made = facts.properties, Dataset()
    x, y = whole.height * facts.spacing.y_um / UM_PER_MM, whole.width * facts.spacing.x_um / UM_PER_MM
    made.XOffsetInSlideCoordinateSystem = assumed.NO_PLACE if picture.of_the_label else _ds(x)
    made.YOffsetInSlideCoordinateSystem = assumed.NO_PLACE if picture.of_the_label else _ds(y)
    return made


def _add_functional_groups(made: Dataset, picture: Picture) -> None:
    measures, kind, shared = Dataset(), Dataset(), Dataset()
    if picture.spacing is not None:
        measures.PixelSpacing = [_ds(picture.spacing.y_um / UM_PER_MM), _ds(picture.spacing.x_um / UM_PER_MM)]
        measures.SliceThickness = _ds(assumed.DEPTH_UM / UM_PER_MM)
    kind.FrameType = picture.image_type
    path = Dataset()
    path.OpticalPathIdentifier = PATH
    shared.PixelMeasuresSequence = Sequence([measures])
    shared.WholeSlideMicroscopyImageFrameTypeSequence = Sequence([kind])
    shared.OpticalPathIdentificationSequence = Sequence([path])
    made.SharedFunctionalGroupsSequence = Sequence([shared])


def _add_optical_path(made: Dataset, facts: SeriesFacts, picture: Picture) -> None:
    path = Dataset()
    path.OpticalPathIdentifier = PATH
    fluorescence = facts.metadata.IlluminationType == "epifluorescence"
    illumination = codes.EPIFLUORESCENCE if fluorescence else codes.BRIGHTFIELD
    path.IlluminationTypeCodeSequence = Sequence([codes.item(illumination)])
    path.IlluminationColorCodeSequence = Sequence([codes.item(codes.FULL_SPECTRUM)])
    own = None if picture.of_the_label else facts.profile
    if picture.encoding.samples > 1:
        path.ICCProfile = _even(own or srgb())
        if own is None:
            path.ColorSpace = "SRGB"
            path.OpticalPathDescription = _why_assumed(facts, picture)
    if facts.properties.objective_power is not None and not picture.of_the_label:
        path.ObjectiveLensPower = _ds(facts.properties.objective_power)
    made.OpticalPathSequence = Sequence([path])


def _why_assumed(facts: SeriesFacts, picture: Picture) -> str:
    if picture.of_the_label:
        return NOT_THE_SCANS
    return REFUSED_PROFILE if facts.profile_refused else NO_PROFILE


def _even(data: bytes) -> bytes:
    return data + b"\0" * (len(data) % 2)


def _ds(value: float) -> DSfloat:
    return DSfloat(value, auto_format=True)

"""Source slides of every kind that is converted, and their conversions, made once a test run."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from coverslip.conversion.convert import convert
from coverslip.conversion.metadata import metadata_from
from coverslip.conversion.options import Options, SeriesOptions
from coverslip.conversion.plan import Choice, Target
from coverslip.conversion.result import Converted
from coverslip.phantoms.files import WRITERS
from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.phantoms.files.tiff import write_tiff
from coverslip.vocabulary.units import Spacing

SPACING = Spacing.square(0.25)
GIVEN = {
    "PatientName": "王^小明",
    "PatientID": "P-1",
    "PatientBirthDate": "19600229",
    "PatientSex": "F",
    "AccessionNumber": "S25-00123",
    "StudyID": "S25-00123",
    "ContainerIdentifier": "S25-00123-A1-2",
    "SpecimenIdentifier": "S25-00123-A1",
    "SpecimenShortDescription": "Breast, core needle biopsy",
    "BarcodeValue": "S25-00123-A1-2",
    "SpecimenPreparation": [
        {
            "ProcessingType": {
                "CodeValue": "127790008",
                "CodingSchemeDesignator": "SCT",
                "CodeMeaning": "Staining",
            },
            "Stains": [
                {"CodeValue": "12710003", "CodingSchemeDesignator": "SCT", "CodeMeaning": "hematoxylin stain"},
                {"CodeValue": "36879007", "CodingSchemeDesignator": "SCT", "CodeMeaning": "water soluble eosin stain"},
            ],
            "DateTime": "20250314083000",
        }
    ],
}
"""Everything `--metadata` takes for patient and specimen; of nobody."""

OWN: dict[str, Callable[[Path], Path]] = {
    "svs-with-missing-tiles": lambda folder: write_svs(
        folder / "gaps.svs", tissue(300, 220), SvsOptions(omit=((0, 0), (2, 1)))
    ),
    "svs-420-with-missing-tiles": lambda folder: write_svs(
        folder / "gaps.svs", tissue(300, 220), SvsOptions(colours="ycbcr", omit=((1, 1),))
    ),
    "tiff-deflate": lambda folder: write_tiff(
        folder / "deflate.tif", tissue(700, 600), factors=(1, 2), mpp=0.5, tile=(128, 128)
    ),
    "tiff-webp": lambda folder: write_tiff(
        folder / "webp.tif", tissue(300, 200), mpp=0.5, tile=(64, 64), compression="webp"
    ),
    "tiff-grey-jpeg": lambda folder: write_tiff(
        folder / "grey.tif",
        tissue(300, 200)[..., 1],
        mpp=0.5,
        tile=(64, 64),
        compression="jpeg",
        photometric="minisblack",
    ),
    "svs-large-without-small-levels": lambda folder: write_svs(
        folder / "large.svs", tissue(1500, 1200), SvsOptions(factors=(1,), tile=(256, 256))
    ),
}
FROM_THE_REGISTRY = (
    "svs-jpeg-rgb",
    "svs-jpeg-ycbcr",
    "svs-jpeg2000-rgb",
    "svs-colour-target",
    "tiff-pyramid",
    "tiff-plain",
    "ome-tiff",
    "dicom-tiled-full-jpeg",
    "dicom-tiled-full-jpeg-rgb",
    "dicom-tiled-sparse",
    "dicom-jpeg2000",
    "dicom-htj2k",
    "dicom-uncompressed",
    "dicom-label-overview",
)
SOURCES: dict[str, Callable[[Path], Path]] = {**{name: WRITERS[name] for name in FROM_THE_REGISTRY}, **OWN}
PASSING = ("svs-jpeg-rgb", "svs-jpeg-ycbcr", "svs-with-missing-tiles", "tiff-pyramid", "tiff-grey-jpeg", "ome-tiff")
"""Sources whose every level is stored in tiles that a DICOM instance can hold as they are: JPEG."""
CODESTREAMS = ("svs-jpeg2000-rgb", "dicom-jpeg2000", "dicom-htj2k")
"""The same: JPEG 2000."""
HTJ2K = ("dicom-htj2k",)
"""Converted into transfer syntaxes of 2023, which dciodvfy of 2022 and OpenSlide 4.0 do not know."""


@cache
def source(name: str) -> Path:
    """The slide's file or folder."""
    return SOURCES[name](Path(mkdtemp(prefix="coverslip-source-")))


@cache
def converted(name: str, target: Target, wanted: str = "lossless", given: bool = False) -> Converted:
    """The slide in another format."""
    out = Path(mkdtemp(prefix="coverslip-converted-")) / "out"
    metadata = metadata_from(GIVEN if given else {})
    choice = Choice("htj2k") if wanted == "htj2k" else Choice("jpeg") if wanted == "jpeg" else Choice()
    return convert(source(name), target, out, Options(choice, SeriesOptions(metadata, spacing=SPACING)))


def files(done: Converted) -> list[Path]:
    """Of a conversion."""
    return sorted(done.out / name for name in {image.file for image in done.images})

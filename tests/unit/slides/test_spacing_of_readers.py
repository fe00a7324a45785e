"""Every reader that can state a pixel size says why one is not believed; a plain lack of one is no problem."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
import tifffile
from PIL import Image

from coverslip.phantoms.files.bif import BifOptions, write_bif
from coverslip.phantoms.files.czi import CziOptions, write_czi
from coverslip.phantoms.files.dicom import DicomOptions, write_dicom, write_dicom_series
from coverslip.phantoms.files.kfb import write_kfb
from coverslip.phantoms.files.mrxs import write_mrxs
from coverslip.phantoms.files.ndpi import NdpiOptions, write_ndpi
from coverslip.phantoms.files.ome import write_ome
from coverslip.phantoms.files.philips import PhilipsOptions, write_philips
from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.qptiff import QptiffOptions, write_qptiff
from coverslip.phantoms.files.scn import ScnOptions, write_scn
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.phantoms.files.tiff import write_tiff
from coverslip.phantoms.files.vms import write_vms
from coverslip.settings import settings
from coverslip.slides.readers.isyntax import ISyntaxReader
from coverslip.slides.registry import open_slide
from coverslip.slides.slide import SlideProperties
from coverslip.vocabulary.units import Spacing

IMAGE, BESIDE = tissue(512, 384), tissue(60, 60, 2)
UM_PER_INCH = 25_400.0
Write = Callable[[Path, float], Path]


def _jpeg(folder: Path, um: float) -> Path:
    Image.fromarray(IMAGE).save(folder / "a.jpg", dpi=(round(UM_PER_INCH / um),) * 2)
    return folder / "a.jpg"


def _png(folder: Path, um: float) -> Path:
    Image.fromarray(IMAGE).save(folder / "a.png", dpi=(UM_PER_INCH / um,) * 2)
    return folder / "a.png"


def _svs(folder: Path, um: float) -> Path:
    return write_svs(folder / "a.svs", IMAGE, SvsOptions(mpp=None, extra=f"|MPP = {um}"))


ANY: dict[str, Write] = {
    "svs": _svs,
    "ome": lambda folder, um: write_ome(folder / "a.ome.tif", IMAGE, mpp=um),
    "bif": lambda folder, um: write_bif(folder / "a.bif", IMAGE, BifOptions(spacing_um=um)),
    "philips": lambda folder, um: write_philips(folder / "a.tiff", IMAGE, PhilipsOptions(spacing_um=um)),
    "dicom": lambda folder, um: write_dicom(folder / "d", IMAGE, mpp=um),
    "czi": lambda folder, um: write_czi(folder / "a.czi", IMAGE, CziOptions(mpp=um)),
    "kfb": lambda folder, um: write_kfb(folder / "a.kfb", IMAGE, mpp=um, macro=BESIDE, label=BESIDE),
    "mrxs": lambda folder, um: write_mrxs(folder / "a.mrxs", IMAGE, mpp=um, macro=BESIDE, label=BESIDE),
    "vms": lambda folder, um: write_vms(folder / "a.vms", IMAGE, mpp=um, macro=BESIDE),
}
"""Formats that state a length, which may be any number."""
DENSITY: dict[str, Write] = {
    "tiff": lambda folder, um: write_tiff(folder / "a.tif", IMAGE, mpp=um),
    "ndpi": lambda folder, um: write_ndpi(folder / "a.ndpi", IMAGE, NdpiOptions(spacing_um=um)),
    "qptiff": lambda folder, um: write_qptiff(folder / "a.qptiff", IMAGE, QptiffOptions(spacing_um=um)),
    "jpeg": _jpeg,
    "png": _png,
}
"""Formats that state pixels in a unit of length: never negative, and programs write a screen's without meaning it."""
OF_READER = {
    "tiff": "svs",
    "bif": "bif",
    "philips": "philips",
    "ndpi": "ndpi",
    "qptiff": "qptiff",
    "dicom": "dicom",
    "czi": "czi",
    "kfb": "kfb",
    "openslide": "mrxs",
    "plain": "png",
}
ON_THEIR_OWN = {"scn", "isyntax"}
"""Readers with a test of their own below."""
READS_NOTHING = {"closed"}


def properties_of(path: Path) -> SlideProperties:
    with open_slide(path) as slide:
        return slide.properties


def test_no_reader_is_left_out(tmp_path: Path) -> None:
    assert set(settings().slide_readers) == {*OF_READER, *ON_THEIR_OWN, *READS_NOTHING}
    for reader, name in OF_READER.items():
        folder = tmp_path / reader
        folder.mkdir()
        assert properties_of((ANY | DENSITY)[name](folder, 0.5)).reader == reader


@pytest.mark.parametrize("um", [0.0, -0.25, 0.001, 500.0, 1e6])
@pytest.mark.parametrize("name", [name for name in ANY if name != "philips"])
def test_an_absurd_size_is_not_measured_with_and_says_so(tmp_path: Path, name: str, um: float) -> None:
    properties = properties_of(ANY[name](tmp_path, um))
    assert (properties.spacing, properties.spacing_problem) == (None, "SPACING_NOT_CREDIBLE")


@pytest.mark.parametrize("name", DENSITY)
def test_a_density_finer_than_any_microscope_says_so(tmp_path: Path, name: str) -> None:
    properties = properties_of(DENSITY[name](tmp_path, 0.01 if name != "jpeg" else 0.5))
    expected = None if name == "jpeg" else "SPACING_NOT_CREDIBLE"  # JFIF counts to 65,535 an inch: 0.39 um
    assert properties.spacing_problem == expected


@pytest.mark.parametrize("name", ["tiff", "jpeg", "png"])
def test_a_density_of_a_screen_says_nothing_and_is_no_problem(tmp_path: Path, name: str) -> None:
    properties = properties_of(DENSITY[name](tmp_path, UM_PER_INCH / 96))
    assert (properties.spacing, properties.spacing_problem) == (None, None)


@pytest.mark.parametrize("name", [*ANY, *DENSITY])
def test_a_size_that_a_microscope_gives_is_believed(tmp_path: Path, name: str) -> None:
    properties = properties_of((ANY | DENSITY)[name](tmp_path, 0.5))
    assert properties.spacing_problem is None
    assert properties.spacing is not None
    assert properties.spacing.mean_um == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("stated", ["0.000000000", "-0.00025000", "500.0000000", "a quarter  "])
def test_a_philips_scan_that_states_an_absurd_size_says_so(tmp_path: Path, stated: str) -> None:
    """The sizes of its levels are the scan's own once more; nonsense there leaves no level to show (decision 0083)."""
    path = ANY["philips"](tmp_path, 0.25)
    path.write_bytes(path.read_bytes().replace(b"0.000250000", stated.encode(), 2))
    properties = properties_of(path)
    assert (properties.spacing, properties.spacing_problem) == (None, "SPACING_NOT_CREDIBLE")


@pytest.mark.parametrize("nm", [10, 500_000])
def test_an_scn_whose_areas_are_absurd_says_so(tmp_path: Path, nm: int) -> None:
    properties = properties_of(write_scn(tmp_path / "a.scn", IMAGE, ScnOptions(spacing_nm=nm)))
    assert properties.spacing_problem == "SPACING_NOT_CREDIBLE"


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (-1.0, -1.0), (float("nan"), 0.25), (0.25, 10.0), (500.0, 500.0)])
def test_an_isyntax_with_an_absurd_size_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, x: float, y: float
) -> None:
    from isyntax import ISyntax

    class StandIn:
        tile_width = tile_height = 64
        level_dimensions, level_downsamples = ((64, 64),), (1,)
        mpp_x, mpp_y, barcode = x, y, ""

        def nothing(self) -> None:
            return None

        read_icc_profile = read_label_image_jpeg = read_macro_image_jpeg = close = nothing

    monkeypatch.setattr(ISyntax, "open", lambda path, cache: StandIn())
    path = tmp_path / "a.isyntax"
    path.write_bytes(b'<DataObject ObjectType="DPUfsImport">')
    with ISyntaxReader().open(path) as slide:
        assert (slide.properties.spacing, slide.properties.spacing_problem) == (None, "SPACING_NOT_CREDIBLE")


@pytest.mark.parametrize("spacing", [[0.00025, 0.01], [-0.00025, 0.00025], [0, 0], [0.5, 0.5]])
def test_a_dicom_pixel_spacing_that_no_scanner_gives_says_so(tmp_path: Path, spacing: list[float]) -> None:
    folder = write_dicom_series(tmp_path / "d", IMAGE, DicomOptions())
    dataset = pydicom.dcmread(folder / "level0.dcm")
    dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing = spacing
    dataset.save_as(folder / "level0.dcm")
    properties = properties_of(folder)
    assert (properties.spacing, properties.spacing_problem) == (None, "SPACING_NOT_CREDIBLE")


def test_a_reduced_dicom_level_alone_may_be_coarser_than_any_scan(tmp_path: Path) -> None:
    folder = write_dicom(tmp_path / "d", IMAGE, mpp=0.25, factors=(1, 128))
    assert properties_of(folder / "level1.dcm").spacing == Spacing.square(32.0)


def test_an_mrxs_whose_levels_contradict_each_other_says_so(tmp_path: Path) -> None:
    path = write_mrxs(tmp_path / "a.mrxs", IMAGE, mpp=0.25, macro=BESIDE, label=BESIDE)
    index = tmp_path / "a" / "Slidedat.ini"
    text = index.read_text(encoding="utf-8-sig")
    assert "MICROMETER_PER_PIXEL_X = 1.0" in text
    index.write_text(text.replace("PIXEL_X = 1.0", "PIXEL_X = 7.0"), encoding="utf-8-sig")
    assert properties_of(path).spacing_problem == "SPACING_LEVELS_DIFFER"


def test_a_tiff_whose_sides_differ_beyond_reason_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, IMAGE, photometric="rgb", tile=(64, 64), resolution=(40_000, 1_000), resolutionunit="CENTIMETER"
    )
    assert properties_of(path).spacing_problem == "SPACING_NOT_CREDIBLE"

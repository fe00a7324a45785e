"""What readers say of a file: metadata as stated, never guessed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from coverslip.errors import LOCALES, InvalidInput, error_text
from coverslip.phantoms.files.dicom import write_dicom
from coverslip.phantoms.files.jpeg_tiles import Colours
from coverslip.phantoms.files.ome import write_ome
from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.phantoms.files.tiff import write_tiff
from coverslip.settings import settings
from coverslip.slides import errors, registry
from coverslip.slides.describe import description, from_json, to_json
from coverslip.slides.errors import SlideCorrupt, SlideError
from coverslip.slides.readers.tiff_metadata import aperio_metadata, iso_date
from coverslip.slides.registry import open_slide, reader_for, reader_named
from coverslip.slides.rgb import ycbcr_to_rgb
from coverslip.slides.slide import Slide
from coverslip.slides.spacing import credible_spacing, spacing_of_resolution
from coverslip.testing.contracts.slide_reader import pixels_of
from coverslip.vocabulary.geometry import Box
from coverslip.vocabulary.units import Spacing

IMAGE = tissue(301, 227)
APERIO = (
    "Aperio Image Library v11.2.1 \r\n46000x32914|AppMag = 20|ScanScope ID = CPAPERIOCS|Date = 12/29/09|Time = 09:59:15"
)


def test_every_slide_error_is_told_in_both_languages() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SlideError)]
    assert len(kinds) > 12
    for kind in kinds:
        for locale in LOCALES:
            text = error_text(kind.code, locale)
            assert text["message"]
            assert text["mend"]


def test_svs_metadata_is_read_from_the_description(tmp_path: Path) -> None:
    options = SvsOptions(
        mpp=0.2521, power=40, extra="|Barcode = S24-00017-A1|ScannerType = GT450", icc_profile=b"p" * 200
    )
    with open_slide(write_svs(tmp_path / "a.svs", IMAGE, options)) as slide:
        properties = slide.properties
    assert properties.format == "svs"
    assert properties.vendor == "Aperio"
    assert properties.spacing == Spacing.square(0.2521)
    assert properties.objective_power == 40
    assert properties.barcode == "S24-00017-A1"
    assert properties.scanner_model == "GT450"
    assert properties.scanned_at == "2024-03-14T08:30:00"
    assert properties.associated == ("label", "macro", "thumbnail")
    assert properties.icc_profile == b"p" * 200


@pytest.mark.parametrize("colours", ["rgb", "ycbcr"])
def test_colours_are_those_of_the_photometric_tag(tmp_path: Path, colours: Colours) -> None:
    path = write_svs(tmp_path / "a.svs", IMAGE, SvsOptions(colours=colours, factors=(1,)))
    with tifffile.TiffFile(path) as tiff:
        assert int(tiff.pages.first.photometric) == (2 if colours == "rgb" else 6)
    with open_slide(path) as slide:
        difference = np.abs(slide.region(0, slide.properties.bounds).astype(int) - IMAGE)
        assert difference.mean() < 4
        tile = pixels_of(slide.tile(0, 0, 0))
        assert np.array_equal(tile, slide.region(0, Box(0, 0, 64, 48)))


def test_aperio_dates_have_the_month_first() -> None:
    assert aperio_metadata(APERIO).scanned_at == "2009-12-29T09:59:15"
    assert iso_date("29/12/09 09:59:15", ("%m/%d/%y %H:%M:%S",)) is None


@pytest.mark.parametrize("stated", ["0", "-0.5", "nan", "unknown", "", "1e9", "85"])
def test_an_mpp_that_makes_no_sense_is_unknown(stated: str) -> None:
    assert aperio_metadata(f"{APERIO}|MPP = {stated}").spacing is None


def test_missing_metadata_stays_unknown(tmp_path: Path) -> None:
    options = SvsOptions(mpp=None, power=None, associated=False)
    with open_slide(write_svs(tmp_path / "a.svs", IMAGE, options)) as slide:
        properties = slide.properties
    assert properties.spacing is None
    assert properties.objective_power is None
    assert properties.barcode is None
    assert properties.associated == ("thumbnail",)


def test_ome_spacing_and_levels(tmp_path: Path) -> None:
    with open_slide(write_ome(tmp_path / "a.ome.tiff", IMAGE, mpp=0.3)) as slide:
        properties = slide.properties
    assert properties.format == "ome-tiff"
    assert properties.spacing == Spacing.square(0.3)
    assert [level.downsample for level in properties.levels] == [1.0, 2.0, 4.0]


def test_ome_without_physical_size_has_no_spacing(tmp_path: Path) -> None:
    with open_slide(write_ome(tmp_path / "a.ome.tiff", IMAGE, mpp=None)) as slide:
        assert slide.properties.spacing is None


def test_ome_label_and_macro_are_found_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tiff"
    with tifffile.TiffWriter(path, ome=True) as tiff:
        for name in ("label", "scan", "macro image"):
            tiff.write(IMAGE, photometric="rgb", metadata={"axes": "YXS", "Name": name})
    with open_slide(path) as slide:
        assert slide.properties.associated == ("label", "macro")
        assert slide.associated("label").shape == IMAGE.shape


def test_generic_pyramid_takes_spacing_from_its_resolution(tmp_path: Path) -> None:
    with open_slide(write_tiff(tmp_path / "a.tif", IMAGE, mpp=0.5, factors=(1, 2), tile=(64, 64))) as slide:
        assert slide.properties.spacing is not None
        assert slide.properties.spacing.mean_um == pytest.approx(0.5, rel=1e-4)
        assert len(slide.properties.levels) == 2


def test_imagej_micrometres_are_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, IMAGE, imagej=True, resolution=(4.0, 4.0), metadata={"unit": "um"})
    with open_slide(path) as slide:
        assert slide.properties.spacing == Spacing.square(0.25)


def test_dicom_metadata(tmp_path: Path) -> None:
    with open_slide(write_dicom(tmp_path / "d", IMAGE, mpp=0.25)) as slide:
        properties = slide.properties
    assert (properties.format, properties.reader) == ("dicom", "dicom")
    assert properties.spacing is not None
    assert properties.spacing.mean_um == pytest.approx(0.25)
    assert properties.objective_power == 40
    assert properties.barcode == "S24-1-A1-HE"
    assert properties.scanned_at == "2024-03-14T08:30:00"
    assert [level.passthrough for level in properties.levels] == [True, True]


def test_a_reduced_dicom_level_alone_does_not_claim_the_lens(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "d", IMAGE, mpp=0.25) / "level1.dcm"
    with open_slide(path) as slide:
        assert slide.properties.objective_power is None
        assert slide.properties.spacing is not None
        assert slide.properties.spacing.mean_um == pytest.approx(1.0)


def test_a_picture_states_spacing_only_credibly(tmp_path: Path) -> None:
    Image.fromarray(IMAGE).save(tmp_path / "microscope.png", dpi=(50_800, 50_800))
    Image.fromarray(IMAGE).save(tmp_path / "screen.png", dpi=(96, 96))
    with open_slide(tmp_path / "microscope.png") as slide:
        assert slide.properties.spacing is not None
        assert slide.properties.spacing.mean_um == pytest.approx(0.5, rel=1e-3)
    with open_slide(tmp_path / "screen.png") as slide:
        assert slide.properties.spacing is None


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    clear = np.dstack([IMAGE, np.zeros(IMAGE.shape[:2], np.uint8)])
    Image.fromarray(clear).save(tmp_path / "clear.png")
    with open_slide(tmp_path / "clear.png") as slide:
        assert slide.region(0, slide.properties.bounds).min() == 255
    write_tiff(tmp_path / "clear.tif", clear, extrasamples=["unassalpha"])
    with open_slide(tmp_path / "clear.tif") as slide:
        assert slide.region(0, slide.properties.bounds).min() == 255


def test_credible_spacing_has_bounds() -> None:
    assert credible_spacing(0.25, 0.25) == Spacing.square(0.25)
    assert credible_spacing(0.001, 0.001) is None
    assert credible_spacing(21.2, 21.2) is None
    assert credible_spacing(0.2, 0.5) is None
    assert credible_spacing(None, 0.5) is None
    assert spacing_of_resolution(40_000, 40_000, 3) == Spacing.square(0.25)
    assert spacing_of_resolution(40_000, 40_000, 1) is None


def test_ycbcr_conversion_is_that_of_jfif() -> None:
    colours = np.array([[[255, 128, 128], [0, 128, 128], [76, 85, 255], [150, 44, 21], [29, 255, 107]]], np.uint8)
    expected = np.array([[[255] * 3, [0] * 3, [254, 0, 0], [0, 255, 1], [0, 0, 254]]])
    assert np.abs(ycbcr_to_rgb(colours).astype(int) - expected).max() <= 1


def test_properties_survive_json_and_the_profile_only_where_asked(tmp_path: Path) -> None:
    with open_slide(write_svs(tmp_path / "a.svs", IMAGE, SvsOptions(icc_profile=b"profile"))) as slide:
        properties = slide.properties
    stored = json.loads(json.dumps(to_json(properties)))
    assert stored["has_icc_profile"] is True
    assert "icc_profile" not in stored
    assert from_json(stored).icc_profile is None
    assert from_json(json.loads(json.dumps(to_json(properties, with_profile=True)))) == properties
    told = description(properties)
    assert told["levels"][0]["columns"] == 5
    assert told["spacing_um"] == 0.25
    assert told["passthrough"] is True


def test_readers_are_asked_in_the_order_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_svs(tmp_path / "a.svs", tissue(601, 587), SvsOptions(tile=(240, 240)))
    assert reader_for(path).name == "tiff"
    monkeypatch.setenv("COVERSLIP_SLIDE_READERS", '["openslide", "tiff"]')
    settings.cache_clear()
    assert reader_for(path).name == "openslide"
    monkeypatch.undo()
    settings.cache_clear()


def test_a_reader_that_is_not_installed_is_named() -> None:
    with pytest.raises(InvalidInput, match="no_such_reader"):
        reader_named("no_such_reader")


@pytest.mark.parametrize("width", [None, 0, -5], ids=["no level", "no width", "a negative width"])
def test_a_slide_with_nothing_to_show_is_refused_whatever_its_reader(
    tmp_path: Path, width: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_svs(tmp_path / "a.svs", IMAGE)
    closed = []

    class Careless:
        """A reader that believes what its file says."""

        def open(self, of: Path) -> Slide:
            slide = reader_named("tiff").open(of)
            levels = slide.properties.levels
            levels = () if width is None else (replace(levels[0], width=width), *levels[1:])
            monkeypatch.setattr(slide, "_properties", replace(slide.properties, levels=levels))
            monkeypatch.setattr(slide, "close", lambda: closed.append(of))
            return slide

    monkeypatch.setattr(registry, "reader_for", lambda _: Careless())
    with pytest.raises(SlideCorrupt, match=r"a\.svs"):
        open_slide(path)
    assert closed == [path]

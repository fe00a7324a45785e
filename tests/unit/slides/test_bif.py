"""Ventana BIF: frames in their stated places, tiles passed through where none overlaps, checked against OpenSlide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openslide
import pytest

from coverslip.phantoms.files.bif import BifArea, BifOptions, serpentine, write_bif
from coverslip.phantoms.files.picture import Rgb, tissue
from coverslip.slides.errors import SlideCorrupt
from coverslip.slides.readers.bif import BifReader, focal_planes
from coverslip.slides.readers.bif_layout import lay_out, read_areas
from coverslip.slides.registry import open_slide
from coverslip.testing.openslide_pixels import greatest_difference, openslide_properties
from coverslip.vocabulary.geometry import Box
from coverslip.vocabulary.units import Spacing

IMAGE = tissue(700, 500)
JPEG_TOLERANCE = 2.5
"""Mean difference from the picture; a frame out of place by one pixel gives more than 6."""


def differs(shown: Rgb, corner: tuple[int, int] = (0, 0)) -> float:
    """Mean difference from the picture, where the slide is not white."""
    height, width = shown.shape[:2]
    truth = IMAGE[corner[1] : corner[1] + height, corner[0] : corner[0] + width]
    seen = shown[: truth.shape[0], : truth.shape[1]]
    covered = seen.min(axis=2) < 252
    return float(np.abs(seen.astype(np.int16) - truth)[covered].mean())


def whole(path: Path, level: int = 0) -> Rgb:
    with BifReader().open(path) as slide:
        shown = slide.properties.levels[level]
        return slide.region(level, Box(0, 0, shown.width, shown.height))


def test_a_dp_200_slide_without_overlaps_passes_its_tiles_through(tmp_path: Path) -> None:
    path = write_bif(tmp_path / "a.bif", IMAGE)
    with open_slide(path) as slide:
        properties = slide.properties
        assert properties.reader == properties.format == "bif"
        assert [level.passthrough for level in properties.levels] == [True, True, True]
        assert [(level.width, level.height) for level in properties.levels] == [(384, 288), (192, 144), (96, 72)]
    assert differs(whole(path)) < JPEG_TOLERANCE


def test_a_dp_200_slide_says_what_its_scanner_wrote(tmp_path: Path) -> None:
    with open_slide(write_bif(tmp_path / "a.bif", IMAGE, BifOptions(icc_profile=b"x" * 36 + b"acsp"))) as slide:
        properties = slide.properties
        assert properties.spacing == Spacing.square(0.25)
        assert properties.objective_power == 40
        assert (properties.vendor, properties.scanner_model) == ("Ventana", "VENTANA DP 200")
        assert properties.barcode == "S24-1-A1"
        assert properties.icc_profile == b"x" * 36 + b"acsp"
        assert properties.associated == ("macro", "thumbnail")
        assert slide.associated("macro").shape == (200, 90, 3)


def test_the_name_of_the_file_plays_no_part(tmp_path: Path) -> None:
    with open_slide(write_bif(tmp_path / "scan.ndpi", IMAGE)) as slide:
        assert slide.properties.format == "bif"


OPENSLIDE_CASES = {
    "no overlap": BifOptions(scanner=None),
    "even overlaps": BifOptions(scanner=None, overlap_x=(10,), overlap_y=(6,)),
    "odd overlaps": BifOptions(scanner=None, overlap_x=(9,), overlap_y=(7,)),
    "rgb": BifOptions(scanner=None, colours="rgb", overlap_x=(12,), overlap_y=(8,)),
    "two areas": BifOptions(
        scanner=None,
        overlap_x=(8,),
        overlap_y=(8,),
        areas=(BifArea(0, 0, 2, 2), BifArea(300, 200, 3, 2, origin=(0, 2))),
    ),
    "an area that begins late": BifOptions(scanner=None, areas=(BifArea(0, 0, 2, 3, origin=(0, 0)),)),
}


@pytest.mark.parametrize("case", OPENSLIDE_CASES)
def test_level_0_is_openslides_to_the_pixel(tmp_path: Path, case: str) -> None:
    path = write_bif(tmp_path / "a.bif", IMAGE, OPENSLIDE_CASES[case])
    stated = openslide_properties(path)
    with BifReader().open(path) as slide:
        assert (slide.properties.width, slide.properties.height) == (
            int(stated["openslide.level[0].width"]),
            int(stated["openslide.level[0].height"]),
        )
        assert greatest_difference(path, slide, 0) == 0
        assert slide.properties.spacing == Spacing.square(float(stated["openslide.mpp-x"]))
        assert slide.properties.objective_power == float(stated["openslide.objective-power"])


@pytest.mark.parametrize("case", ["no overlap", "even overlaps", "rgb", "two areas"])
def test_smaller_levels_are_openslides_where_frames_fall_on_whole_pixels(tmp_path: Path, case: str) -> None:
    """Elsewhere OpenSlide draws between pixels, which blurs; ours moves a frame by at most half a pixel."""
    path = write_bif(tmp_path / "a.bif", IMAGE, OPENSLIDE_CASES[case])
    with BifReader().open(path) as slide:
        assert greatest_difference(path, slide, 1) == 0


def test_overlaps_between_some_columns_only_close_those_gaps(tmp_path: Path) -> None:
    """OpenSlide spreads the mean overlap over all columns, and refuses the DP 200's joints (Direction LEFT)."""
    path = write_bif(tmp_path / "a.bif", IMAGE, BifOptions(areas=(BifArea(0, 0, 5, 4),), overlap_x=(0, 24, 0, 0)))
    with BifReader().open(path) as slide:
        assert (slide.properties.width, slide.properties.height) == (5 * 128 - 24, 4 * 96)
        assert not slide.properties.levels[0].passthrough
    assert differs(whole(path)) < JPEG_TOLERANCE
    with pytest.raises(openslide.OpenSlideError):
        openslide.OpenSlide(str(path))


def test_stage_drift_is_followed(tmp_path: Path) -> None:
    """OpenSlide ignores how far columns and rows lie beside each other; the joints state it."""
    drifting = BifOptions(
        scanner=None, overlap_x=(12, 7), overlap_y=(9, 11), drift_x=(-2, -1), drift_y=(-1, -3),
        areas=(BifArea(0, 0, 4, 4),),
    )  # fmt: skip
    assert differs(whole(write_bif(tmp_path / "a.bif", IMAGE, drifting))) < JPEG_TOLERANCE


def test_joints_without_confidence_are_ignored(tmp_path: Path) -> None:
    options = BifOptions(scanner=None, overlap_x=(10, 14), overlap_y=(6,), unsure=(0, 1))
    assert differs(whole(write_bif(tmp_path / "a.bif", IMAGE, options))) < JPEG_TOLERANCE


def test_areas_of_a_dp_slide_stand_where_its_grid_has_them(tmp_path: Path) -> None:
    options = BifOptions(areas=(BifArea(0, 0, 2, 2), BifArea(256, 192, 3, 2, origin=(2, 2))))
    path = write_bif(tmp_path / "a.bif", IMAGE, options)
    with BifReader().open(path) as slide:
        assert slide.properties.levels[0].passthrough
        assert (slide.properties.width, slide.properties.height) == (640, 384)
        second = slide.region(0, Box(256, 192, 384, 192))
    assert differs(second, (256, 192)) < JPEG_TOLERANCE


def test_smaller_levels_show_the_same_place(tmp_path: Path) -> None:
    options = BifOptions(scanner=None, overlap_x=(16,), overlap_y=(16,), areas=(BifArea(0, 0, 4, 4),))
    path = write_bif(tmp_path / "a.bif", IMAGE, options)
    full = whole(path).astype(np.float32)
    half = whole(path, 1).astype(np.float32)
    height, width = half.shape[0] - 1, half.shape[1] - 1
    means = full[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3).mean(axis=(1, 3))
    assert np.abs(half[:height, :width] - means).mean() < JPEG_TOLERANCE


def test_focal_planes_are_shown_one_by_one(tmp_path: Path) -> None:
    path = write_bif(tmp_path / "a.bif", IMAGE, BifOptions(planes=3))
    with BifReader().open(path) as slide:
        properties = slide.properties
        assert [plane.offset_um for plane in properties.planes] == [-1.5, 0.0, 1.5]
        assert properties.shown_plane == 1
        sharp = [float(layer_contrast(slide, plane)) for plane in range(3)]
        assert sharp[1] > sharp[2] > sharp[0]
    assert differs(whole(path)) < JPEG_TOLERANCE


def layer_contrast(slide: object, plane: int) -> float:
    """How sharp a plane is: the nominal one is, the one stored second is blurred less than the one stored third."""
    from coverslip.slides.layers import layer_of
    from coverslip.slides.slide import Slide

    assert isinstance(slide, Slide)
    pixels = layer_of(slide, plane, None).region(0, slide.properties.bounds).astype(np.int16)
    return float(np.abs(np.diff(pixels, axis=1)).mean())


def test_planes_are_stored_nominal_first_then_nearer_then_farther() -> None:
    planes, shown = focal_planes(5, 2.0)
    assert [plane.offset_um for plane in planes] == [-4.0, -2.0, 0.0, 2.0, 4.0]
    assert shown == 2
    assert focal_planes(1, 2.0)[0][0].offset_um is None


def test_frames_are_numbered_in_serpentines_from_the_lower_left() -> None:
    numbers = [[serpentine(column, row, 3, 3) for column in range(3)] for row in range(3)]
    assert numbers == [[7, 8, 9], [6, 5, 4], [1, 2, 3]]


def encode_info(joints: str = "", info: str = "", origin: str = 'OriginX="0" OriginY="0"') -> str:
    return (
        f'<EncodeInfo Ver="2"><SlideStitchInfo><ImageInfo AOIScanned="1" NumRows="2" NumCols="2" Width="10" Height="10"'
        f' Pos-X="0" Pos-Y="0" {info}>{joints}</ImageInfo></SlideStitchInfo>'
        f"<AoiOrigin><AOI0 {origin}/></AoiOrigin></EncodeInfo>"
    )


@pytest.mark.parametrize(
    "xml",
    [
        encode_info('<TileJointInfo Confidence="99" Tile1="1" Tile2="3" OverlapX="1" OverlapY="0"/>'),
        encode_info('<TileJointInfo Confidence="99" Tile1="0" Tile2="1" OverlapX="1" OverlapY="0"/>'),
        encode_info('<TileJointInfo Confidence="99" Tile1="1" Tile2="2" OverlapX="nan" OverlapY="0"/>'),
        encode_info(origin='OriginX="3" OriginY="0"'),
        encode_info(origin='OriginX="-10" OriginY="0"'),
        encode_info().replace('NumCols="2"', 'NumCols="0"'),
        encode_info().replace('NumCols="2"', 'NumCols="99999999"'),
        encode_info().replace('AOIScanned="1"', 'AOIScanned="0"'),
        encode_info().replace('Width="10"', 'Width="11"'),
        encode_info().replace("<AOI0", "<!--").replace("/></AoiOrigin>", "--></AoiOrigin>"),
    ],
)
def test_a_layout_that_contradicts_itself_is_refused(xml: str) -> None:
    with pytest.raises(SlideCorrupt):
        read_areas(xml, (10, 10), "a.bif")


def test_an_area_without_joints_lies_as_it_is_stored() -> None:
    layout = lay_out(read_areas(encode_info(), (10, 10), "a.bif"), (10, 10), by_stage=True, file="a.bif")
    assert layout.exact
    assert (layout.width, layout.height) == (20, 20)


def test_areas_farther_apart_than_any_glass_are_refused() -> None:
    xml = encode_info()
    two = xml.replace("</SlideStitchInfo>", '<ImageInfo NumRows="1" NumCols="1" Width="10" Height="10" Pos-X="5000000"'
                      ' Pos-Y="0"/></SlideStitchInfo>')  # fmt: skip
    two = two.replace("</AoiOrigin>", '<AOI1 OriginX="20" OriginY="0"/></AoiOrigin>')
    with pytest.raises(SlideCorrupt):
        lay_out(read_areas(two, (10, 10), "a.bif"), (10, 10), by_stage=True, file="a.bif")

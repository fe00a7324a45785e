"""The table from stored to shown colours agrees with LittleCMS, computed by another binding of it (Pillow)."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from coverslip.phantoms.colour import PATCHES, scanner_profile, table_profile, target
from coverslip.slides.colour.difference import ciede2000, lab_of
from coverslip.slides.colour.table import ColourSpace, ColourTable
from coverslip.slides.colour.transform import WORST_ERROR, build_table, display_profile, worst_error

PROFILES = {"matrix": scanner_profile(), "steep": scanner_profile(2.6), "table": table_profile()}
SRGB = ColourSpace.SRGB


def by_pillow(image: NDArray[np.uint8], profile: bytes, space: ColourSpace) -> NDArray[np.uint8]:
    wanted = ImageCms.createProfile("sRGB") if space is SRGB else io.BytesIO(display_profile(space))
    transform = ImageCms.buildTransform(
        io.BytesIO(profile),
        wanted,
        "RGB",
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    shown = ImageCms.applyTransform(Image.fromarray(image), transform)
    assert shown is not None
    return np.asarray(shown)


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8], space: ColourSpace) -> NDArray[np.float64]:
    return ciede2000(lab_of(one, space), lab_of(other, space))


@pytest.mark.parametrize("space", list(ColourSpace))
@pytest.mark.parametrize("kind", PROFILES)
def test_the_target_is_shown_as_littlecms_shows_it_within_two_steps(kind: str, space: ColourSpace) -> None:
    picture = target(4)
    shown = build_table(PROFILES[kind], space).apply(picture)
    found = difference(shown, by_pillow(picture, PROFILES[kind], space), space)
    assert found.max() < 1.5, found.max()
    assert found.mean() < 0.5


@pytest.mark.parametrize("kind", PROFILES)
def test_the_profiles_of_the_test_are_far_enough_from_srgb_to_be_missed(kind: str) -> None:
    picture = target(1)
    assert difference(picture, by_pillow(picture, PROFILES[kind], SRGB), SRGB).max() > 4


@pytest.mark.parametrize("space", list(ColourSpace))
@pytest.mark.parametrize("kind", PROFILES)
def test_a_table_is_nowhere_off_by_what_an_eye_could_see(kind: str, space: ColourSpace) -> None:
    table = build_table(PROFILES[kind], space)
    assert worst_error(table, PROFILES[kind], space) < WORST_ERROR


def test_a_linear_scanner_gets_the_finer_table() -> None:
    assert build_table(scanner_profile(), SRGB).size == 33
    linear = scanner_profile(1.0)
    table = build_table(linear, SRGB)
    assert table.size == 65
    assert worst_error(table, linear, SRGB) < 1.5


def test_a_slide_stored_in_the_screens_own_space_is_not_changed() -> None:
    picture = target(2)
    for space in ColourSpace:
        shown = build_table(display_profile(space), space).apply(picture)
        assert np.abs(shown.astype(int) - picture).max() <= 1


def test_white_stays_white_and_black_black() -> None:
    ends = np.array([[[255, 255, 255], [0, 0, 0]]], dtype=np.uint8)
    for profile in PROFILES.values():
        assert np.abs(build_table(profile, SRGB).apply(ends).astype(int) - ends).max() <= 1


def test_the_exact_reading_of_a_table_and_the_fast_one_agree() -> None:
    table = build_table(table_profile(), SRGB)
    colours = np.random.default_rng(2).integers(0, 256, (50, 40, 3)).astype(np.uint8)
    exact = table.exactly(colours.reshape(-1, 3) / 255).reshape(colours.shape) * 255
    assert np.abs(table.apply(colours) - exact).max() < 0.51 + 0.02


def test_a_table_survives_the_way_to_the_viewer() -> None:
    table = build_table(scanner_profile(), SRGB)
    data = table.to_bytes()
    assert data[:8] == b"CVL1\x21\x00\x00\x00"
    assert len(data) == 8 + 33**3 * 6
    np.testing.assert_array_equal(ColourTable.from_bytes(data).nodes, table.nodes)
    # Red runs fastest: the second entry is what a little red is shown as.
    assert np.frombuffer(data, "<u2", 3, 8 + 6).tolist() == table.nodes[0, 0, 1].tolist()


@pytest.mark.parametrize("data", [b"", b"CVL1", b"XXXX\x02\0\0\0" + bytes(48), b"CVL1\x02\0\0\0" + bytes(47)])
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a colour table"):
        ColourTable.from_bytes(data)


def test_the_target_has_names_and_colours_of_its_own() -> None:
    assert len(PATCHES) == 32 == len({name for name, _ in PATCHES})
    picture = target(8)
    assert picture.shape == (32, 64, 3)
    assert tuple(picture[12, 60]) == PATCHES[15][1]

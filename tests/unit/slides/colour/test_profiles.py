"""A profile that is no profile has a stated outcome: the slide opens as stored, and the reason is known."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageCms

from coverslip.errors import LOCALES
from coverslip.phantoms.colour import scanner_profile, table_profile, target
from coverslip.phantoms.files.colour_target import write_colour_target
from coverslip.slides.colour.icc import SRGB_PRIMARIES, assembled, matrix_profile
from coverslip.slides.colour.managed import SlideColour, colour_of, colour_of_profile, to_srgb
from coverslip.slides.colour.profile import LARGEST_BYTES, read_facts
from coverslip.slides.colour.table import ColourSpace
from coverslip.slides.isolation import open_isolated
from coverslip.slides.registry import open_slide

SRGB = ColourSpace.SRGB
GOOD = scanner_profile()


def altered(at: int, data: bytes) -> bytes:
    return GOOD[:at] + data + GOOD[at + len(data) :]


def upside_down() -> bytes:
    """A table to CIELAB by which white is dark and black light."""
    profile = bytearray(table_profile(2))
    entries = np.frombuffer(bytes(profile[-48 - 12 : -12]), ">u2").reshape(8, 3)[::-1]
    profile[-48 - 12 : -12] = entries.tobytes()
    return bytes(profile)


BAD = {
    "empty": (b"", "profile_none"),
    "garbage": (bytes(range(256)) * 8, "profile_none"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(500), "profile_none"),
    "cut off": (GOOD[:-100], "profile_cut_off"),
    "only a header": (GOOD[:128], "profile_none"),
    "too many tags": (altered(128, struct.pack(">I", 4_000_000_000)), "profile_broken"),
    "a tag beyond the end": (altered(132 + 4, struct.pack(">II", 400, 4_000_000_000)), "profile_broken"),
    "no tags": (assembled({}), "profile_broken"),
    "CMYK": (altered(16, b"CMYK"), "profile_space"),
    "grey": (altered(16, b"GRAY"), "profile_space"),
    "device link": (altered(12, b"link"), "profile_class"),
    "printer": (altered(12, b"prtr"), "profile_class"),
    "named colours": (altered(12, b"nmcl"), "profile_class"),
    "no primaries": (assembled({b"wtpt": b"XYZ " + bytes(16)}), "profile_broken"),
    "white is dark": (upside_down(), "profile_implausible"),
    "too large": (GOOD + bytes(LARGEST_BYTES), "profile_too_large"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_profile_that_is_none_is_unusable_for_a_stated_reason(kind: str) -> None:
    data, problem = BAD[kind]
    colour = colour_of_profile(data, SRGB)
    assert (colour.state, colour.problem, colour.table) == ("unusable", problem, None)
    for locale in LOCALES:
        words = colour.error().message(locale)
        assert problem not in words
        assert "{" not in words


def test_no_single_byte_of_a_profile_makes_anything_but_a_table_or_a_reason() -> None:
    random = np.random.default_rng(7)
    outcomes = set()
    for _ in range(400):
        data = bytearray(GOOD)
        for at in random.integers(0, len(data), 3):
            data[at] = random.integers(0, 256)
        outcomes.add(colour_of_profile(bytes(data), SRGB).state)
    assert outcomes == {"usable", "unusable"}


def test_a_good_profile_is_called_by_its_name() -> None:
    facts = read_facts(GOOD)
    assert (facts.name, facts.device_class, facts.size_bytes) == ("Coverslip phantom scanner", "scnr", len(GOOD))


def test_our_profiles_are_read_alike_by_littlecms_through_pillow() -> None:
    for profile, space in ((GOOD, "XYZ "), (table_profile(), "Lab ")):
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
        assert read.version == pytest.approx(4.3)
        assert (read.device_class, read.xcolor_space, read.connection_space) == ("scnr", "RGB ", space)


def test_a_name_with_control_letters_is_made_one_line() -> None:
    facts = read_facts(matrix_profile("Scanner\n\x07 <b>X</b>" + "y" * 300, SRGB_PRIMARIES, 2.2))
    assert "\n" not in facts.name
    assert len(facts.name) == 80


@pytest.mark.parametrize("kind", ["garbage", "cut off", "CMYK", "too large", "white is dark"])
def test_a_slide_with_such_a_profile_opens_and_is_shown_as_stored(tmp_path: Path, kind: str) -> None:
    data, problem = BAD[kind]
    path = write_colour_target(tmp_path / "slide.svs", data, patch_px=32)
    with open_isolated(path) as slide:
        colour = colour_of(slide)
        picture = slide.region(0, slide.properties.bounds)
        assert (colour.state, colour.problem) == ("unusable", problem)
        np.testing.assert_array_equal(to_srgb(slide, picture), picture)
        assert np.abs(picture.astype(int) - target(32)).max() <= 1


def test_the_sandbox_and_this_process_make_the_same_table(tmp_path: Path) -> None:
    path = write_colour_target(tmp_path / "slide.svs", patch_px=32)
    with open_isolated(path) as isolated, open_slide(path) as slide:
        for space in ColourSpace:
            there, here = isolated.managed_colour(space), colour_of(slide, space)
            assert there.to_json() == here.to_json()
            assert there.table is not None
            assert here.table is not None
            np.testing.assert_array_equal(there.table.nodes, here.table.nodes)
        assert isolated.managed_colour(SRGB).name == "Coverslip phantom scanner"


def test_a_slide_without_profile_has_none(tmp_path: Path) -> None:
    with open_isolated(write_colour_target(tmp_path / "slide.svs", b"", patch_px=32)) as slide:
        assert colour_of(slide) == SlideColour("none")


def test_what_became_of_a_profile_survives_being_stored() -> None:
    for colour in (colour_of_profile(GOOD, SRGB), colour_of_profile(b"x", SRGB), SlideColour("none")):
        assert SlideColour.from_json(colour.to_json(), colour.table) == colour


@pytest.mark.parametrize("change", [{"state": "applied"}, {"problem": "<script>"}, {"parameters": 4}])
def test_an_answer_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no "):
        SlideColour.from_json({**SlideColour("none").to_json(), **change})

"""Identifiers follow from what was converted."""

from pathlib import Path

import pytest
from pydicom.uid import UID

from coverslip.conversion.identity import UID_LENGTH, Identity, bundle_digest, hashed
from coverslip.slides.errors import SlideMissing

SLIDE = Identity("ab" * 32, "lossless")


def test_the_same_slide_and_options_give_the_same_identifier() -> None:
    assert SLIDE.uid("series") == Identity("ab" * 32, "lossless").uid("series")


def test_another_slide_or_option_or_role_gives_another() -> None:
    others = [Identity("ac" * 32, "lossless").uid("series"), Identity("ab" * 32, "jpeg").uid("series")]
    assert len({SLIDE.uid("series"), SLIDE.uid("instance:0"), *others}) == 4


def test_the_glass_slide_keeps_its_identifier_whatever_the_options() -> None:
    assert SLIDE.slide_uid("specimen") == Identity("ab" * 32, "jpeg").slide_uid("specimen")


def test_coordinates_on_the_glass_have_another_identifier_for_another_pixel_size_and_only_then() -> None:
    quarter, half = (
        Identity("ab" * 32, "lossless", scale).scaled_uid("frame of reference") for scale in ("0.25", "0.5")
    )
    assert quarter != half
    assert quarter == Identity("ab" * 32, "jpeg", "0.25").scaled_uid("frame of reference")


def test_every_identifier_is_valid_and_of_one_length() -> None:
    for number in range(500):
        uid = SLIDE.uid(f"instance:{number}")
        assert len(uid) == UID_LENGTH and UID(uid).is_valid


def test_the_digest_is_that_of_the_content_not_of_the_name(tmp_path: Path) -> None:
    first, second = tmp_path / "a.svs", tmp_path / "b.svs"
    first.write_bytes(b"slide")
    second.write_bytes(b"slide")
    assert bundle_digest(first) == bundle_digest(second)
    second.write_bytes(b"slidf")
    assert bundle_digest(first) != bundle_digest(second)


def test_a_digest_that_is_known_is_not_computed(tmp_path: Path) -> None:
    with hashed(tmp_path / "not-there", "cd" * 32) as digest:
        assert digest() == "cd" * 32


def test_what_goes_wrong_while_hashing_is_raised_to_whoever_waits(tmp_path: Path) -> None:
    with hashed(tmp_path / "not-there.svs", None) as digest, pytest.raises((SlideMissing, OSError)):
        digest()

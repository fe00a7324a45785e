"""What the picture itself says against reading it: H&E, blur, pale background, brown background."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest

from coverslip.analysis.algorithm import Findings
from coverslip.analysis.algorithms.ki67 import Ki67Classical, Ki67Parameters
from coverslip.analysis.result import assemble
from coverslip.analysis.scoring import Status
from coverslip.phantoms.field import field
from coverslip.phantoms.recipe import recipe
from coverslip.slides.slide import RgbImage
from coverslip.testing.pixels import ArrayPixels
from coverslip.vocabulary.geometry import Region

SPACING_UM = 0.25


@cache
def stained() -> RgbImage:
    return field(31, 1100, SPACING_UM).rgb


def read(rgb: RgbImage, spacing_um: float = SPACING_UM) -> Findings:
    pixels = ArrayPixels(rgb, spacing_um)
    return Ki67Classical().run(
        pixels, Region.from_box(pixels.bounds), Ki67Parameters(), lambda step: None, lambda: False
    )


def result(findings: Findings, spacing_um: float = SPACING_UM) -> dict[str, Any]:
    return assemble("ki67-ikwg-2021", findings, ArrayPixels(stained(), spacing_um).spacing).to_json()


def test_a_good_field_has_no_flag_of_the_picture() -> None:
    findings = read(stained())
    assert findings.reasons == () and findings.flags == ()
    assert not {"BLUR", "STAIN_OOD", "RES_TOO_LOW"} & set(result(findings)["flags"])


def test_an_he_section_is_not_evaluable_as_a_marker() -> None:
    rgb = field(32, 1100, SPACING_UM, recipe("he", outline="full")).rgb
    findings = read(rgb)
    assert findings.reasons == ("STAIN_OOD",)
    assert len(findings.cells) == 0
    scored = result(findings)
    assert scored["status"] == Status.NOT_EVALUABLE and scored["score"] is None


@pytest.mark.parametrize(("sigma_um", "blurred"), [(0.0, False), (0.5, False), (2.0, True), (3.0, True)])
def test_blur_that_hides_nuclei_is_said(sigma_um: float, blurred: bool) -> None:
    rgb = stained()
    if sigma_um:
        rgb = np.asarray(cv2.GaussianBlur(rgb, (0, 0), sigma_um / SPACING_UM), dtype=np.uint8)
    scored = result(read(rgb))
    assert ("BLUR" in {*scored["flags"], *scored["reasons"]}) is blurred


def test_a_dark_background_is_said() -> None:
    scored = result(read((stained() * 0.78).astype(np.uint8)))
    assert "STAIN_OOD" in {*scored["flags"], *scored["reasons"]}


def test_brown_background_is_said() -> None:
    rgb = field(33, 1100, SPACING_UM, recipe("ki67", outline="full", background_dab_od=0.2)).rgb
    findings = read(rgb)
    assert findings.measurements["background_dab_od"] > 0.10
    assert "STAIN_OOD" in result(findings)["flags"]


def test_pixels_too_coarse_for_nuclei_are_not_evaluable() -> None:
    scored = result(read(stained(), 0.56), 0.56)
    assert scored["status"] == Status.NOT_EVALUABLE
    assert "RES_TOO_LOW" in scored["reasons"]


def test_fifty_five_hundredths_of_a_micrometre_are_still_read() -> None:
    assert "RES_TOO_LOW" not in read(stained(), 0.55).reasons


def test_a_fluorescence_image_gives_no_number() -> None:
    dark = np.zeros((800, 800, 3), np.uint8)
    for x in range(40, 800, 60):
        cv2.circle(dark, (x, 400), 20, (40, 60, 220), -1)
    scored = result(read(dark))
    assert scored["status"] == Status.NOT_EVALUABLE and scored["n"] == 0


def test_coloured_light_on_black_is_not_a_stain() -> None:
    noise = np.random.default_rng(1).normal(0, 4, (800, 800))
    blue = np.zeros((800, 800, 3), np.uint8)
    blue[..., 2] = np.clip(120 + noise, 0, 255)
    for x in range(40, 800, 60):
        cv2.circle(blue, (x, 400), 20, (0, 0, 230), -1)
    findings = read(blue)
    assert findings.reasons == ("STAIN_OOD",) and len(findings.cells) == 0


def test_whoever_knows_nothing_of_the_laboratory_is_told_so() -> None:
    assert {"CONTROL_UNKNOWN", "PREANALYTIC_UNKNOWN"} <= set(result(read(stained()))["flags"])

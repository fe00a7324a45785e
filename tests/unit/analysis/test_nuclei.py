"""Nuclei are found where they are, whole, apart, and independently of how the picture was cut."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from coverslip.analysis.nuclei.blobs import KERNEL_SUM, gaussian, peaks, reach_px, strongest_apart
from coverslip.analysis.nuclei.detector import Nuclei, NucleusDetector
from coverslip.analysis.nuclei.positivity import find_cut
from coverslip.analysis.nuclei.signal import DARKEST_REFERENCE, PALEST_REFERENCE, NuclearSignal, haematoxylin_reference
from coverslip.analysis.stains.deconvolution import Deconvolution
from coverslip.analysis.stains.optical_density import WhitePoint
from coverslip.analysis.stains.vectors import DAB, HAEMATOXYLIN, StainVectors, unit
from coverslip.slides.slide import RgbImage

WHITE = WhitePoint(244.0, 243.0, 241.0)
SPACING_UM = 0.5


def picture(discs: list[tuple[int, int, int, float, float]], size: int = 240) -> RgbImage:
    """Discs of nuclear stain on pale tissue: (x, y, radius in px, haematoxylin OD, DAB OD)."""
    h, d = np.full((size, size), 0.03, np.float32), np.zeros((size, size), np.float32)
    for x, y, radius, haematoxylin, dab in discs:
        mask = np.zeros((size, size), np.uint8)
        cv2.circle(mask, (x, y), radius, 1, -1)
        h[mask > 0], d[mask > 0] = haematoxylin, dab
    blue, brown = (np.asarray(cv2.GaussianBlur(stain, (0, 0), 0.8)) for stain in (h, d))
    density = blue[..., None] * unit(HAEMATOXYLIN) + brown[..., None] * unit(DAB)
    return np.rint(WHITE.array() * 10.0**-density).astype(np.uint8)


def detector(least: float = 0.035) -> NucleusDetector:
    h, d = unit(HAEMATOXYLIN).tolist(), unit(DAB).tolist()
    vectors = StainVectors((h[0], h[1], h[2]), (d[0], d[1], d[2]), 0.0, 0.0, 1, 1)
    return NucleusDetector(Deconvolution.of(WHITE, vectors), NuclearSignal(0.3), SPACING_UM, least)


def positions(found: Nuclei) -> set[tuple[int, int]]:
    return {
        (round(x), round(y))
        for x, y in zip(found.seed_column + found.offset_x, found.seed_row + found.offset_y, strict=True)
    }


GRID = [(40 + 40 * i, 40 + 40 * j, 8, 0.3, 0.0) for i in range(5) for j in range(5)]


def test_each_nucleus_is_found_once_at_its_centre() -> None:
    found = detector(0.1).find(picture(GRID))
    assert positions(found) == {(x, y) for x, y, *_ in GRID}


@pytest.mark.parametrize("radius", [5, 6, 8, 10, 12])
def test_nuclei_of_five_to_twelve_micrometres_are_found(radius: int) -> None:
    found = detector(0.1).find(picture([(120, 120, radius, 0.3, 0.0)]))
    assert positions(found) == {(120, 120)}
    assert found.area_um2[0] == pytest.approx(np.pi * (radius * SPACING_UM) ** 2, rel=0.25)


def test_densities_are_those_of_the_nucleus() -> None:
    found = detector(0.1).find(picture([(60, 60, 9, 0.30, 0.0), (170, 160, 9, 0.1, 0.6)]))
    by_place = dict(zip(found.seed_row.tolist(), range(len(found.seed_row)), strict=True))
    blue, brown = min(by_place), max(by_place)
    assert found.dab_od[by_place[blue]] == pytest.approx(0.0, abs=0.03)
    assert found.haematoxylin_od[by_place[blue]] == pytest.approx(0.30, abs=0.06)
    assert found.dab_od[by_place[brown]] == pytest.approx(0.6, abs=0.08)


def test_touching_nuclei_are_two() -> None:
    found = detector(0.08).find(picture([(110, 120, 8, 0.35, 0.0), (126, 120, 8, 0.35, 0.0)]))
    assert len(found.seed_row) == 2


def test_a_pale_nucleus_beside_a_black_one_is_not_lost() -> None:
    found = detector().find(picture([(100, 120, 9, 0.2, 1.6), (124, 120, 8, 0.15, 0.0)]))
    assert len(found.seed_row) == 2


def test_a_fibre_is_no_tumour_cell() -> None:
    h = np.full((240, 240), 0.03, np.float32)
    cv2.line(h, (40, 120), (200, 130), 0.4, 3)
    density = h[..., None] * unit(HAEMATOXYLIN)
    found = detector().find(np.rint(WHITE.array() * 10.0**-density).astype(np.uint8))
    assert not (found.tumour_evidence > -0.7).any()


def test_empty_tissue_holds_no_nucleus() -> None:
    assert len(detector().find(picture([])).seed_row) == 0


@pytest.mark.parametrize("shift", [(1, 0), (0, 7), (33, 61)])
def test_a_cut_picture_gives_the_same_nuclei_to_the_digit(shift: tuple[int, int]) -> None:
    random = np.random.default_rng(3)
    discs = [
        (int(x), int(y), int(r), float(h), float(d))
        for x, y, r, h, d in zip(
            random.integers(0, 700, 900),
            random.integers(0, 700, 900),
            random.integers(4, 12, 900),
            random.uniform(0.05, 0.5, 900),
            random.choice([0.0, 0.0, 0.4, 0.9], 900),
            strict=True,
        )
    ]
    whole_picture = picture(discs, 700)
    chosen = detector()
    dx, dy = shift
    whole, part = chosen.find(whole_picture), chosen.find(np.ascontiguousarray(whole_picture[dy:650, dx:640]))
    margin = chosen.margin_px
    inner = (max(dx, 0) + margin, dy + margin, 640 - margin, 650 - margin)
    one, other = _inside(whole, (0, 0), inner), _inside(part, (dx, dy), inner)
    assert len(one) > 100
    assert one == other


def _inside(found: Nuclei, offset: tuple[int, int], box: tuple[int, int, int, int]) -> list[tuple[float, ...]]:
    column, row = found.seed_column + offset[0], found.seed_row + offset[1]
    keep = (column >= box[0]) & (column < box[2]) & (row >= box[1]) & (row < box[3])
    columns = (
        column, row, found.offset_x, found.offset_y, found.strength, found.tumour_evidence, found.haematoxylin_od,
        found.dab_od, found.area_um2,
    )  # fmt: skip
    return list(zip(*(values[keep].tolist() for values in columns), strict=True))


@pytest.mark.parametrize("sigma", [1.5, 3.9, 11.0])
def test_blurring_is_exact_and_keeps_a_flat_field(sigma: float) -> None:
    flat = np.full((80, 90), 255, np.uint8)
    blurred = gaussian(flat, sigma)
    assert (blurred == 255.0 * KERNEL_SUM * KERNEL_SUM).all()
    noise = np.random.default_rng(1).integers(0, 256, (150, 170), dtype=np.uint8)
    reach = reach_px(sigma)
    whole, part = gaussian(noise, sigma), gaussian(np.ascontiguousarray(noise[3:, 5:]), sigma)
    np.testing.assert_array_equal(whole[3 + reach :, 5 + reach :], part[reach:, reach:])


def test_peaks_are_local_maxima_above_the_least() -> None:
    response = np.zeros((9, 9), np.float32)
    response[2, 2], response[2, 3], response[6, 6], response[7, 2] = 0.5, 0.4, 0.3, 0.05
    rows, columns = peaks(response, 0.1)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(2, 2), (6, 6)]


def test_of_two_near_points_the_stronger_stays_and_its_victim_ends_nobody() -> None:
    rows = np.zeros(3, np.int64)
    columns = np.array([0, 10, 20])
    radius = np.full(3, 10.0)
    kept = strongest_apart(rows, columns, np.array([3.0, 2.0, 1.0]), radius, 0.6)
    assert kept.tolist() == [True, False, True]


def test_of_equally_strong_near_points_the_first_in_reading_order_stays() -> None:
    kept = strongest_apart(np.array([5, 5]), np.array([9, 4]), np.ones(2), np.full(2, 8.0), 0.6)
    assert kept.tolist() == [False, True]


def test_the_haematoxylin_reference_follows_the_stain_within_bounds() -> None:
    none = np.zeros((100, 100), np.int16)
    assert haematoxylin_reference(np.full((100, 100), 300, np.int16), none) == pytest.approx(0.3)
    assert haematoxylin_reference(np.full((100, 100), 30, np.int16), none) == PALEST_REFERENCE
    assert haematoxylin_reference(np.full((100, 100), 900, np.int16), none) == DARKEST_REFERENCE
    assert haematoxylin_reference(none, np.full((100, 100), 500, np.int16)) == DARKEST_REFERENCE


def two_groups(negatives: int, positives: int, brown: float = 0.6) -> NDArray[np.float32]:
    random = np.random.default_rng(2)
    low, high = random.normal(0.04, 0.02, negatives), random.normal(brown, 0.08, positives)
    return np.asarray(np.abs(np.concatenate([low, high])), dtype=np.float32)


def test_two_clear_groups_are_cut_between_them() -> None:
    cut = find_cut(two_groups(300, 200), 0.17, 0.10, 0.40)
    assert cut.adaptive
    assert 0.10 < cut.dab_od < 0.40
    assert (two_groups(300, 200) >= cut.dab_od).sum() == 200


@pytest.mark.parametrize("nuclei", [two_groups(500, 0), two_groups(400, 8), two_groups(12, 12), two_groups(0, 0)])
def test_one_group_few_positives_or_few_nuclei_take_the_usual_cut(nuclei: NDArray[np.float32]) -> None:
    cut = find_cut(nuclei, 0.17, 0.10, 0.40)
    assert (cut.dab_od, cut.adaptive) == (0.17, False)


def test_the_cut_does_not_depend_on_the_order_of_the_nuclei() -> None:
    nuclei = two_groups(300, 200)
    shuffled = np.random.default_rng(4).permutation(nuclei)
    assert find_cut(nuclei, 0.17, 0.10, 0.40) == find_cut(shuffled, 0.17, 0.10, 0.40)

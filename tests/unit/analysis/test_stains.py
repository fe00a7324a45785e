"""White point, stain vectors and deconvolution give back what a picture was made of."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from coverslip.analysis.errors import BlankField
from coverslip.analysis.stains.deconvolution import MILLI, Deconvolution
from coverslip.analysis.stains.optical_density import WhitePoint, estimate_white_point, optical_density
from coverslip.analysis.stains.vectors import (
    DAB,
    HAEMATOXYLIN,
    StainVectors,
    angle_degrees,
    estimate_stain_vectors,
    unit,
)

WHITE = WhitePoint(244.0, 243.0, 241.0)


def mixed(
    haematoxylin: NDArray[np.float64],
    dab: NDArray[np.float64],
    vectors: tuple[NDArray[np.float64], NDArray[np.float64]] = (unit(HAEMATOXYLIN), unit(DAB)),
) -> NDArray[np.uint8]:
    """Pixels with these densities of the two stains; (n, 3)."""
    density = haematoxylin[:, None] * vectors[0] + dab[:, None] * vectors[1]
    return np.rint(WHITE.array() * 10.0**-density).astype(np.uint8)


def of_reference() -> StainVectors:
    h, d = unit(HAEMATOXYLIN).tolist(), unit(DAB).tolist()
    return StainVectors((h[0], h[1], h[2]), (d[0], d[1], d[2]), 0.0, 0.0, 1, 1)


def turned(
    vector: tuple[float, float, float], towards: tuple[float, float, float], degrees: float
) -> NDArray[np.float64]:
    start, end = unit(vector), unit(towards)
    across = unit(end - (end @ start) * start)
    return np.asarray(np.cos(np.radians(degrees)) * start + np.sin(np.radians(degrees)) * across)


def test_white_has_no_density_and_a_tenth_of_it_has_one() -> None:
    pixels = np.array([[244, 243, 241], [24, 24, 24]], np.uint8)
    density = optical_density(pixels, WHITE)
    np.testing.assert_array_equal(density[0], 0.0)
    np.testing.assert_allclose(density[1], 1.0, atol=0.01)


def test_black_and_brighter_than_white_have_finite_densities() -> None:
    density = optical_density(np.array([[0, 0, 0], [255, 255, 255]], np.uint8), WHITE)
    assert np.isfinite(density).all()
    np.testing.assert_array_equal(density[1], 0.0)


def test_the_white_point_is_that_of_the_empty_slide_not_of_a_speck() -> None:
    tissue = np.full((9_000, 3), 150, np.uint8)
    glass = np.full((900, 3), (244, 243, 241), np.uint8)
    specks = np.full((10, 3), 255, np.uint8)
    assert estimate_white_point(np.concatenate([tissue, glass, specks])) == WHITE


@pytest.mark.parametrize("pixels", [np.zeros((0, 3), np.uint8), np.zeros((1000, 3), np.uint8)])
def test_nothing_and_black_have_no_white_point(pixels: NDArray[np.uint8]) -> None:
    with pytest.raises(BlankField):
        estimate_white_point(pixels)


def test_deconvolution_gives_back_the_densities() -> None:
    random = np.random.default_rng(5)
    h, d = random.uniform(0, 0.9, 4000), random.uniform(0, 0.9, 4000)
    found = Deconvolution.of(WHITE, of_reference()).separate(mixed(h, d).reshape(40, 100, 3))
    np.testing.assert_allclose(found[0].ravel() / MILLI, h, atol=0.03)
    np.testing.assert_allclose(found[1].ravel() / MILLI, d, atol=0.03)


def test_deconvolution_is_never_negative() -> None:
    pixels = np.random.default_rng(6).integers(0, 256, (50, 60, 3)).astype(np.uint8)
    assert all((stain >= 0).all() for stain in Deconvolution.of(WHITE, of_reference()).separate(pixels))


@pytest.mark.parametrize("degrees", [-8.0, 0.0, 8.0, 15.0])
def test_stain_vectors_follow_the_slide(degrees: float) -> None:
    random = np.random.default_rng(7)
    blue = turned(HAEMATOXYLIN, (0.9, 0.4, 0.1), degrees)
    brown = turned(DAB, (0.2, 0.4, 0.9), degrees)
    h = np.concatenate([random.uniform(0.2, 0.8, 6000), np.zeros(3000), random.uniform(0, 0.3, 1000)])
    d = np.concatenate([np.zeros(6000), random.uniform(0.2, 1.2, 3000), random.uniform(0, 0.3, 1000)])
    found = estimate_stain_vectors(optical_density(mixed(h, d, (blue, brown)), WHITE))
    assert angle_degrees(np.array(found.haematoxylin), blue) < 3.5
    assert angle_degrees(np.array(found.dab), brown) < 3.5


def test_a_stain_that_is_not_there_keeps_its_reference() -> None:
    h = np.random.default_rng(8).uniform(0.2, 0.8, 5000)
    found = estimate_stain_vectors(optical_density(mixed(h, np.zeros(5000)), WHITE))
    assert found.dab_pixels == 0
    assert found.dab_degrees == pytest.approx(0.0, abs=1e-5)


def test_eosin_does_not_pull_either_vector_beyond_its_cone() -> None:
    h = np.random.default_rng(9).uniform(0.2, 0.8, 5000)
    pink = mixed(h, np.zeros(5000), (unit((0.07, 0.99, 0.11)), unit(DAB)))
    found = estimate_stain_vectors(optical_density(pink, WHITE))
    assert found.haematoxylin_degrees < 25.0 and found.dab_degrees < 25.0


@pytest.mark.parametrize("level", [0, 244])
def test_a_blank_field_has_no_stain(level: int) -> None:
    pixels = np.full((5000, 3), level, np.uint8)
    with pytest.raises(BlankField):
        estimate_stain_vectors(optical_density(pixels, WHITE))

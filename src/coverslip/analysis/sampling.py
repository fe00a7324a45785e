"""What a region looks like, from patches spread evenly over its tissue: the basis of stain, white point and quality."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coverslip.analysis.algorithm import PixelSource
from coverslip.analysis.nuclei.signal import NuclearSignal, haematoxylin_reference
from coverslip.analysis.quality import StainQuality, blurred_share, stain_quality
from coverslip.analysis.regions.tissue import TissueMap
from coverslip.analysis.stains.deconvolution import Deconvolution
from coverslip.analysis.stains.optical_density import estimate_white_point, optical_density
from coverslip.analysis.stains.vectors import StainVectors, estimate_stain_vectors
from coverslip.slides.slide import RgbImage
from coverslip.vocabulary.geometry import Box, Region

WHOLE_REGION_PX = 1_000_000
"""A region of at most so many working pixels is looked at as a whole."""
PATCHES = 48
PATCH_PX = 256
"""Side of a patch in working pixels: 128 um."""
SAMPLE_PIXELS = 400_000
"""Stain statistics are taken over about so many pixels, every k-th of the patches."""


@dataclass(frozen=True, slots=True)
class RegionStains:
    """Everything a detector needs to know of the staining of one region, and what is to be said about its quality."""

    stains: Deconvolution
    vectors: StainVectors
    signal: NuclearSignal
    quality: StainQuality
    blurred_share: float | None


def region_stains(
    pixels: PixelSource, region: Region, tissue: TissueMap, working: tuple[int, float], check: Callable[[], None]
) -> RegionStains:
    """Estimate the staining of a region once, from the same pixels whatever the tiles are later.

    `working`: whole-number downsample of level 0 and the spacing it gives; `check` is called between patches and may
    raise to stop. Raises `BlankField` where nothing is stained.
    """
    factor, spacing_um = working
    patches: list[RgbImage] = []
    for bounds in _patch_bounds(pixels, region, tissue, factor):
        check()
        patches.append(pixels.read(bounds, spacing_um))
    sample = _evenly(patches)
    white = estimate_white_point(sample)
    vectors = estimate_stain_vectors(optical_density(sample, white))
    stains = Deconvolution.of(white, vectors)
    return RegionStains(
        stains=stains,
        vectors=vectors,
        signal=NuclearSignal(haematoxylin_reference(*stains.separate(sample[None]))),
        quality=stain_quality(sample, white, vectors, stains),
        blurred_share=blurred_share(patches, white, spacing_um),
    )


def _patch_bounds(pixels: PixelSource, region: Region, tissue: TissueMap, factor: int) -> list[Box]:
    bounds = _aligned(region.bounds.intersection(pixels.bounds) or pixels.bounds, factor, pixels.bounds)
    if bounds.width * bounds.height <= WHOLE_REGION_PX * factor * factor:
        return [bounds]
    side = PATCH_PX * factor
    found = []
    for x, y in tissue.spots(PATCHES):
        patch = Box(x - side // 2, y - side // 2, side, side).intersection(bounds)
        if patch is not None:
            found.append(_aligned(patch, factor, bounds))
    return found


def _aligned(bounds: Box, factor: int, outer: Box) -> Box:
    """The box widened to multiples of `factor`, but not beyond the last whole multiple inside `outer`."""
    x, y = bounds.x // factor * factor, bounds.y // factor * factor
    right = min(-(-bounds.right // factor) * factor, max(outer.right // factor * factor, x + factor))
    bottom = min(-(-bounds.bottom // factor) * factor, max(outer.bottom // factor * factor, y + factor))
    return Box(x, y, right - x, bottom - y)


def _evenly(patches: list[RgbImage]) -> NDArray[np.uint8]:
    pixels = np.concatenate([patch.reshape(-1, 3) for patch in patches])
    return pixels[:: max(1, len(pixels) // SAMPLE_PIXELS)]

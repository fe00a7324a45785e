"""The contract of every algorithm: what it declares, what it is given, what it returns.

Algorithms see pixels, units and numbers; never records, storage, access or the web.
Extension point: entry-point group `coverslip.algorithms`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel

from coverslip.analysis.cells import CellTable
from coverslip.slides.slide import RgbImage
from coverslip.vocabulary.geometry import Box, Region
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.stains import Stain
from coverslip.vocabulary.units import Micrometres, Spacing, SquareMillimetres


@dataclass(frozen=True, slots=True)
class Output:
    """One number an algorithm gives: its code in the result, its coded concept and its UCUM unit."""

    name: str
    unit: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class AlgorithmDeclaration:
    """What an algorithm says of itself before it runs."""

    name: str
    version: str
    marker: Marker
    stain: Stain
    finest_spacing_um: Micrometres
    coarsest_spacing_um: Micrometres
    parameters: type[BaseModel]
    outputs: tuple[Output, ...]
    profile: str
    """Scoring profile its counts are read by."""
    model_digest: str | None = None
    """SHA-256 of the weights, None for a method without weights."""


class PixelSource(Protocol):
    """The slide as an algorithm sees it."""

    @property
    def spacing(self) -> Spacing:
        """Of level 0."""
        ...

    @property
    def bounds(self) -> Box:
        """The whole of level 0."""
        ...

    def read(self, bounds: Box, spacing_um: float) -> RgbImage:
        """Pixels of `bounds` (level 0) resampled to `spacing_um`; (h, w, 3) uint8; white beyond the slide.

        h = round(bounds.height * source spacing / spacing_um), w alike.
        """
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come."""

    tiles_done: int
    tiles_total: int
    stage: str = "cells"


@dataclass(frozen=True, slots=True)
class Findings:
    """What an algorithm found, before any score."""

    cells: CellTable
    analysed_area_mm2: SquareMillimetres
    flags: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    """Codes of table 1.6 that make the reading not evaluable."""
    measurements: Mapping[str, Any] = field(default_factory=dict)


class Algorithm(Protocol):
    """One reading method."""

    @property
    def declaration(self) -> AlgorithmDeclaration:
        """What it reads, at which spacings, and what it gives."""
        ...

    def run(
        self,
        pixels: PixelSource,
        region: Region,
        parameters: BaseModel,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> Findings:
        """Find and classify the cells of `region` (pixels of level 0).

        Raises `AnalysisCancelled` soon after `cancelled()` turns true. The same pixels and parameters give the same
        findings to the digit, whatever the tile order or the number of threads.
        """
        ...

"""What a phantom shows: stain, marker, share of positive tumour cells, architecture, optics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from coverslip.errors import InvalidInput
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.stains import Stain

Architecture = Literal["nests", "glands", "sheets"]
Outline = Literal["resection", "core", "full"]
Compartment = Literal["nucleus", "membrane"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that is chosen about a phantom beside its seed and its size. Optical densities are base 10, lengths um."""

    stain: Stain = Stain.IHC_DAB
    marker: Marker | None = Marker.KI67
    compartment: Compartment = "nucleus"
    positive_percent: float = 20.0
    intensity_mix: tuple[float, float, float] = (0.2, 0.3, 0.5)
    """Shares of weak, moderate and strong among the positive cells."""
    hot_spots: float = 0.8
    """0: positives lie evenly; 1: they gather in hot spots."""
    architecture: Architecture = "nests"
    outline: Outline = "resection"
    tumour_share: float = 0.5
    """Part of the tissue that is tumour."""
    lymphocyte_share: float = 0.12
    """Part of the stroma that is packed with lymphocytes."""
    fat_share: float = 0.08
    other_positive_percent: float = 2.0
    """Per cent of stroma cells and lymphocytes that are positive too; they are never counted."""
    nucleus_diameter_um: float = 9.0
    pleomorphism: float = 0.16
    """Standard deviation of log diameter."""
    haematoxylin_od: float = 0.27
    background_dab_od: float = 0.018
    haematoxylin_tone: float = 0.55
    """0: violet counterstain, 1: blue-grey."""
    white: tuple[int, int, int] = (244, 243, 241)
    blur_um: float = 0.16
    noise: float = 1.3
    """Standard deviation of the camera's noise, grey levels."""

    def __post_init__(self) -> None:
        for name in ("positive_percent", "other_positive_percent"):
            if not 0.0 <= getattr(self, name) <= 100.0:
                raise InvalidInput(field=name, problem="phantom_percent", value=getattr(self, name))
        for name in ("hot_spots", "tumour_share", "lymphocyte_share", "fat_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InvalidInput(field=name, problem="phantom_share", value=getattr(self, name))
        if abs(sum(self.intensity_mix) - 1.0) > 1e-6 or min(self.intensity_mix) < 0:
            raise InvalidInput(field="intensity_mix", problem="phantom_mix", value=str(self.intensity_mix))


_PRESETS = {
    "ki67": Recipe(),
    "er": Recipe(marker=Marker.ER, positive_percent=85, intensity_mix=(0.2, 0.35, 0.45), hot_spots=0.2),
    "pr": Recipe(marker=Marker.PR, positive_percent=45, intensity_mix=(0.35, 0.35, 0.3), hot_spots=0.5),
    "her2": Recipe(
        marker=Marker.HER2, compartment="membrane", positive_percent=60, intensity_mix=(0.3, 0.4, 0.3), hot_spots=0.3
    ),
    "pd-l1": Recipe(
        marker=Marker.PD_L1, compartment="membrane", positive_percent=40, hot_spots=0.6, other_positive_percent=15
    ),
    "he": Recipe(
        stain=Stain.HE,
        marker=None,
        positive_percent=0,
        other_positive_percent=0,
        haematoxylin_od=0.46,
        haematoxylin_tone=0.15,
        fat_share=0.12,
    ),
}
PRESETS = tuple(_PRESETS)


def recipe(preset: str = "ki67", **changes: object) -> Recipe:
    """The preset of a marker (`ki67`, `er`, `pr`, `her2`, `pd-l1`) or of H&E (`he`), with changes.

    Raises `InvalidInput` for an unknown preset or a value that cannot be.
    """
    if preset not in _PRESETS:
        raise InvalidInput(field="marker", problem="not_one_of", value=preset, allowed=", ".join(PRESETS))
    return replace(_PRESETS[preset], **changes)  # type: ignore[arg-type]  # the dataclass refuses unknown names

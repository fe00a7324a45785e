"""What a caller decides about a conversion."""

from __future__ import annotations

from dataclasses import dataclass, field

from coverslip.conversion.metadata import SlideMetadata
from coverslip.conversion.plan import Choice
from coverslip.vocabulary.units import Spacing


@dataclass(frozen=True, slots=True)
class SeriesOptions:
    """What is said of the slide, and what of it is left out."""

    metadata: SlideMetadata = field(default_factory=SlideMetadata)
    """Written into DICOM only."""
    spacing: Spacing | None = None
    """Of level 0, stated by a person; overrules what the slide says."""
    without_label: bool = False
    """Leave out the label, the overview (which shows it too) and the barcode."""
    digest: str | None = None
    """SHA-256 of the slide's content (`Bundle.content_digest`) where it is known already."""


@dataclass(frozen=True, slots=True)
class Options:
    """Everything."""

    choice: Choice = field(default_factory=Choice)
    series: SeriesOptions = field(default_factory=SeriesOptions)

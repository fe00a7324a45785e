"""`convert`: a slide in, another format out, its tiles untouched wherever the format allows it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from coverslip.conversion.dicom.series import SeriesOptions, write_series
from coverslip.conversion.plan import Choice, Target, plan_conversion
from coverslip.conversion.result import Converted, Progress, Silent
from coverslip.conversion.tiff import write_tiff
from coverslip.slides.isolation import DecoderLimits, DecoderPool


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller decides."""

    choice: Choice = field(default_factory=Choice)
    series: SeriesOptions = field(default_factory=SeriesOptions)


def convert(
    source: Path, target: Target, out: Path, options: Options | None = None, progress: Progress | None = None
) -> Converted:
    """Convert a slide; `out`: a new folder for DICOM, the folder of the new file otherwise.

    The slide is decoded in the sandbox; tiles that pass through are only copied. Nothing appears under its name before
    it is complete. Raises `SlideError`, `ConversionError`.
    """
    options, progress = options or Options(), progress or Silent()
    began = time.monotonic()
    limits = replace(DecoderLimits.of(), processes=max(1, os.cpu_count() or 1))
    with DecoderPool(limits) as decoders, decoders.open(source) as slide:
        plan = plan_conversion(slide, source, target, options.choice)
        if target == "dicom":
            written = write_series(slide, plan, out, options.series, progress)
        else:
            spacing, without_label = options.series.spacing, options.series.without_label
            written = write_tiff(slide, plan, out, progress, spacing=spacing, without_label=without_label)
        return Converted(target, out, tuple(written), time.monotonic() - began)

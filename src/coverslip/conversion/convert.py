"""`convert`: a slide in, another format out, its tiles untouched wherever the format allows it."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from coverslip.conversion.identity import hashed
from coverslip.conversion.options import Options
from coverslip.conversion.plan import Plan, Target, plan_conversion
from coverslip.conversion.result import Converted, Progress, Silent, Written
from coverslip.slides.isolation import DecoderLimits, DecoderPool, IsolatedSlide


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
    with DecoderPool(limits) as decoders, ThreadPoolExecutor(1, "convert-open") as threads:
        opening = threads.submit(decoders.open, source)
        _load(target)
        with opening.result() as slide:
            plan = plan_conversion(slide, source, target, options.choice)
            written = _written(slide, plan, out, options, progress)
    return Converted(target, out, tuple(written), time.monotonic() - began)


def _load(target: Target) -> None:
    """Import what writes the target, while the decoder process starts: each takes a third of a second."""
    if target == "dicom":
        import coverslip.conversion.dicom.series
    else:
        import coverslip.conversion.tiff  # noqa: F401


def _written(slide: IsolatedSlide, plan: Plan, out: Path, options: Options, progress: Progress) -> list[Written]:
    series = options.series
    if plan.target == "dicom":
        from coverslip.conversion.dicom.series import write_series

        with hashed(plan.source, series.digest) as digest:
            return write_series(slide, plan, out, series, progress, digest)
    from coverslip.conversion.tiff import write_tiff

    return write_tiff(slide, plan, out, progress, spacing=series.spacing, without_label=series.without_label)

"""A slide as one pyramidal TIFF: generic (each level a directory) or OME-TIFF (levels as sub-directories)."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import tifffile

from coverslip.conversion.ome_xml import ome_xml
from coverslip.conversion.output import new_file, require_room
from coverslip.conversion.plan import Plan
from coverslip.conversion.result import Progress, Written
from coverslip.conversion.tiff_levels import CLASSIC_LIMIT, REDUCED, LevelWriter, is_grey, largest_size, least_size
from coverslip.slides.isolation import IsolatedSlide
from coverslip.slides.slide import RgbImage
from coverslip.vocabulary.units import Spacing

ENDINGS = {"tiff": ".tiff", "ome-tiff": ".ome.tiff"}
BESIDE = ("label", "macro")
SPARE_BYTES = 64 * 1024 * 1024
"""For label, macro and directories."""


def write_tiff(
    slide: IsolatedSlide,
    plan: Plan,
    folder: Path,
    progress: Progress,
    *,
    spacing: Spacing | None = None,
    without_label: bool = False,
) -> list[Written]:
    """Write `folder`/NAME.tiff or NAME.ome.tiff, named after the slide. Raises as `write_series`, without spacing."""
    spacing = spacing or plan.properties.spacing
    target = folder / (plan.source.stem + ENDINGS[plan.target])
    names = [] if without_label else [name for name in BESIDE if name in plan.properties.associated]
    with new_file(target) as made:
        pictures = {name: slide.associated(name) for name in names}
        require_room(made.parent, least_size(plan), target)
        progress.begin(sum(level.count for level in plan.levels))
        written = _written(slide, plan, made, spacing, pictures, progress)
    return [replace(each, file=target.name) for each in written]


def _written(
    slide: IsolatedSlide,
    plan: Plan,
    file: Path,
    spacing: Spacing | None,
    pictures: dict[str, RgbImage],
    progress: Progress,
) -> list[Written]:
    big = largest_size(plan) + SPARE_BYTES > CLASSIC_LIMIT
    is_ome = plan.target == "ome-tiff"
    with tifffile.TiffWriter(file, bigtiff=big) as tiff:
        writer = LevelWriter(tiff, slide, plan, max(1, os.cpu_count() or 1), progress)
        first, *others = plan.levels
        text = _description(plan, spacing)
        if is_ome:
            text = ome_xml(plan.properties, spacing, pictures, grey=is_grey(first))
        subordinate = {"subifds": len(others)} if is_ome and others else {}
        written = [writer.level(first, spacing, text, **subordinate)]
        written += [writer.level(level, spacing, None, subfiletype=REDUCED) for level in others]
        written += [writer.beside(name, image) for name, image in pictures.items()]
    return written


def _description(plan: Plan, spacing: Spacing | None) -> str:
    """For people, in the ImageDescription tag; programs read the resolution tags."""
    known = plan.properties
    facts = [f"Coverslip: converted from {known.format}"]
    if spacing is not None:
        facts.append(f"pixel size {spacing.x_um:.6g} x {spacing.y_um:.6g} um")
    if known.objective_power is not None:
        facts.append(f"objective {known.objective_power:g}x")
    return "; ".join(facts)

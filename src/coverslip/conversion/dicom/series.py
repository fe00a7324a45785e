"""A slide as a series of VL Whole Slide Microscopy images: one instance a level, and label, overview and thumbnail."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coverslip import __version__
from coverslip.conversion.cuts import CutFrames
from coverslip.conversion.dicom.header import SeriesFacts, dataset
from coverslip.conversion.dicom.instance import InstanceFile
from coverslip.conversion.dicom.picture import (
    METHODS,
    Flavour,
    Picture,
    encoding_for,
    encoding_of,
)
from coverslip.conversion.errors import SpacingNeeded
from coverslip.conversion.frames import DecodedFrames, Frame, StoredFrames, encoder, passing_frames
from coverslip.conversion.identity import PLACEHOLDER, Identity, source_bytes
from coverslip.conversion.options import SeriesOptions
from coverslip.conversion.output import new_folder, require_room
from coverslip.conversion.plan import LevelPlan, Plan
from coverslip.conversion.result import Progress, Written
from coverslip.slides.isolation import IsolatedSlide
from coverslip.slides.slide import RgbImage
from coverslip.vocabulary.units import Spacing

WRITER = "2"
"""Raised whenever the same slide and options are written differently within one version of Coverslip: an identifier
names exact bytes. The version itself stands in every header, and so in every identifier of an instance too."""
THUMBNAIL_PX = 1024
LONGEST_ROW = 65535
"""Of a frame: Rows and Columns are 16-bit numbers (VR US)."""
HEADER_BYTES = 64 * 1024
SHOWN: dict[str, Flavour] = {"label": "LABEL", "macro": "OVERVIEW"}
"""Pictures beside a slide and their value of Image Type."""


@dataclass(frozen=True, slots=True)
class _Instance:
    picture: Picture
    file: str
    frames: Iterable[Frame]
    level: LevelPlan | None


def write_series(
    slide: IsolatedSlide,
    plan: Plan,
    target: Path,
    options: SeriesOptions,
    progress: Progress,
    digest: Callable[[], str],
) -> list[Written]:
    """Write the series into the new folder `target`, all of it or nothing. `digest` gives the slide's SHA-256.

    Raises `SpacingNeeded`, `OutputExists`, `DiskFull`, `OutputNotWritable`, `TileUnreadable`, `DecoderFailed`.
    """
    spacing = options.spacing or plan.properties.spacing
    if spacing is None:
        raise SpacingNeeded(file=plan.source.name)
    with new_folder(target) as folder, ThreadPoolExecutor(1, "convert-beside") as aside:
        beside = aside.submit(_beside, slide, plan, spacing, options)
        levels = list(_levels(slide, plan, spacing))
        require_room(folder, sum(_known_bytes(instance) for instance in levels), target)
        progress.begin(sum(instance.picture.count for instance in levels))
        unknown = _facts(plan, spacing, options, Identity(content="0" * 64, choices=""))
        opened: list[tuple[_Instance, InstanceFile]] = []
        try:
            for instance in _then(levels, beside):
                picture = instance.picture
                header = dataset(unknown, picture, ratio=1.0)
                file = InstanceFile(folder / instance.file, header, picture.encoding.transfer_syntax, picture.count)
                opened.append((instance, file))
                file.append(instance.frames, progress.advance)
            facts = _facts(
                plan, spacing, options, Identity(digest(), _choices(plan, spacing, options), _scale(spacing))
            )
            return [_finished(facts, instance, file) for instance, file in opened]
        finally:
            for _, file in opened:
                file.close()


def _finished(facts: SeriesFacts, instance: _Instance, file: InstanceFile) -> Written:
    picture, size = instance.picture, file.frame_bytes
    header = dataset(facts, picture, ratio=picture.raw_bytes / max(1, size))
    file.finish(header)
    return Written(
        file=instance.file,
        kind=picture.flavour.lower(),
        width=picture.width,
        height=picture.height,
        tiles=picture.count,
        tile_bytes=size,
        passed_through=instance.level is not None and instance.level.passes,
        encoding=picture.encoding.name,
        reason=instance.level.reason if instance.level is not None else "",
        uid=str(header.SOPInstanceUID),
    )


def _facts(plan: Plan, spacing: Spacing, options: SeriesOptions, identity: Identity) -> SeriesFacts:
    barcode = options.metadata.BarcodeValue or plan.properties.barcode
    return SeriesFacts(
        properties=plan.properties,
        spacing=spacing,
        metadata=options.metadata,
        identity=identity,
        profile=plan.profile,
        profile_refused=plan.profile_refused,
        barcode=None if options.without_label else barcode,
    )


def _choices(plan: Plan, spacing: Spacing, options: SeriesOptions) -> str:
    choice = plan.choice
    parts = (WRITER, __version__, choice.wanted, choice.quality, choice.pass_through, _scale(spacing))
    return "|".join(map(str, (*parts, options.without_label, options.metadata.identity())))


def _scale(spacing: Spacing) -> str:
    return f"{spacing.x_um}|{spacing.y_um}"


def _then(levels: list[_Instance], beside: Future[list[_Instance]]) -> Iterator[_Instance]:
    """The levels, and after them what was decoded and encoded meanwhile."""
    yield from levels
    yield from beside.result()


def _levels(slide: IsolatedSlide, plan: Plan, spacing: Spacing) -> Iterator[_Instance]:
    ratio = _source_ratio(plan)
    workers = max(1, os.cpu_count() or 1)
    for number, level in enumerate(plan.levels, start=1):
        picture = _level_picture(level, number, spacing, ratio)
        frames = passing_frames(plan, level) if level.passes else DecodedFrames(slide, level, plan.choice, workers)
        yield _Instance(picture, f"level-{level.level}.dcm", frames, level)


def _beside(slide: IsolatedSlide, plan: Plan, spacing: Spacing, options: SeriesOptions) -> list[_Instance]:
    """Label, overview, and a thumbnail where the coarsest level is none itself."""
    found: list[tuple[str, Flavour, RgbImage]] = []
    if not options.without_label:
        names = [name for name in SHOWN if name in plan.properties.associated]
        found = [(name, SHOWN[name], slide.associated(name)) for name in names]
    if min(max(level.width, level.height) for level in plan.levels) > THUMBNAIL_PX:
        found.append(("thumbnail", "THUMBNAIL", slide.thumbnail(THUMBNAIL_PX)))
    first = len(plan.levels) + 1
    return [_one_frame(plan, *each, number, spacing) for number, each in enumerate(found, start=first)]


def _level_picture(level: LevelPlan, number: int, spacing: Spacing, ratio: float) -> Picture:
    return Picture(
        flavour="VOLUME",
        role=f"level-{level.level}",
        number=number,
        width=level.width,
        height=level.height,
        tile_width=level.tile_width,
        tile_height=level.tile_height,
        resampled=level.level > 0,
        spacing=spacing.scaled(level.downsample),
        encoding=encoding_of(level),
        source_method=None if level.passes or level.source_lossless else METHODS.get(level.stored_as, "UNKNOWN"),
        source_ratio=ratio,
    )


def _one_frame(plan: Plan, name: str, flavour: Flavour, image: RgbImage, number: int, spacing: Spacing) -> _Instance:
    """Label, overview or thumbnail: one frame."""
    shown = np.ascontiguousarray(image[:LONGEST_ROW, :LONGEST_ROW])
    height, width = shown.shape[:2]
    whole = plan.properties
    codec = plan.choice.codec("dicom")
    picture = Picture(
        flavour=flavour,
        role=name,
        number=number,
        width=width,
        height=height,
        tile_width=width,
        tile_height=height,
        resampled=flavour == "THUMBNAIL",
        spacing=spacing.scaled(whole.width / width) if flavour == "THUMBNAIL" else None,
        encoding=encoding_for(codec),
        source_method=None,
        source_ratio=1.0,
    )
    role = {"LABEL": "label", "OVERVIEW": "overview", "THUMBNAIL": "thumbnail"}[flavour]
    return _Instance(picture, f"{role}.dcm", [(b"", encoder(codec, plan.choice)(shown))], None)


def _known_bytes(instance: _Instance) -> int:
    """What an instance will at least take on the disk: exact where its tiles pass through."""
    frames, count = instance.frames, instance.picture.count
    tables = HEADER_BYTES + 26 * count
    return tables + (frames.about_bytes if isinstance(frames, StoredFrames | CutFrames) else 0)


def _source_ratio(plan: Plan) -> float:
    """Raw bytes of all levels to bytes of the slide's files: near enough for a compression ratio, and not below 1."""
    raw = sum(level.width * level.height * 3 for level in plan.levels)
    return max(1.0, raw / max(1, source_bytes(plan.source)))


assert len(PLACEHOLDER) == len(Identity(content="0" * 64, choices="").uid("series"))

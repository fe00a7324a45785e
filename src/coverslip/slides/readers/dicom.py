"""DICOM whole slide images (PS3.3 A.32.8): one instance, or a folder with the instances of one slide.

Read by the bytes asked for: headers with pydicom, frames where the offset tables say, so a slide in object storage is
read without being copied. What of the standard is read, refused or declined stands in `docs/use/formats.md`.
"""

from __future__ import annotations

import itertools
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.errors import BytesLengthException

from coverslip.slides.bundle_errors import SeveralSlides
from coverslip.slides.dicom_area import area_of, flavour_of, pieces_of
from coverslip.slides.errors import FormatDeclined, SlideCorrupt, damage_is_corruption
from coverslip.slides.layers import colour_of, window_of
from coverslip.slides.readers.dicom_grid import matrix_size
from coverslip.slides.readers.dicom_header import DicomHeader, container, header_of, stated_pixel_um
from coverslip.slides.readers.dicom_image import DicomImage
from coverslip.slides.readers.dicom_instance import (
    PREFIX,
    PREFIX_AT,
    Instance,
    OpenSources,
    is_dicom,
    items,
    text_of,
)
from coverslip.slides.readers.dicom_slide import DicomLevels, DicomSlide
from coverslip.slides.slide import Channel, Level, SlideProperties
from coverslip.slides.source import is_folder, list_folder, open_source
from coverslip.slides.spacing import StatedSpacing, checked_by_levels
from coverslip.slides.tiled import exact_downsample

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
"""SOP class VL Whole Slide Microscopy Image Storage (PS3.4 B.5)."""
MOST_FILES = 4096
SAMPLED_TILES = 32
LARGEST_ASPECT_DIFFERENCE = 0.02


class DicomReader:
    """Reads whole slide images of 8 bits in colour, or 8 to 16 bits in channels, with any number of focal planes."""

    name = "dicom"
    reads_ranges = True

    def accepts(self, path: Path, head: bytes) -> bool:
        """True for a DICOM file (its prefix at byte 128), and for a folder that holds one."""
        if is_folder(path):
            return bool(dicom_files(path))
        return is_dicom(head)

    def open(self, path: Path) -> DicomSlide:
        """Open it. Raises `FormatDeclined` for DICOM that is no whole slide image, `SeveralSlides`, `SlideCorrupt`,
        `SlideTruncated`.
        """
        files = dicom_files(path) if is_folder(path) else [path]
        sources = OpenSources()
        try:
            with damage_is_corruption(path.name):
                return _opened(files, sources, path.name)
        except BytesLengthException as error:
            # pydicom's own kind of exception, for a number whose bytes are too few or too many.
            sources.close()
            raise SlideCorrupt(file=path.name, problem="dicom_attribute") from error
        except BaseException:
            sources.close()
            raise


def dicom_files(folder: Path) -> list[Path]:
    """The DICOM files directly in a folder, sorted by name, at most `MOST_FILES`."""
    found = []
    for path in list_folder(folder)[:MOST_FILES]:
        with closing(open_source(path)) as source:
            if is_dicom(source.read_at(0, PREFIX_AT + len(PREFIX))):
                found.append(path)
    return found


def _opened(files: list[Path], sources: OpenSources, name: str) -> DicomSlide:
    instances = _whole_slides([Instance(file, sources, name) for file in files], name)
    _require_one_slide(instances, name)
    levels, pictures = _sorted(instances, name)
    _require_one_piece([instance for group in levels for instance in group], name)
    images = tuple(DicomImage(group) for group in levels)
    _check_levels(images, name)
    associated = {kind: DicomImage([instance]) for kind, instance in pictures.items()}
    levels_of = _aligned(images)
    header = header_of(levels[0][0], images[0].grid.width, images[0].grid.height)
    stated = _checked_spacing(header, levels, images)
    properties = _properties(header, stated, images, levels_of, tuple(sorted(associated)))
    return DicomSlide(properties, levels_of, associated, sources)


def _whole_slides(instances: list[Instance], name: str) -> list[Instance]:
    """Those that are whole slide images; annotations, reports and directories may lie beside them."""
    found = [instance for instance in instances if instance.text("SOPClassUID") == WHOLE_SLIDE]
    if not found:
        kinds = [instance.header.get("SOPClassUID") for instance in instances]
        kind = next((uid.name for uid in kinds if uid), None)
        raise FormatDeclined(file=name, problem="dicom_other_object", technical=kind)
    return found


def _require_one_slide(instances: list[Instance], name: str) -> None:
    """One glass; and one series, or several of the same glass in one frame of reference."""
    glasses = {container(instance.header) for instance in instances} - {None}
    series = {instance.text("SeriesInstanceUID") for instance in instances}
    frames = {instance.text("FrameOfReferenceUID") for instance in instances}
    if len(glasses) > 1 or (len(series) > 1 and (not glasses or len(frames) > 1)):
        raise SeveralSlides(file=name, count=max(len(glasses), len(series)))


def _require_one_piece(levels: list[Instance], name: str) -> None:
    """Raises `SeveralSlides` where images show several pieces of the glass, or do not tell that they show one."""
    pieces = pieces_of([(area_of(level.header), level.text("SeriesInstanceUID") or "") for level in levels])
    if len(pieces) > 1:
        raise SeveralSlides(file=name, count=len(pieces))


def _sorted(instances: list[Instance], name: str) -> tuple[list[list[Instance]], dict[str, Instance]]:
    """The instances of each level, largest first, and those of label, overview and thumbnail."""
    levels: dict[tuple[int, int], list[Instance]] = {}
    pictures: dict[str, Instance] = {}
    for instance in instances:
        flavour = flavour_of(instance.header)
        if flavour is None:
            levels.setdefault(matrix_size(instance), []).append(instance)
        else:
            pictures.setdefault(flavour, instance)
    if not levels:
        raise FormatDeclined(file=name, problem="dicom_no_level")
    ordered = sorted(levels.items(), key=lambda entry: entry[0], reverse=True)
    return [group for _, group in ordered], pictures


def _check_levels(images: tuple[DicomImage, ...], name: str) -> None:
    """Raises `SlideCorrupt` where levels cannot be one picture, `FormatDeclined` for what would be shown wrongly."""
    base = images[0]
    if not base.encoding.grey and len(base.grid.paths) > 1:
        raise FormatDeclined(file=name, problem="channels_in_colour", number=len(base.grid.paths))
    for finer, coarser in itertools.pairwise(images):
        across = base.grid.width / coarser.grid.width
        down = base.grid.height / coarser.grid.height
        rounding = 2 * max(across / coarser.grid.width, down / coarser.grid.height)
        if abs(across - down) > max(across, down) * LARGEST_ASPECT_DIFFERENCE + rounding:
            raise SlideCorrupt(file=name, problem="levels_shapes")
        if coarser.grid.width >= finer.grid.width:
            raise SlideCorrupt(file=name, problem="levels_twice")
        if coarser.encoding.grey != base.encoding.grey:
            raise SlideCorrupt(file=name, problem="levels_colour")


def _checked_spacing(
    header: DicomHeader, levels: list[list[Instance]], images: tuple[DicomImage, ...]
) -> StatedSpacing:
    """Level 0's, unless another instance contradicts it; a level that repeats level 0's does (each has its own)."""
    base = images[0].grid
    every = [(each, image.grid) for group, image in zip(levels, images, strict=True) for each in group]
    stated = [stated_pixel_um(instance.header, grid.width, grid.height) for instance, grid in every]
    downsamples = [exact_downsample((base.width, base.height), (grid.width, grid.height)) for _, grid in every]
    return checked_by_levels(header.spacing, stated, downsamples, copies=False)


def _aligned(images: tuple[DicomImage, ...]) -> DicomLevels:
    """Which of its own planes and optical paths each level shows for those of the largest level."""
    base = images[0].grid
    planes = tuple(
        tuple(image.grid.nearest_plane(plane.offset_um, number) for number, plane in enumerate(base.planes))
        for image in images
    )
    paths = tuple(
        tuple(image.grid.paths.index(name) if name in image.grid.paths else None for name in base.paths)
        for image in images
    )
    return DicomLevels(images, planes, paths)


def _properties(
    header: DicomHeader,
    stated: StatedSpacing,
    images: tuple[DicomImage, ...],
    levels: DicomLevels,
    associated: tuple[str, ...],
) -> SlideProperties:
    base = images[0].grid
    shown = _plane_in_focus([plane.offset_um for plane in base.planes])
    channels = _channels(header, images, levels, shown)
    return SlideProperties(
        format="dicom",
        reader=DicomReader.name,
        vendor=header.vendor,
        width=base.width,
        height=base.height,
        levels=tuple(
            Level(
                width=image.grid.width,
                height=image.grid.height,
                downsample=exact_downsample((base.width, base.height), (image.grid.width, image.grid.height)),
                tile_width=image.grid.tile_width,
                tile_height=image.grid.tile_height,
                compression=image.encoding.compression,
                passthrough=not channels and image.passthrough(levels.planes[number][shown], 0) is not None,
            )
            for number, image in enumerate(images)
        ),
        spacing=stated.spacing,
        objective_power=header.objective_power,
        associated=associated,
        barcode=header.barcode,
        icc_profile=header.icc_profile,
        scanner_model=header.scanner_model,
        scanned_at=header.scanned_at,
        container_id=header.container,
        planes=base.planes,
        shown_plane=shown,
        channels=channels,
        spacing_problem=stated.problem,
    )


def _plane_in_focus(offsets_um: list[float | None]) -> int:
    """The plane at no offset, else nearest to it; the middle one where offsets are not stated."""
    if any(offset is None for offset in offsets_um):
        return len(offsets_um) // 2
    return min(range(len(offsets_um)), key=lambda number: abs(offsets_um[number] or 0.0))


def _channels(
    header: DicomHeader, images: tuple[DicomImage, ...], levels: DicomLevels, plane: int
) -> tuple[Channel, ...]:
    """None for colour, and for a slide in grey of 8 bits and one optical path, which is shown as it is."""
    base = images[0]
    if not base.encoding.grey or (len(base.grid.paths) == 1 and base.encoding.bits_stored == 8):
        return ()
    stated = {text_of(path, "OpticalPathIdentifier") or "": path for path in header.paths}
    channels = []
    for number, identifier in enumerate(base.grid.paths):
        path: Any = stated.get(identifier, {})
        wavelength = _emission(path)
        alone = len(base.grid.paths) == 1
        channels.append(
            Channel(
                name=text_of(path, "OpticalPathDescription") or identifier or str(number + 1),
                wavelength_nm=wavelength,
                colour=(255, 255, 255) if alone and wavelength is None else colour_of(wavelength, number),
                window=header.window or _measured_window(images, levels, plane, number),
            )
        )
    return tuple(channels)


def _emission(path: Any) -> float | None:
    """Wavelength that the filter before the camera lets through, in nm (PS3.3 C.8.12.5)."""
    for place in (path, *items(path, "ImagePathFilterTypeStackCodeSequence")):
        value = place.get("ImagePathFilterPassThroughWavelength")
        if value:
            return float(value)
    return None


def _measured_window(images: tuple[DicomImage, ...], levels: DicomLevels, plane: int, channel: int) -> tuple[int, int]:
    """From the coarsest level: a file states no window, as a rule."""
    image, path = images[-1], levels.paths[-1][channel]
    whitest = image.encoding.whitest
    if path is None:
        return 0, whitest
    own_plane = levels.planes[-1][plane]
    tiles = image.grid.columns * image.grid.rows
    samples: list[Any] = []
    for tile in range(0, tiles, max(1, tiles // SAMPLED_TILES)):
        try:
            pixels = image.pixels(own_plane, path, tile)
        except (ValueError, OSError, EOFError, RuntimeError):
            continue  # one damaged frame: it will say so when it is asked for
        if pixels is not None:
            samples.append(pixels.reshape(-1))
    return window_of(np.concatenate(samples), 0, whitest) if samples else (0, whitest)

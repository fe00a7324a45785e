"""Zeiss CZI: slides in colour and in fluorescence, with focal planes; by a reader of our own.

Sub-blocks lie where the stage stood and overlap, so tiles are drawn from them on a grid of our own. Levels are those
that the file holds for all its scenes; several scenes of one slide are shown where they lie on the glass.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from coverslip.errors import Problem
from coverslip.slides.errors import FormatDeclined, SlideCorrupt, damage_is_corruption, damage_is_unreadable
from coverslip.slides.layers import check_layer, colour_of, coloured, merged, window_of
from coverslip.slides.readers.czi_file import Attachment, CziFile, Part, SubBlock, is_czi
from coverslip.slides.readers.czi_level import CziLevel, DecodedBlocks, Placed
from coverslip.slides.readers.czi_metadata import FULL_SCALE, CziChannel, CziMetadata, read_metadata
from coverslip.slides.readers.czi_pixels import COLOUR_KINDS, COMPRESSIONS, GREY8, undecodable
from coverslip.slides.readers.tiff_chain import check_size
from coverslip.slides.slide import Channel, EncodedTile, FocalPlane, Level, RgbImage, SlideProperties
from coverslip.slides.source import Source, open_source
from coverslip.slides.tiled import TiledSlide, check_region_size, exact_downsample, tile_bounds
from coverslip.vocabulary.geometry import Box

GRID = 512
ATTACHED = {"Label": "label", "SlidePreview": "macro", "Thumbnail": "thumbnail"}
SINGLE = {
    "T": "time_points",
    "B": "czi_blocks",
    "H": "czi_phases",
    "I": "czi_illuminations",
    "V": "czi_views",
    "R": "czi_angles",
}
"""Dimensions of which a slide has one; more would be shown over each other."""
COARSEST_FACTOR = 1 << 14
SAMPLED_BLOCKS = 16
Levels = dict[tuple[int, int], tuple[CziLevel, ...]]
"""(focal plane, channel), counted from 0 -> its levels, largest first."""


class CziReader:
    """Reads CZI by its first bytes."""

    name = "czi"
    reads_ranges = True

    def accepts(self, path: Path, head: bytes) -> bool:
        """True for a file that begins with a ZISRAW file segment."""
        return is_czi(head)

    def open(self, path: Path) -> CziSlide:
        """Open it. Raises `SlideCorrupt`, `SlideTruncated`, `FormatDeclined`, `SlideTooLarge`."""
        source = open_source(path)
        try:
            with damage_is_corruption(path.name):
                return _opened(source, path.name)
        except BaseException:
            source.close()
            raise


class CziLayer(TiledSlide):
    """One focal plane, with all channels or one."""

    def __init__(self, properties: SlideProperties, levels: Levels, plane: int, channel: int | None) -> None:
        super().__init__(properties)
        self._all = levels
        self._plane, self._channel = plane, channel

    def close(self) -> None:
        """Forget decoded tiles; the file is the slide's."""
        self._cache.clear()
        self._cached_bytes = 0

    def _stored(self, level: int, column: int, row: int) -> EncodedTile | None:
        return None

    def _decode(self, level: int, column: int, row: int, reduction: int) -> RgbImage | None:
        bounds = tile_bounds(self.level(level), column, row)
        channels = self._properties.channels
        with damage_is_unreadable(level, column, row):
            if not channels:
                image = np.full((bounds.height, bounds.width, 3), 255, dtype=np.uint8)
                return image if self._all[self._plane, 0][level].draw(bounds, image) else None
            shown = range(len(channels)) if self._channel is None else (self._channel,)
            layers = []
            for number in shown:
                light = np.zeros((bounds.height, bounds.width), dtype=np.uint16)
                self._all[self._plane, number][level].draw(bounds, light)
                layers.append(coloured(light, channels[number]))
            return merged(layers)

    def _associated(self, name: str) -> RgbImage:
        raise AssertionError(f"a layer has no {name}")


class CziSlide(CziLayer):
    """An open CZI file."""

    def __init__(
        self,
        properties: SlideProperties,
        levels: Levels,
        file: CziFile,
        blocks: DecodedBlocks,
        pictures: dict[str, Attachment],
    ) -> None:
        super().__init__(properties, levels, properties.shown_plane, None)
        self._file, self._blocks, self._pictures = file, blocks, pictures

    def layer(self, plane: int, channel: int | None) -> CziLayer:
        """One plane and channel. Raises `LayerOutside`."""
        check_layer(self._properties, plane, channel)
        return CziLayer(replace(self._properties, associated=()), self._all, plane, channel)

    def close(self) -> None:
        """Give the file back; calling it again does nothing."""
        super().close()
        self._blocks.clear()
        self._file.source.close()

    def _associated(self, name: str) -> RgbImage:
        attachment = self._pictures[name]
        part = Part(self._file.source, attachment.offset, attachment.size)
        with damage_is_unreadable(0, 0, 0):
            if attachment.kind.upper() == "CZI":
                with _opened(part, self._file.file) as inner:
                    whole = inner.properties.bounds
                    check_region_size(whole)
                    return inner.region(0, whole)
            with Image.open(BytesIO(part.read_at(0, part.size)), formats=("JPEG", "PNG")) as picture:
                check_region_size(Box(0, 0, *picture.size))
                return np.asarray(picture.convert("RGB"))


def _opened(source: Source, name: str) -> CziSlide:
    file = CziFile(source, name)
    metadata = read_metadata(file.xml)
    _decline(file.sub_blocks, name)
    blocks = DecodedBlocks(file)
    planes = sorted({block.at("Z") for block in file.sub_blocks})
    channels = sorted({block.at("C") for block in file.sub_blocks})
    finest = [block for block in file.sub_blocks if _factor(block) == 1]
    if not finest:
        raise SlideCorrupt(file=name, problem="level_none")
    x, y = min(block.x for block in finest), min(block.y for block in finest)
    width, height = (
        max(block.x + block.width for block in finest) - x,
        max(block.y + block.height for block in finest) - y,
    )
    check_size(name, width, height)
    factors = _complete_levels(file.sub_blocks)
    levels: Levels = {}
    for plane, z in enumerate(planes):
        for channel, c in enumerate(channels):
            here = [block for block in file.sub_blocks if (block.at("Z"), block.at("C")) == (z, c)]
            levels[plane, channel] = tuple(CziLevel(_placed(here, factor, x, y), blocks) for factor in factors)
    pictures = {ATTACHED[found.name]: found for found in reversed(file.attachments) if found.name in ATTACHED}
    shown = len(planes) // 2
    properties = SlideProperties(
        format="czi",
        reader=CziReader.name,
        vendor="Zeiss",
        width=width,
        height=height,
        levels=_described(width, height, factors, finest[0]),
        spacing=metadata.spacing.spacing,
        objective_power=metadata.objective_power,
        associated=tuple(sorted(pictures)),
        barcode=metadata.barcode,
        icc_profile=None,
        scanner_model=metadata.scanner_model,
        scanned_at=metadata.scanned_at,
        planes=_planes(planes, shown, metadata),
        shown_plane=shown,
        channels=_channels(finest[0], channels, metadata, levels, shown),
        spacing_problem=metadata.spacing.problem,
    )
    return CziSlide(properties, levels, file, blocks, pictures)


def _decline(sub_blocks: list[SubBlock], name: str) -> None:
    """Raises `FormatDeclined` for what would be shown wrongly."""
    problem = next((found for block in sub_blocks if (found := undecodable(block)) is not None), None)
    if problem is not None:
        raise FormatDeclined(file=name, problem=problem)
    for dimension, key in SINGLE.items():
        count = len({block.at(dimension) for block in sub_blocks})
        if count > 1:
            raise FormatDeclined(file=name, problem=Problem(key, number=count))
    colour = {block.pixel_type in COLOUR_KINDS for block in sub_blocks}
    if colour == {True, False} or (colour == {True} and len({block.at("C") for block in sub_blocks}) > 1):
        raise FormatDeclined(file=name, problem="channels_mixed")


def _factor(block: SubBlock) -> int:
    """How many pixels of the finest level one of its own spans, a whole number: 1, 2, 4, ... (3, 9, ... in some)."""
    return max(1, round(max(block.width / block.stored[0], block.height / block.stored[1])))


def _complete_levels(sub_blocks: list[SubBlock]) -> list[int]:
    """The factors at which every scene, plane and channel has pictures: others would lack tissue."""
    by_factor: dict[int, set[tuple[int, int, int]]] = defaultdict(set)
    for block in sub_blocks:
        by_factor[_factor(block)].add((block.at("S"), block.at("Z"), block.at("C")))
    everything = by_factor[1]
    return [factor for factor in sorted(by_factor) if by_factor[factor] >= everything and factor <= COARSEST_FACTOR]


def _placed(sub_blocks: list[SubBlock], factor: int, x: int, y: int) -> list[Placed]:
    """Sub-blocks of one level in the order they are drawn: by mosaic number, as Zeiss's own viewer lays them."""
    here = sorted((block for block in sub_blocks if _factor(block) == factor), key=lambda block: block.at("M"))
    return [(Box(round((block.x - x) / factor), round((block.y - y) / factor), *block.stored), block) for block in here]


def _described(width: int, height: int, factors: list[int], block: SubBlock) -> tuple[Level, ...]:
    found = []
    for factor in factors:
        across, down = -(-width // factor), -(-height // factor)
        downsample = exact_downsample((width, height), (across, down))
        compression = COMPRESSIONS[block.compression]
        found.append(
            Level(across, down, downsample, min(GRID, across), min(GRID, down), compression, passthrough=False)
        )
    return tuple(found)


def _planes(planes: list[int], shown: int, metadata: CziMetadata) -> tuple[FocalPlane, ...]:
    step = metadata.plane_step_um
    if len(planes) == 1 or step is None:
        return tuple(FocalPlane(None) for _ in planes)
    return tuple(FocalPlane((number - shown) * step) for number in range(len(planes)))


def _channels(
    block: SubBlock, numbers: list[int], metadata: CziMetadata, levels: Levels, plane: int
) -> tuple[Channel, ...]:
    if block.pixel_type in COLOUR_KINDS:
        return ()
    highest = 255 if block.pixel_type == GREY8 else FULL_SCALE
    unknown = CziChannel(None, None, None, None, None)
    found = []
    for position, number in enumerate(numbers):
        stated = metadata.channels[number] if number < len(metadata.channels) else unknown
        found.append(
            Channel(
                name=stated.name or str(position + 1),
                wavelength_nm=stated.wavelength_nm,
                colour=stated.colour or colour_of(stated.wavelength_nm, position),
                window=_window(stated, highest, levels[plane, position]),
            )
        )
    return tuple(found)


def _window(stated: CziChannel, highest: int, levels: tuple[CziLevel, ...]) -> tuple[int, int]:
    """The display setting of the file; where it has none, measured on the coarsest level."""
    if stated.low is not None and stated.high is not None and stated.high > stated.low:
        low = round(stated.low * highest)
        return low, max(low + 1, round(stated.high * highest))
    samples: list[Any] = []
    blocks = levels[-1].sample
    for block in blocks[:: max(1, len(blocks) // SAMPLED_BLOCKS)]:
        try:
            samples.append(levels[-1].values(block))
        except (ValueError, OSError, EOFError, RuntimeError):
            continue  # one damaged sub-block: it will say so when it is asked for
    return window_of(np.concatenate(samples), 0, highest) if samples else (0, highest)

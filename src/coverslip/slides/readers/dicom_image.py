"""One level of a DICOM slide: where its frames lie, and how one is decoded."""

from __future__ import annotations

import os
from array import array
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from wsidicom.geometry import Point

from coverslip.slides import jpeg
from coverslip.slides.errors import FormatDeclined, SlideTruncated
from coverslip.slides.slide import Compression, RgbImage
from coverslip.slides.tile_index import LevelIndex

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
COMPRESSIONS: dict[str, Compression] = {
    "1.2.840.10008.1.2": "none",
    "1.2.840.10008.1.2.1": "none",
    "1.2.840.10008.1.2.4.50": "jpeg",
    "1.2.840.10008.1.2.4.51": "jpeg",
    "1.2.840.10008.1.2.4.80": "jpegls",
    "1.2.840.10008.1.2.4.81": "jpegls",
    "1.2.840.10008.1.2.4.90": "jpeg2000",
    "1.2.840.10008.1.2.4.91": "jpeg2000",
    "1.2.840.10008.1.2.4.201": "htj2k",
    "1.2.840.10008.1.2.4.202": "htj2k",
    "1.2.840.10008.1.2.4.203": "htj2k",
}
"""PS3.6 table A-1."""
COLOURS: dict[str, jpeg.Colours] = {
    "RGB": "rgb",
    "YBR_FULL": "ycbcr",
    "YBR_FULL_422": "ycbcr",
    "MONOCHROME2": "grey",
}
NOT_STORED = -1
SAMPLED_FRAMES = 16


class DicomImage:
    """A level's frames; the files stay open through wsidicom."""

    def __init__(self, source: Any, name: str) -> None:
        """`source`: wsidicom's `WsiDicomFileImageData`. Raises `FormatDeclined`."""
        self._source = source
        self._name = name
        self.width, self.height = int(source.image_size.width), int(source.image_size.height)
        self.tile_width, self.tile_height = int(source.tile_size.width), int(source.tile_size.height)
        self.columns, self.rows = -(-self.width // self.tile_width), -(-self.height // self.tile_height)
        self.compression: Compression = COMPRESSIONS.get(str(source.transfer_syntax), "other")
        self.files = [Path(str(file)).absolute() for file in source.files]
        self._decline()
        self._z, self._path = source.default_z, source.default_path
        self._places = self._find_frames()
        self.passthrough = self._passthrough()

    @property
    def is_jpeg(self) -> bool:
        """Whether frames are JPEG that libjpeg-turbo decodes, so that DCT scaling works."""
        return self.compression == "jpeg" and self._source.photometric_interpretation in COLOURS

    def check_storage(self) -> None:
        """Raises `SlideTruncated` where a frame lies beyond the end of its file."""
        for number, file in enumerate(self.files):
            ends = [offset + length for in_file, offset, length in self._places if in_file == number and length]
            size = file.stat().st_size
            if ends and max(ends) > size:
                raise SlideTruncated(file=self._name, size=size, needed=max(ends))

    def stored(self, number: int) -> bytes:
        """The bytes of a frame; empty where the level is sparse there."""
        file, offset, length = self._places[number]
        if not length:
            return b""
        descriptor = os.open(self.files[file], os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.pread(descriptor, length, offset)
        finally:
            os.close(descriptor)

    def frame(self, number: int, reduction: int = 1) -> RgbImage | None:
        """Decoded pixels of a frame, (h, w, 3) uint8; None where nothing is stored. Raises any of `PARSER_ERRORS`."""
        data = self.stored(number)
        if not data:
            return None
        if self.is_jpeg:
            part = jpeg.splice(data, None, COLOURS[self._source.photometric_interpretation])
            if part is not None:
                return jpeg.decode(part.apply(data), reduction)
        if self.compression == "jpeg2000":
            return _rgb(np.asarray(imagecodecs.jpeg2k_decode(data)))
        return _rgb(np.asarray(self._source.decoder.decode(data)))

    def index(self) -> LevelIndex | None:
        """Where the frames lie, by the position of their file among `files`; None where they must be decoded."""
        if self.passthrough is None:
            return None
        return LevelIndex(
            columns=self.columns,
            rows=self.rows,
            offsets=array("Q", [offset for _, offset, _ in self._places]),
            lengths=array("Q", [length for _, _, length in self._places]),
            files=array("H", [file for file, _, _ in self._places]),
            head=self.passthrough.head,
            skip=self.passthrough.skip,
            media_type="image/jpeg",
        )

    def _decline(self) -> None:
        planes, paths = len(self._source.focal_planes), len(self._source.optical_paths)
        if self._source.bits != 8:
            raise FormatDeclined(file=self._name, problem=f"{self._source.bits} bits a channel")
        if planes > 1:
            raise FormatDeclined(file=self._name, problem=f"{planes} focal planes")
        if paths > 1:
            raise FormatDeclined(file=self._name, problem=f"{paths} optical paths (fluorescence channels)")

    def _find_frames(self) -> list[tuple[int, int, int]]:
        """(file, offset, length) of each tile, row by row; length 0 where nothing is stored."""
        readers = self._source._readers  # the frame positions wsidicom has parsed; it has no public name for them
        starts = [reader.frame_offset for reader in readers]
        tiles = self._source.tiles
        places = []
        for number in range(self.columns * self.rows):
            point = Point(number % self.columns, number // self.columns)
            frame = tiles.get_frame_index(point, self._z, self._path)
            if frame == NOT_STORED:
                places.append((0, 0, 0))
                continue
            file = max(n for n, start in enumerate(starts) if start <= frame)
            offset, length = readers[file].frame_index[frame - starts[file]]
            places.append((file, int(offset), int(length)))
        return places

    def _passthrough(self) -> jpeg.Splice | None:
        """What makes every frame a JPEG that shows its colours, proven on a sample; None where they must be decoded."""
        if str(self._source.transfer_syntax) != JPEG_BASELINE or not self.is_jpeg:
            return None
        colours = COLOURS[self._source.photometric_interpretation]
        stored = [number for number, (_, _, length) in enumerate(self._places) if length]
        found: set[jpeg.Splice | None] = set()
        for number in stored[:: max(1, len(stored) // SAMPLED_FRAMES)]:
            try:
                found.add(jpeg.splice(self.stored(number), None, colours))
            except ValueError:
                continue  # one damaged frame: it will say so when it is asked for
        return found.pop() if len(found) == 1 else None


def _rgb(pixels: RgbImage) -> RgbImage:
    if pixels.dtype != np.uint8:
        raise ValueError(f"pixels of kind {pixels.dtype}")
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, axis=2)
    return pixels

"""One level of a DICOM slide: its grid, and its frames as stored and as pixels."""

from __future__ import annotations

from array import array

import numpy as np

from coverslip.slides import jpeg
from coverslip.slides.errors import FormatDeclined
from coverslip.slides.readers.dicom_grid import NOT_STORED, Grid, grid_of
from coverslip.slides.readers.dicom_instance import Instance
from coverslip.slides.readers.dicom_pixels import JPEG_BASELINE, Encoding, Samples, decoded, encoding_of
from coverslip.slides.stored import Components, StoredLevel
from coverslip.slides.tile_index import LevelIndex

SAMPLED_FRAMES = 16
BITS = 8
LOSSLESS = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202")
COMPONENTS: dict[str, Components] = {
    "RGB": "rgb",
    "YBR_ICT": "rgb",
    "YBR_RCT": "rgb",
    "YBR_FULL": "ycbcr",
    "MONOCHROME2": "grey",
}
"""What went into a JPEG 2000 codec, by photometric interpretation: ICT and RCT are the codec's own transform."""


class DicomImage:
    """A level, or the label or overview; all its instances are stored alike."""

    def __init__(self, instances: list[Instance]) -> None:
        """Raises `FormatDeclined`, `SlideCorrupt`, `SlideTruncated`."""
        self._instances = instances
        self.encoding: Encoding = encoding_of(instances[0])
        if any(encoding_of(other) != self.encoding for other in instances[1:]):
            raise FormatDeclined(file=instances[0].name, problem="encodings_several")
        self.grid: Grid = grid_of(instances)
        for instance in instances:
            _ = instance.frames  # found now, so that a damaged file is refused and not shown in part

    @property
    def files(self) -> list[str]:
        """Absolute paths of its instances."""
        return [str(instance.path) for instance in self._instances]

    def stored(self, plane: int, path: int, tile: int) -> bytes:
        """The bytes of a frame; empty where the level is sparse there."""
        number = int(self.grid.instance[plane, path, tile])
        return b"" if number == NOT_STORED else self._instances[number].read(int(self.grid.frame[plane, path, tile]))

    def pixels(self, plane: int, path: int, tile: int, reduction: int = 1) -> Samples | None:
        """A frame as `dicom_pixels.decoded` gives it; None where nothing is stored. Raises any of `PARSER_ERRORS`."""
        data = self.stored(plane, path, tile)
        if not data:
            return None
        found = decoded(data, self.encoding, reduction)
        width, height = -(-self.grid.tile_width // reduction), -(-self.grid.tile_height // reduction)
        if found.shape[0] < height or found.shape[1] < width:
            raise ValueError(f"{found.shape[1]} x {found.shape[0]} pixels instead of {width} x {height}")
        return found[:height, :width]

    def passthrough(self, plane: int, path: int) -> jpeg.Splice | None:
        """What makes every frame a JPEG that shows its colours, proven on a sample; None where they must be decoded.

        Frames stored in several pieces have to be put together first.
        """
        colours = self.encoding.jpeg_colours
        in_pieces = any(instance.frames.pieces for instance in self._instances)
        if self.encoding.syntax != JPEG_BASELINE or colours is None or in_pieces:
            return None
        stored = np.flatnonzero(self.grid.instance[plane, path] != NOT_STORED)
        found: set[jpeg.Splice | None] = set()
        for tile in stored[:: max(1, len(stored) // SAMPLED_FRAMES)]:
            try:
                found.add(jpeg.splice(self.stored(plane, path, int(tile)), None, colours))
            except (ValueError, EOFError):
                continue  # one damaged frame: it will say so when it is asked for
        return found.pop() if len(found) == 1 else None

    def index(self, plane: int, path: int) -> LevelIndex | None:
        """Where the frames lie, by the position of their file among `files`; None where they must be decoded."""
        part = self.passthrough(plane, path)
        if part is None:
            return None
        offsets, lengths, files = self._places(plane, path)
        return LevelIndex(
            columns=self.grid.columns,
            rows=self.grid.rows,
            offsets=offsets,
            lengths=lengths,
            files=files,
            size=(self.grid.tile_width, self.grid.tile_height),
            head=part.head,
            skip=part.skip,
            media_type="image/jpeg",
        )

    def codestreams(self, plane: int, path: int) -> StoredLevel | None:
        """Where the frames lie if each is a JPEG 2000 or HTJ2K codestream in one piece, else None."""
        kind = self.encoding.compression
        if kind not in ("jpeg2000", "htj2k") or any(instance.frames.pieces for instance in self._instances):
            return None
        components = COMPONENTS.get(self.encoding.photometric)
        if components is None or self.encoding.bits_stored != BITS:
            return None
        lossless = self.encoding.syntax in LOSSLESS
        return StoredLevel(self.grid.columns, self.grid.rows, *self._places(plane, path), kind, components, lossless)

    def _places(self, plane: int, path: int) -> tuple[array[int], array[int], array[int]]:
        """Offsets, lengths and files of the frames."""
        places, frames = self.grid.instance[plane, path], self.grid.frame[plane, path]
        offsets, lengths = np.zeros(len(places), np.uint64), np.zeros(len(places), np.uint64)
        for number, instance in enumerate(self._instances):
            here = places == number
            table = instance.frames
            offsets[here] = np.frombuffer(table.offsets, np.uint64)[frames[here]]
            lengths[here] = np.frombuffer(table.lengths, np.uint64)[frames[here]]
        files = np.maximum(places, 0).astype(np.uint16)
        return array("Q", offsets.tobytes()), array("Q", lengths.tobytes()), array("H", files.tobytes())

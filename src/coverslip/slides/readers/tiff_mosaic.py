"""A level put together from parts of stored tiles that do not lie on the level's own grid."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coverslip.slides.readers.tiff_images import LevelImage
from coverslip.slides.slide import Compression, RgbImage
from coverslip.slides.tile_index import LevelIndex
from coverslip.slides.tiled import white_image

GRID = 512
"""The level's own grid, in pixels."""
CACHE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of a stored tile and its corner on the level. Of parts that overlap, the last one given is seen."""

    image: int
    column: int
    row: int
    from_x: int
    from_y: int
    width: int
    height: int
    x: int
    y: int


class MosaicLevel:
    """A level of parts of one or more images; white where there is none. A `LevelImage`."""

    passes_through = False
    reducible = False

    def __init__(self, images: Sequence[LevelImage], parts: Iterable[Part], size: tuple[int, int]) -> None:
        """`size`: width and height of the level, in pixels."""
        self.width, self.height = size
        self.tile_width, self.tile_height = min(GRID, self.width), min(GRID, self.height)
        self.compression: Compression = images[0].compression
        self._images = images
        self._cells: dict[tuple[int, int], list[Part]] = defaultdict(list)
        for part in parts:
            for row in range(part.y // self.tile_height, (part.y + part.height - 1) // self.tile_height + 1):
                for column in range(part.x // self.tile_width, (part.x + part.width - 1) // self.tile_width + 1):
                    self._cells[column, row].append(part)
        self._decoded: OrderedDict[tuple[int, int, int], RgbImage | None] = OrderedDict()
        self._bytes = 0

    def index(self) -> LevelIndex | None:
        """None: every tile is drawn."""
        return None

    def tile(self, column: int, row: int, reduction: int) -> RgbImage | None:
        """As `LevelImage.tile`; `reduction` is always 1."""
        parts = self._cells.get((column, row))
        if not parts:
            return None
        drawn = white_image(self.tile_width, self.tile_height)
        left, top = column * self.tile_width, row * self.tile_height
        for part in parts:
            source = self._source(part)
            if source is None:
                continue
            x, y = max(part.x, left), max(part.y, top)
            right = min(part.x + part.width, left + self.tile_width)
            bottom = min(part.y + part.height, top + self.tile_height)
            from_x, from_y = part.from_x + x - part.x, part.from_y + y - part.y
            piece = source[from_y : from_y + bottom - y, from_x : from_x + right - x]
            drawn[y - top : y - top + piece.shape[0], x - left : x - left + piece.shape[1]] = piece
        return drawn

    def _source(self, part: Part) -> RgbImage | None:
        """The decoded tile that a part is cut from; the last ones are kept, since neighbours share them."""
        key = part.image, part.column, part.row
        if key in self._decoded:
            self._decoded.move_to_end(key)
            return self._decoded[key]
        pixels = self._images[part.image].tile(part.column, part.row, 1)
        self._decoded[key] = pixels
        self._bytes += pixels.nbytes if pixels is not None else 0
        while self._bytes > CACHE_BYTES and len(self._decoded) > 1:
            _, dropped = self._decoded.popitem(last=False)
            self._bytes -= dropped.nbytes if dropped is not None else 0
        return pixels

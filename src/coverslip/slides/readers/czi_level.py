"""One level of a CZI slide, for one focal plane and channel: its sub-blocks, and what they show of a tile."""

from __future__ import annotations

from collections import OrderedDict

from coverslip.slides.readers.czi_file import CziFile, SubBlock
from coverslip.slides.readers.czi_pixels import Pixels, decoded
from coverslip.vocabulary.geometry import Box

KEPT_BYTES = 96 * 1024 * 1024
BIN = 1024
"""Sub-blocks are looked up by squares of so many pixels of their level."""

Placed = tuple[Box, SubBlock]


class DecodedBlocks:
    """The sub-blocks last decoded, shared by all levels of a slide; several tiles are cut from each."""

    def __init__(self, file: CziFile) -> None:
        self._file = file
        self._kept: OrderedDict[int, Pixels] = OrderedDict()
        self._bytes = 0

    def of(self, block: SubBlock) -> Pixels:
        """Raises any of `PARSER_ERRORS`."""
        if block.position in self._kept:
            self._kept.move_to_end(block.position)
            return self._kept[block.position]
        pixels = decoded(self._file.stored(block), block)
        self._kept[block.position] = pixels
        self._bytes += pixels.nbytes
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.nbytes
        return pixels

    def clear(self) -> None:
        """Forget them all."""
        self._kept.clear()
        self._bytes = 0


class CziLevel:
    """`placed`: where each sub-block lies, in pixels of this level; later ones lie over earlier ones."""

    def __init__(self, placed: list[Placed], blocks: DecodedBlocks) -> None:
        self._placed = placed
        self._blocks = blocks
        self._bins: dict[tuple[int, int], list[int]] = {}
        for number, (box, _) in enumerate(placed):
            for row in range(box.y // BIN, (box.bottom - 1) // BIN + 1):
                for column in range(box.x // BIN, (box.right - 1) // BIN + 1):
                    self._bins.setdefault((column, row), []).append(number)

    @property
    def sample(self) -> list[SubBlock]:
        """All its sub-blocks."""
        return [block for _, block in self._placed]

    def draw(self, bounds: Box, onto: Pixels) -> bool:
        """Draws the sub-blocks that touch `bounds` onto (h, w[, 3]) pixels; whether there was one."""
        numbers = {
            number
            for row in range(bounds.y // BIN, (bounds.bottom - 1) // BIN + 1)
            for column in range(bounds.x // BIN, (bounds.right - 1) // BIN + 1)
            for number in self._bins.get((column, row), ())
        }
        drawn = False
        for number in sorted(numbers):
            box, block = self._placed[number]
            part = box.intersection(bounds)
            if part is None:
                continue
            pixels = self._blocks.of(block)
            x, y = part.x - box.x, part.y - box.y
            piece = pixels[y : y + part.height, x : x + part.width]
            top, left = part.y - bounds.y, part.x - bounds.x
            onto[top : top + piece.shape[0], left : left + piece.shape[1]] = piece
            drawn = True
        return drawn

    def values(self, block: SubBlock) -> Pixels:
        """The stored values of a sub-block, in one row."""
        pixels = self._blocks.of(block)
        return pixels.reshape(pixels.size)

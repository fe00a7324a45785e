"""What every slide offers, whatever its file format: properties, stored tiles, decoded regions, label and macro."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from coverslip.slides.spacing import SpacingProblem
from coverslip.vocabulary.geometry import Box
from coverslip.vocabulary.units import Spacing

RgbImage = NDArray[np.uint8]
Compression = Literal["jpeg", "jpeg2000", "htj2k", "jpegls", "lzw", "deflate", "zstd", "webp", "none", "mixed", "other"]


@dataclass(frozen=True, slots=True)
class Level:
    """One stored resolution. `downsample`: how many level-0 pixels one of its pixels spans (level 0: 1.0)."""

    width: int
    height: int
    downsample: float
    tile_width: int
    tile_height: int
    compression: Compression
    passthrough: bool
    """True where the stored bytes of a tile are what a browser can show, so they are served undecoded."""

    @property
    def columns(self) -> int:
        """Tiles in a row."""
        return -(-self.width // self.tile_width)

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-self.height // self.tile_height)


@dataclass(frozen=True, slots=True)
class FocalPlane:
    """One depth at which the whole slide was scanned."""

    offset_um: float | None
    """Above (positive) or below the plane in focus, in micrometres; None where the file does not say."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One fluorescence channel. It is stored as brightness and shown in a colour of its own."""

    name: str
    """As the file calls it (`DAPI`, `Cy5`); `1`, `2`, ... where it has no name."""
    wavelength_nm: float | None
    """Of the light recorded (emission); None where the file does not say."""
    colour: tuple[int, int, int]
    """Red, green, blue, each 0 to 255: the file's own, else one that fits the wavelength."""
    window: tuple[int, int]
    """Stored values shown as black and as the full colour; between them brightness rises evenly."""


@dataclass(frozen=True, slots=True)
class SlideProperties:
    """What a file says of itself. A value that the file does not give is None, never a guess."""

    format: str
    """The reader's word for the format: `svs`, `ome-tiff`, `tiff`, `dicom`, `ndpi`, `image`, ..."""
    reader: str
    vendor: str | None
    width: int
    height: int
    levels: tuple[Level, ...]
    spacing: Spacing | None
    objective_power: float | None
    associated: tuple[str, ...]
    """Names among `label`, `macro`, `thumbnail`."""
    barcode: str | None
    icc_profile: bytes | None
    scanner_model: str | None = None
    scanned_at: str | None = None
    """ISO 8601, as far as the file says."""
    container_id: str | None = None
    """What the laboratory calls the glass slide (DICOM Container Identifier), where the file says."""
    planes: tuple[FocalPlane, ...] = (FocalPlane(None),)
    """All focal planes, from the lowest up; one where there is one. All have the same levels and grid."""
    shown_plane: int = 0
    """Position in `planes` of the one that the slide itself shows: the one in focus, else the middle one."""
    channels: tuple[Channel, ...] = ()
    """Fluorescence channels; empty for what was stored in colour. The slide itself shows all of them together."""
    spacing_problem: SpacingProblem | None = None
    """Why `spacing` is None although the file states one; None where it states none or a good one."""

    @property
    def bounds(self) -> Box:
        """The whole of level 0."""
        return Box(0, 0, self.width, self.height)


@dataclass(frozen=True, slots=True)
class EncodedTile:
    """One tile as sent to a browser."""

    media_type: Literal["image/jpeg", "image/png", "image/webp"]
    data: bytes


@runtime_checkable
class Slide(Protocol):
    """An open slide. Not shared between threads; closed after use (a context manager)."""

    @property
    def properties(self) -> SlideProperties:
        """What the file says of itself."""
        ...

    def tile(self, level: int, column: int, row: int) -> EncodedTile:
        """One tile of the slide's own grid. Raises `LevelOutside`, `TileOutside`, `TileUnreadable`.

        At the right and lower border a stored tile keeps its full size; what lies beyond the level is filler, to be
        cropped by whoever shows it.
        """
        ...

    def region(self, level: int, bounds: Box) -> RgbImage:
        """Decoded pixels; `bounds` in pixels of that level; returns (h, w, 3) uint8 as stored (no profile applied).

        Parts outside the level are white. Raises `TileUnreadable` where a tile is corrupt.
        """
        ...

    def associated(self, name: str) -> RgbImage:
        """Label, macro or thumbnail; (h, w, 3) uint8. Raises `NotFound`."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class LayeredSlide(Protocol):
    """A slide with several focal planes or with fluorescence channels."""

    def layer(self, plane: int, channel: int | None) -> Slide:
        """One plane, and one channel of it in its colour (None: all channels together), on the same grid.

        Closing the layer does nothing; it ends with its slide. Raises `LayerOutside`.
        """
        ...


class SlideReader(Protocol):
    """Extension point (entry-point group `coverslip.slide_readers`): opens the files of one family of formats."""

    name: str
    reads_ranges: bool
    """True where it reads bytes only through `slides.source`, so that a slide in object storage needs no local copy."""

    def accepts(self, path: Any, head: bytes) -> bool:
        """Whether this reader reads the file; `head`: its first 4,096 bytes. Declines what it would misread."""
        ...

    def open(self, path: Any) -> Slide:
        """Open it. Raises a `SlideError` with a code for what is wrong."""
        ...

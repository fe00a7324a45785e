"""What can be wrong with a slide file or the process that decodes it; the words stand in `locales/*/slides.json`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from coverslip.errors import CoverslipError


class SlideError(CoverslipError):
    """Base of every error that a slide file can cause."""

    code = "SLIDE_CORRUPT"
    exit_status = 2


class SlideMissing(SlideError):
    """There is no such file. Parameter: `file`."""

    code = "SLIDE_MISSING"


class SlideUnreachable(SlideError):
    """The system does not let its folder or file be looked at. Parameters: `file`, `problem`."""

    code = "SLIDE_UNREACHABLE"
    exit_status = 1


class SlideEmpty(SlideError):
    """The file has no bytes. Parameter: `file`."""

    code = "SLIDE_EMPTY"


class SlideTruncated(SlideError):
    """The file refers to bytes beyond its end. Parameters: `file`, `size` and `needed` in bytes."""

    code = "SLIDE_TRUNCATED"


class NotASlide(SlideError):
    """No reader knows this kind of file. Parameter: `file`."""

    code = "NOT_A_SLIDE"


class SlideCorrupt(SlideError):
    """The file's structure contradicts itself. Parameters: `file`, `problem`."""

    code = "SLIDE_CORRUPT"


class SlideTooLarge(SlideError):
    """The file declares more pixels than any slide has. Parameters: `file`, `width`, `height`."""

    code = "SLIDE_TOO_LARGE"


class FormatDeclined(SlideError):
    """The kind of file is known, but reading it would show something wrong. Parameters: `file`, `problem`."""

    code = "FORMAT_DECLINED"


class FormatClosed(SlideError):
    """Only the maker's own program reads this format. Parameters: `file`, `format`, `maker`."""

    code = "FORMAT_CLOSED"


class ReaderMissing(SlideError):
    """The package that reads this format is not installed. Parameters: `file`, `format`, `extra`."""

    code = "READER_MISSING"


class TileOutside(SlideError):
    """No such tile in the slide's grid. Parameters: `level`, `column`, `row`."""

    code = "TILE_OUTSIDE"


class LevelOutside(SlideError):
    """No such level in the slide. Parameters: `level`, `levels`."""

    code = "LEVEL_OUTSIDE"


class LayerOutside(SlideError):
    """No such focal plane or channel in the slide. Parameters: `plane`, `planes`, `channel`, `channels`."""

    code = "LAYER_OUTSIDE"


class TileUnreadable(SlideError):
    """A stored tile cannot be decoded. Parameters: `level`, `column`, `row`, `problem`."""

    code = "TILE_UNREADABLE"
    exit_status = 1


class RegionTooLarge(SlideError):
    """More pixels were asked for at once than memory should hold. Parameters: `width`, `height`."""

    code = "REGION_TOO_LARGE"


class SpacingUnknown(SlideError):
    """The file does not state its pixel size; nothing is measured on it. Parameter: `file`."""

    code = "SPACING_UNKNOWN"


class DecoderFailed(SlideError):
    """The decoder process died. Parameters: `file`, `problem`."""

    code = "DECODER_FAILED"
    exit_status = 1


class DecoderTimeout(DecoderFailed):
    """The decoder process did not answer in time and was ended. Parameters: `file`, `seconds`."""

    code = "DECODER_TIMEOUT"


class DecoderMemory(DecoderFailed):
    """The decoder process needed more memory than it may use. Parameters: `file`, `megabytes`."""

    code = "DECODER_MEMORY"


class DecoderUnconfined(SlideError):
    """The kernel does not let decoder processes give up their rights, so none is started. Parameter: `problem`."""

    code = "DECODER_UNCONFINED"
    exit_status = 1


class DecoderBusy(SlideError):
    """All decoder processes were at work for too long. Parameters: `file`, `seconds`."""

    code = "DECODER_BUSY"
    exit_status = 1


PARSER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    struct.error,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What third-party parsers and codecs raise on damaged bytes. Not MemoryError: that is the sandbox's to judge."""


@contextmanager
def damage_is_corruption(file: str) -> Iterator[None]:
    """Turns what a third-party parser raises on damaged bytes into `SlideCorrupt`; ours pass unchanged."""
    try:
        yield
    except CoverslipError:
        raise
    except PARSER_ERRORS as error:
        raise SlideCorrupt(file=file, problem="parser_refused", technical=f"{type(error).__name__}: {error}") from error


@contextmanager
def damage_is_unreadable(level: int, column: int, row: int) -> Iterator[None]:
    """Turns what a codec raises on damaged bytes into `TileUnreadable`; ours pass unchanged."""
    try:
        yield
    except CoverslipError:
        raise
    except PARSER_ERRORS as error:
        said = f"{type(error).__name__}: {error}"
        raise TileUnreadable(level=level, column=column, row=row, problem="codec_refused", technical=said) from error

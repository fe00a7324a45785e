"""What can go wrong when a slide is converted; the words stand in `locales/*/conversion.json`."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class ConversionError(CoverslipError):
    """Base of the errors of a conversion."""

    code = "CONVERSION_FAILED"


class OutputExists(ConversionError):
    """Something lies where the result should go; it is never overwritten. Parameter: `file`."""

    code = "OUTPUT_EXISTS"
    exit_status = 2


class OutputNotWritable(ConversionError):
    """The folder of the result cannot be written. Parameters: `file`, `reason`."""

    code = "OUTPUT_NOT_WRITABLE"
    exit_status = 2


class DiskFull(ConversionError):
    """The result does not fit on the disk. Parameters: `file`, `needed_mb` (0: not known beforehand), `free_mb`."""

    code = "OUTPUT_DISK_FULL"


class SpacingNeeded(ConversionError):
    """DICOM demands the size of the image in millimetres, and the slide does not say it. Parameter: `file`."""

    code = "CONVERSION_SPACING_UNKNOWN"
    exit_status = 2


class LayersNotConverted(ConversionError):
    """Several focal planes or separate channels. Parameters: `file`, `planes`, `channels`."""

    code = "CONVERSION_LAYERS"
    exit_status = 2


class TilesDiffer(ConversionError):
    """A tile is built differently from the others of its level. Parameters: `file`, `level`, `column`, `row`."""

    code = "CONVERSION_TILES_DIFFER"


class SourceChanged(ConversionError):
    """The slide's file changed while it was converted. Parameter: `file`."""

    code = "CONVERSION_SOURCE_CHANGED"

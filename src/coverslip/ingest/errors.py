"""What can go wrong while a slide is taken in or given its place; the words stand in `locales/*/ingest.json`."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class FileStillGrowing(CoverslipError):
    """The file went on changing for too long. Parameters: `file`, `seconds`."""

    code = "INGEST_FILE_GROWING"


class FileChanged(CoverslipError):
    """The file changed while it was copied. Parameter: `file`."""

    code = "INGEST_FILE_CHANGED"


class FileUnreadable(CoverslipError):
    """The file cannot be read. Parameters: `file`, `problem`."""

    code = "INGEST_FILE_UNREADABLE"


class FolderLeftOut(CoverslipError):
    """A folder or link below a watched folder is not looked into. Parameters: `file`, `problem`."""

    code = "INGEST_FOLDER_LEFT_OUT"


class SourceNotCleared(CoverslipError):
    """A slide is safe in the store, but its file in the scanner's folder stays. Parameters: `file`, `problem`."""

    code = "INGEST_NOT_CLEARED"


class SlideAlreadyPlaced(CoverslipError):
    """The slide stands in a block already. Parameters: `accession_number`, `label`."""

    code = "SLIDE_ALREADY_PLACED"


class SlideNotReadable(CoverslipError):
    """A slide whose file was never received, or could not be read, cannot be placed or shown. Parameter: `status`."""

    code = "SLIDE_NOT_READY"


class PlaceTaken(CoverslipError):
    """The block has a scanned slide with this label. Parameter: `label`."""

    code = "SLIDE_PLACE_TAKEN"
    exit_status = 2

"""What can go wrong while files arrive by the browser; the words stand in `locales/*/uploads.json`."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class UploadVersionWrong(CoverslipError):
    """The client speaks another version of tus than 1.0.0. Parameter: `version`."""

    code = "UPLOAD_VERSION_WRONG"


class UploadTypeWrong(CoverslipError):
    """The body is not `application/offset+octet-stream`."""

    code = "UPLOAD_TYPE_WRONG"


class UploadOffsetWrong(CoverslipError):
    """The bytes do not go on where the upload stands. Parameters: `offset`, `given`."""

    code = "UPLOAD_OFFSET_WRONG"


class UploadBusy(CoverslipError):
    """Another connection is sending this file. Parameter: `seconds` (come again then)."""

    code = "UPLOAD_BUSY"


class UploadGone(CoverslipError):
    """The upload was ended, has expired, or its bytes are no longer there."""

    code = "UPLOAD_GONE"


class UploadTooLarge(CoverslipError):
    """The file is larger than this installation takes. Parameter: `gigabytes` (the limit)."""

    code = "UPLOAD_TOO_LARGE"


class UploadTooMuch(CoverslipError):
    """More bytes came than were announced. Parameter: `size_bytes`."""

    code = "UPLOAD_TOO_MUCH"


class UploadChecksumUnknown(CoverslipError):
    """The checksum cannot be compared: unknown algorithm, or not a digest. Parameter: `allowed`."""

    code = "UPLOAD_CHECKSUM_UNKNOWN"


class UploadChecksumWrong(CoverslipError):
    """The bytes are not those that were sent; nothing of the request was kept. Parameter: `algorithm`."""

    code = "UPLOAD_CHECKSUM_WRONG"


class UploadDiskFull(CoverslipError):
    """No room on the server's disk; what had room is kept. Parameter: `free_gb`."""

    code = "UPLOAD_DISK_FULL"


class UploadBatchClosed(CoverslipError):
    """All files of the batch have arrived, or it was ended: nothing can be added."""

    code = "UPLOAD_BATCH_CLOSED"


class UploadBatchDiffers(CoverslipError):
    """The file contradicts its batch: another number of files, one too many, a name twice. Parameter: `name`."""

    code = "UPLOAD_BATCH_DIFFERS"


class UploadInterrupted(CoverslipError):
    """The sender fell silent in the middle of a request. Parameter: `seconds`."""

    code = "UPLOAD_INTERRUPTED"


class MatchContradicts(CoverslipError):
    """Label, file name or case speak against this match. Parameters: `problem` (what does), `accession`."""

    code = "MATCH_CONTRADICTS"


class SlideNotInQueue(CoverslipError):
    """The slide is not one that waits to be matched. Parameter: `status`."""

    code = "SLIDE_NOT_IN_QUEUE"

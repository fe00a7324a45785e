"""What can go wrong with stored bytes."""

from __future__ import annotations

import errno

from coverslip.errors import CoverslipError

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


_UNREADABLE = frozenset({errno.EIO, errno.EUCLEAN, errno.EBADMSG})


def is_unreadable(error: OSError) -> bool:
    """Whether the disk could not give bytes that it should hold."""
    return error.errno in _UNREADABLE


def is_full(error: OSError) -> bool:
    """Whether an operation failed for want of space."""
    return error.errno in _NO_SPACE


class StorageFull(CoverslipError):
    """No space left for the bytes; nothing of them was kept. Parameter: `folder`."""

    code = "STORAGE_FULL"


class CacheFull(CoverslipError):
    """The local cache has no room for a slide that must lie there whole. Parameters: `needed_mb`, `limit_mb`."""

    code = "CACHE_FULL"


class BlobMissing(CoverslipError):
    """The register names bytes that the store does not hold. Parameter: `digest`."""

    code = "BLOB_MISSING"


class BlobCorrupt(CoverslipError):
    """The bytes are not those their name promises. Parameters: `digest`, `found`."""

    code = "BLOB_CORRUPT"


class StorageUnavailable(CoverslipError):
    """The store does not answer or refuses. Parameter: `problem`."""

    code = "STORAGE_UNAVAILABLE"


class BlobUnreadable(StorageUnavailable):
    """The disk cannot read these bytes (bad sector, broken file system); others it may. Parameter: `problem`."""

    code = "BLOB_UNREADABLE"


class BlobUnneeded(CoverslipError):
    """The register holds bytes that no row refers to. Parameters: `digest`, `size_bytes`."""

    code = "BLOB_UNNEEDED"


class BlobUnregistered(CoverslipError):
    """The store holds bytes that no row knows. Parameter: `digest`."""

    code = "BLOB_UNREGISTERED"


class BlobInTwoPlaces(CoverslipError):
    """A blob lies in the hot and in the cold place and is not being moved. Parameter: `digest`."""

    code = "BLOB_IN_TWO_PLACES"


class ReplicaWrong(CoverslipError):
    """The second copy of a blob is missing or not what it was. Parameters: `digest`, `problem` (a code)."""

    code = "REPLICA_WRONG"


class StorageForeign(CoverslipError):
    """Something lies in a place that the store did not put there. Parameters: `name`, `size_bytes`."""

    code = "STORAGE_FOREIGN"


class StorageLeftover(CoverslipError):
    """An interrupted transfer left something in a place. Parameters: `name`, `size_bytes`."""

    code = "STORAGE_LEFTOVER"


class UploadLeftover(CoverslipError):
    """Bytes of an upload that no row knows any more. Parameter: `batch`."""

    code = "UPLOAD_LEFTOVER"


class BlobReferenceBroken(CoverslipError):
    """A row needs bytes that the register does not know. Parameters: `object_type`, `object_id`, `digest`."""

    code = "BLOB_REFERENCE_BROKEN"


class NotABackup(CoverslipError):
    """The file is no backup, or not whole. Parameters: `file`, `problem`."""

    code = "NOT_A_BACKUP"
    exit_status = 2


class InstallationNotEmpty(CoverslipError):
    """A backup is brought back into an empty installation only. Parameter: `found`."""

    code = "INSTALLATION_NOT_EMPTY"
    exit_status = 2


class InstallationDiffers(CoverslipError):
    """The backup's database roles have other names. Parameters: `found`, `needed`."""

    code = "INSTALLATION_DIFFERS"
    exit_status = 2

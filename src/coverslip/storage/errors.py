"""What can go wrong with stored bytes."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class StorageFull(CoverslipError):
    """No space left for the bytes; nothing of them was kept. Parameter: `size_bytes`."""

    code = "STORAGE_FULL"


class BlobMissing(CoverslipError):
    """The register names bytes that the store does not hold. Parameter: `digest`."""

    code = "BLOB_MISSING"


class BlobCorrupt(CoverslipError):
    """The bytes are not those their name promises. Parameters: `digest`, `found`."""

    code = "BLOB_CORRUPT"


class StorageUnavailable(CoverslipError):
    """The store does not answer or refuses. Parameter: `problem`."""

    code = "STORAGE_UNAVAILABLE"

"""Places that are one place, or lie in each other: a second copy there is none, and moving a blob removes it.

What an address says is compared when a store is opened (`require_apart`): real folders, and endpoint, bucket, prefix.
Two names of one server, or one share mounted twice, are not seen by their addresses; so before anything is removed from
one place because another holds it, a mark left in the one is looked for in the other (`shows_through`).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

from coverslip.errors import InvalidInput
from coverslip.storage.place import Place

AMAZON = "amazonaws.com"
PORTS = {"http": 80, "https": 443}


def of_folder(folder: Path) -> tuple[str, ...]:
    """The address of a folder, links followed."""
    return ("file", *folder.resolve().parts)


def of_bucket(endpoint: str | None, bucket: str, prefix: str) -> tuple[str, ...]:
    """The address of a prefix of a bucket; a bucket's name is unique on all of Amazon's endpoints."""
    host = AMAZON
    if endpoint is not None:
        parts = urlsplit(endpoint.lower())
        name = parts.hostname or endpoint.lower()
        port = parts.port or PORTS.get(parts.scheme, 0)
        host = AMAZON if name.endswith((AMAZON, f"{AMAZON}.cn")) else f"{name}:{port}{parts.path.rstrip('/')}"
    return ("s3", host, bucket, *(part for part in prefix.split("/") if part))


def require_apart(places: Mapping[str, Place]) -> None:
    """Raise `InvalidInput` where two of these places, by the settings that name them, are one or nested."""
    for (first, one), (second, other) in combinations(places.items(), 2):
        if _nested(one.address, other.address) or _same_folders(one, other):
            raise InvalidInput(field=second, problem="storage_places_overlap", other=first)


def shows_through(one: Place, other: Place) -> bool:
    """Whether what is written into one place appears in the other. Raises `StorageUnavailable`."""
    name = one.leave_mark()
    try:
        return other.has_mark(name)
    finally:
        one.remove_leftover(name)


def _nested(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _same_folders(one: Place, other: Place) -> bool:
    """The same directory under two names: bind mounts, which no link tells."""
    if one.folder is None or other.folder is None:
        return False
    mine, theirs = _identity(one.folder), _identity(other.folder)
    return (
        mine in map(_identity, other.folder.parents) or theirs in map(_identity, one.folder.parents) or mine == theirs
    )


def _identity(folder: Path) -> tuple[int, int]:
    state = folder.stat()
    return state.st_dev, state.st_ino

"""Records of slides whose files lie in a blob store, as far as `storage.stored_slide` asks for them; no database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from coverslip.slides.bundle import bundle_of
from coverslip.storage.blobs import BlobStore

HERE = uuid4()
"""The hospital whose bytes they are."""


@dataclass(frozen=True)
class File:
    """`name`: relative to the slide's folder. `digest`: SHA-256."""

    name: str
    digest: str


@dataclass(frozen=True)
class Row:
    """A slide's record."""

    files: tuple[File, ...]
    content_digest: str | None = None
    organization_id: UUID = HERE


def put_slide(store: BlobStore, path: Path) -> Row:
    """Every file of the slide in the store; of a folder every file, whether they are one slide or not."""
    if path.is_dir():
        found = [(file.relative_to(path).as_posix(), file) for file in sorted(path.rglob("*")) if file.is_file()]
    else:
        found = [(file.relative_name, file.path) for file in bundle_of(path).files]
    files = tuple(File(name, store.put_file(HERE, file).digest) for name, file in found)
    return Row(files, hashlib.sha256("".join(file.digest for file in files).encode()).hexdigest())

"""What is known of a slide while it is taken in, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from coverslip.errors import Value
from coverslip.slides.bundle import content_digest
from coverslip.slides.colour.managed import SlideColour
from coverslip.slides.describe import to_json
from coverslip.slides.slide import SlideProperties
from coverslip.storage.checksums import Checksum
from coverslip.vocabulary.text import storable_document

Outcome = Literal["matched", "unmatched", "duplicate", "failed"]
Origin = Literal["command", "watch", "upload", "stow"]
"""By which door a slide came."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one slide. `code` and `parameters`: those of the error where the outcome is `failed`."""

    file: str
    outcome: Outcome
    slide_id: UUID
    case_id: UUID | None
    accession_number: str | None
    label: str
    digest: str
    size_bytes: int
    flags: tuple[str, ...] = ()
    code: str | None = None
    parameters: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One file of the slide as a row keeps it and the store holds it."""

    name: str
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Content:
    """The slide's files in the store, the leading one first; satisfies `StoredSlide` of the storage."""

    organization_id: UUID
    name: str
    files: tuple[StoredPart, ...]
    folder: str = ""
    """The name of the folder the slide lay in."""
    origin: Origin = "command"

    @property
    def content_digest(self) -> str:
        """SHA-256 of the file, or of the names and digests of several (`slides/bundle.py`)."""
        return content_digest([part.name for part in self.files], [part.digest for part in self.files])

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(part.size_bytes for part in self.files)


@dataclass(frozen=True, slots=True)
class Look:
    """What the sandbox saw: pictures are stored blobs by name."""

    properties: SlideProperties
    barcodes: tuple[str, ...]
    pictures: dict[str, Checksum]
    quality: dict[str, Any]
    flags: tuple[str, ...]
    colour: SlideColour

    def document(self) -> dict[str, Any]:
        """The `properties` column: what the file says, and what was made of it here."""
        pictures = {name: checksum.digest for name, checksum in self.pictures.items()}
        document: dict[str, Any] = storable_document(to_json(self.properties))
        return document | {
            "pictures": pictures,
            "quality": self.quality,
            "barcodes": list(self.barcodes),
            "flags": list(self.flags),
            "colour": self.colour.to_json(),
        }

"""Unique identifiers that follow from what was converted: the same slide converts to the same DICOM objects.

PS3.5 section B.2: a UUID as an unsigned number after the root 2.25. The UUID is of version 8 (RFC 9562 section 5.8),
its bits taken from a SHA-256 over the slide's content and everything else that decides what is written.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coverslip.slides.source import open_source

ROOT = "2.25."
UID_LENGTH = 44
"""Of every identifier made here, so that a header's length is known before its identifiers are."""
PLACEHOLDER = ROOT + "1" * 39
HASHED_AT_ONCE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Identity:
    """What identifiers of one conversion are made from."""

    content: str
    """SHA-256 of the slide's bytes, hexadecimal."""
    choices: str
    """Everything else that decides what is written: options, metadata, the version of what is written."""

    def uid(self, role: str) -> str:
        """The identifier of one thing of this conversion (`series`, `instance:0`, ...); 44 characters."""
        return _uid(f"{self.content}|{self.choices}|{role}")

    def slide_uid(self, role: str) -> str:
        """As `uid`, but the same whatever the options: of the glass slide itself."""
        return _uid(f"{self.content}|{role}")


def _uid(text: str) -> str:
    """39 digits: a number with fewer is passed over, because its identifier would be shorter."""
    number = 0
    while True:
        digest = hashlib.sha256(f"coverslip|{text}|{number}".encode()).digest()
        made = uuid.UUID(bytes=_versioned(digest[:16]))
        if len(str(made.int)) == UID_LENGTH - len(ROOT):
            return ROOT + str(made.int)
        number += 1


def _versioned(octets: bytes) -> bytes:
    changed = bytearray(octets)
    changed[6] = changed[6] & 0x0F | 0x80
    changed[8] = changed[8] & 0x3F | 0x80
    return bytes(changed)


def content_digest(files: tuple[Path, ...], stopped: Callable[[], bool] = lambda: False) -> str:
    """SHA-256 of a file; of several, of their names and digests in the order of the names. Raises `OSError`.

    `stopped`: asked between pieces; an empty text is given back once it is true.
    """
    digests = []
    for file in sorted(files):
        digest = hashlib.sha256()
        source = open_source(file)
        try:
            at = 0
            while piece := source.read_at(at, HASHED_AT_ONCE):
                if stopped():
                    return ""
                digest.update(piece)
                at += len(piece)
        finally:
            source.close()
        digests.append((file.name, digest.hexdigest()))
    if len(digests) == 1:
        return digests[0][1]
    return hashlib.sha256("".join(f"{name}\0{digest}\n" for name, digest in digests).encode()).hexdigest()

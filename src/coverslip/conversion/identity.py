"""Unique identifiers that follow from what was converted: the same slide converts to the same DICOM objects.

PS3.5 section B.2: a UUID as an unsigned number after the root 2.25. The UUID is of version 8 (RFC 9562 section 5.8),
its bits taken from a SHA-256 over the slide's content and everything else that decides what is written.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coverslip.slides.bundle import bundle_of
from coverslip.slides.source import open_source

ROOT = "2.25."
UID_LENGTH = 44
"""Of every identifier made here, so that a header's length is known before its identifiers are."""
PLACEHOLDER = ROOT + "1" * 39
HASHED_AT_ONCE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Identity:
    """What identifiers of one conversion are made from."""

    content: str
    """SHA-256 of the slide's bytes, hexadecimal."""
    choices: str
    """Everything else that decides what is written: options, metadata, the version of the program that writes."""
    scale: str = ""
    """The pixel size taken: what every coordinate in millimetres hangs on."""

    def uid(self, role: str) -> str:
        """The identifier of one thing of this conversion (`series`, `instance:0`, ...); 44 characters."""
        return _uid(f"{self.content}|{self.choices}|{role}")

    def slide_uid(self, role: str) -> str:
        """As `uid`, but the same whatever the options: of the glass slide itself."""
        return _uid(f"{self.content}|{role}")

    def scaled_uid(self, role: str) -> str:
        """As `slide_uid`, but another for another pixel size: of coordinates on the glass slide."""
        return _uid(f"{self.content}|{self.scale}|{role}")


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


def bundle_digest(source: Path, stopped: Callable[[], bool] = lambda: False) -> str:
    """SHA-256 of a slide's content, whatever its files are called on the disk. Raises `SlideError`, `OSError`.

    `stopped`: asked between pieces; an empty text is given back once it is true.
    """
    bundle = bundle_of(source)
    digests = []
    for each in bundle.files:
        digest = hashlib.sha256()
        file = open_source(each.path)
        try:
            at = 0
            while piece := file.read_at(at, HASHED_AT_ONCE):
                if stopped():
                    return ""
                digest.update(piece)
                at += len(piece)
        finally:
            file.close()
        digests.append(digest.hexdigest())
    return bundle.content_digest(digests)


def source_bytes(source: Path) -> int:
    """Of all files of a slide. Raises `SlideError`, `OSError`."""
    return sum(file.path.stat().st_size for file in bundle_of(source).files)


@contextmanager
def hashed(source: Path, known: str | None) -> Iterator[Callable[[], str]]:
    """Computes a slide's SHA-256 while other work goes on; the function given waits for it and raises what it met."""
    if known is not None:
        yield lambda: known
        return
    stop = threading.Event()
    with ThreadPoolExecutor(1, "convert-digest") as threads:
        found = threads.submit(bundle_digest, source, stop.is_set)
        try:
            yield found.result
        finally:
            stop.set()

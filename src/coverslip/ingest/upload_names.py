"""Names of files as a browser sends them: relative, storable on every system, never a way out of their folder."""

from __future__ import annotations

import re
from collections.abc import Iterable

from coverslip.errors import InvalidInput
from coverslip.vocabulary.text import storable

LONGEST_NAME = 255
"""Bytes of one part of a path in UTF-8: what file systems hold."""
LONGEST_PATH = 1024
DEEPEST = 16
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)


def relative_name(given: str) -> str:
    """The name with `/` between its parts. Raises `InvalidInput` for a name that is empty, absolute, too long, leads
    out of its folder, or cannot be written on Windows as well as on Linux (the files go to other systems some day)."""
    if not given or len(given.encode("utf-8", "surrogatepass")) > LONGEST_PATH:
        raise InvalidInput(field="filename", problem="upload_name_length")
    parts = given.split("/")
    if given != storable(given) or _FORBIDDEN.search(given):
        raise InvalidInput(field="filename", problem="upload_name_characters")
    if len(parts) > DEEPEST or any(len(part.encode()) > LONGEST_NAME for part in parts):
        raise InvalidInput(field="filename", problem="upload_name_length")
    if any(part in ("", ".", "..") for part in parts):
        raise InvalidInput(field="filename", problem="upload_name_outside")
    if any(part != part.strip() or part.endswith(".") or _RESERVED.fullmatch(part) for part in parts):
        raise InvalidInput(field="filename", problem="upload_name_reserved")
    return given


def fits_beside(name: str, others: Iterable[str]) -> bool:
    """Whether a folder can hold the name beside the others: none is the same but for letter case, none is inside it."""
    mine = name.casefold()
    for other in others:
        theirs = other.casefold()
        if mine == theirs or mine.startswith(theirs + "/") or theirs.startswith(mine + "/"):
            return False
    return True

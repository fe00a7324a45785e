"""What an ICC profile says of itself, and whether it can be used for a slide's RGB pixels."""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import dataclass

from PIL import ImageCms

from coverslip.errors import CoverslipError
from coverslip.vocabulary.text import storable

LARGEST_BYTES = 16 * 1024 * 1024
"""Scanner profiles have 0.5 kB to 2 MB."""
CLASSES = {"scnr", "mntr", "spac"}
"""Input, display, colour space: classes that say how device colours look (ICC.1:2010 7.2.5)."""
LONGEST_NAME = 80
_HEADER = 132
_MOST_TAGS = 200


class ProfileUnusable(CoverslipError):
    """The colour profile in a slide file cannot be applied. `problem`: a key of the catalogue's `profile_*`."""

    code = "PROFILE_UNUSABLE"


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """A profile that can be used. `name`: as the profile calls itself; "" where it does not."""

    name: str
    device_class: str
    digest: str
    """SHA-256 of the profile's bytes, lower-case hex."""
    size_bytes: int


def read_facts(data: bytes) -> ProfileFacts:
    """Check the profile's structure and read its description. Raises `ProfileUnusable`."""
    _check_structure(data)
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data)).profile
        device_class, space = profile.device_class.strip(), profile.xcolor_space.strip()
        description = profile.profile_description or ""
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        raise ProfileUnusable(problem="profile_broken") from error
    if space != "RGB":
        raise ProfileUnusable(problem="profile_space", value=_word(space))
    if device_class not in CLASSES:
        raise ProfileUnusable(problem="profile_class", value=_word(device_class))
    name = storable(" ".join(description.split()))[:LONGEST_NAME]
    return ProfileFacts(name, device_class, hashlib.sha256(data).hexdigest(), len(data))


def _check_structure(data: bytes) -> None:
    if len(data) > LARGEST_BYTES:
        raise ProfileUnusable(problem="profile_too_large", size=len(data), largest=LARGEST_BYTES)
    if len(data) < _HEADER or data[36:40] != b"acsp":
        raise ProfileUnusable(problem="profile_none")
    declared, tags = struct.unpack_from(">I", data)[0], struct.unpack_from(">I", data, 128)[0]
    if declared > len(data):
        raise ProfileUnusable(problem="profile_cut_off", size=len(data), needed=declared)
    if tags > _MOST_TAGS or _HEADER + 12 * tags > declared:
        raise ProfileUnusable(problem="profile_broken")
    for number in range(tags):
        _, offset, length = struct.unpack_from(">4sII", data, _HEADER + 12 * number)
        if offset + length > declared:
            raise ProfileUnusable(problem="profile_broken")


def _word(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())[:4] or "?"

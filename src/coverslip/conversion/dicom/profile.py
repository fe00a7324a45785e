"""The ICC profile of an optical path: the slide's own, or sRGB marked as assumed.

PS3.3 C.8.12.5 demands ICC Profile (0028,2000) for colour images, and C.11.15.1.1 that it is of the input device class.
"""

from __future__ import annotations

from functools import cache

from PIL import ImageCms

CLASS_AT = slice(12, 16)
DATE_AT = slice(24, 36)
PROFILE_ID_AT = slice(84, 100)
FIXED_DATE = bytes.fromhex("07cf0001000100000000 0000".replace(" ", ""))
"""1999-01-01: LittleCMS writes the moment of making, and the same slide has to convert to the same bytes."""


@cache
def srgb() -> bytes:
    """sRGB (IEC 61966-2-1) as an input device profile, always the same bytes."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[CLASS_AT] = b"scnr"
    profile[DATE_AT] = FIXED_DATE
    profile[PROFILE_ID_AT] = bytes(16)
    return bytes(profile)

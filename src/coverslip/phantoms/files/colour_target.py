"""The colour target as a slide: an SVS whose JPEG tiles are RGB of quality 100, with the phantom scanner's profile."""

from __future__ import annotations

from pathlib import Path

import tifffile

from coverslip.phantoms.colour import PATCH_PX, scanner_profile, target

DESCRIPTION = "Aperio Image Library v12.0.0\n{width}x{height} ({tile}x{tile})|AppMag = 40|MPP = 0.25"


def write_colour_target(path: Path, icc_profile: bytes | None = None, *, patch_px: int = PATCH_PX) -> Path:
    """A slide of two levels (1, 4) that shows `target`; its profile is `scanner_profile()` unless another is given.

    b"": no profile. The stored tiles differ from the target by at most one step of 255.
    """
    profile = scanner_profile() if icc_profile is None else icc_profile
    with tifffile.TiffWriter(path) as tiff:
        for factor in (1, 4):
            pixels = target(patch_px // factor)
            height, width = pixels.shape[:2]
            tiff.write(
                pixels,
                photometric="rgb",
                compression="jpeg",
                compressionargs={"level": 100, "outcolorspace": "rgb"},
                tile=(256, 256),
                description=DESCRIPTION.format(width=width, height=height, tile=256),
                metadata=None,
                iccprofile=profile or None,
            )
    return path

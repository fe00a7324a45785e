"""ICC profiles and a colour target made by ourselves: for tests, for the colour check and for the demo.

The profiles are far from sRGB, so that a profile that is not applied shows. The target has the 24 colours of a
ColorChecker (sRGB values of the published CIELAB D50 averages, rounded) and eight colours of stains.
"""

from __future__ import annotations

import struct

import numpy as np

from coverslip.slides.colour.icc import D50, Primaries, assembled, matrix_profile
from coverslip.slides.slide import RgbImage

SHIFTED = Primaries((0.61, 0.35), (0.33, 0.56), (0.17, 0.10), (0.32, 0.335))
"""A scanner whose sensitivities are flatter than sRGB's."""
PATCHES: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("dark_skin", (115, 82, 68)),
    ("light_skin", (194, 150, 130)),
    ("blue_sky", (98, 122, 157)),
    ("foliage", (87, 108, 67)),
    ("blue_flower", (133, 128, 177)),
    ("bluish_green", (103, 189, 170)),
    ("orange", (214, 126, 44)),
    ("purplish_blue", (80, 91, 166)),
    ("moderate_red", (193, 90, 99)),
    ("purple", (94, 60, 108)),
    ("yellow_green", (157, 188, 64)),
    ("orange_yellow", (224, 163, 46)),
    ("blue", (56, 61, 150)),
    ("green", (70, 148, 73)),
    ("red", (175, 54, 60)),
    ("yellow", (231, 199, 31)),
    ("magenta", (187, 86, 149)),
    ("cyan", (8, 133, 161)),
    ("white", (243, 243, 242)),
    ("neutral_8", (200, 200, 200)),
    ("neutral_6_5", (160, 160, 160)),
    ("neutral_5", (122, 122, 121)),
    ("neutral_3_5", (85, 85, 85)),
    ("black", (52, 52, 52)),
    ("haematoxylin_dense", (72, 56, 120)),
    ("haematoxylin_pale", (168, 160, 205)),
    ("eosin", (226, 150, 186)),
    ("eosin_pale", (243, 214, 226)),
    ("dab_dense", (96, 58, 32)),
    ("dab_pale", (190, 152, 118)),
    ("erythrocytes", (204, 84, 92)),
    ("blank_glass", (244, 243, 243)),
)
"""Name (words in `viewer.json`) and stored colour of each patch, row by row."""
COLUMNS = 8
PATCH_PX = 128
"""Side of a patch: a multiple of every JPEG block, so that no block mixes two patches."""


def scanner_profile(gamma: float = 1.8) -> bytes:
    """A matrix profile: shifted primaries and an exponent of its own."""
    return matrix_profile("Coverslip phantom scanner", SHIFTED, gamma, device_class=b"scnr")


def table_profile(size: int = 17) -> bytes:
    """A profile of a look-up table (`mft2`, ICC.1:2010 10.10) to CIELAB, whose colours no matrix gives."""
    steps = np.linspace(0, 1, size)
    red, green, blue = np.meshgrid(steps, steps, steps, indexing="ij")
    light = np.stack([red, green, blue], axis=-1) ** 2.0
    # Dyes are not additive: dense red and blue together are darker than their sum.
    light = light * (1 - 0.25 * (1 - light).prod(axis=-1, keepdims=True) * light.max(axis=-1, keepdims=True))
    ratio = light @ SHIFTED.to_d50().T / np.array(D50)
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    lab = np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
    # 16-bit CIELAB of lut16Type: L* 100 is 0xFF00, a* and b* of 0 are 0x8000.
    coded = np.round(np.stack([lab[..., 0] * 652.8, *(lab[..., i] * 256 + 32768 for i in (1, 2))], axis=-1))
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    straight = struct.pack(">2H", 0, 65535) * 3
    table = b"mft2" + struct.pack(">I4B", 0, 3, 3, size, 0) + identity + struct.pack(">2H", 2, 2)
    table += straight + coded.clip(0, 65535).astype(">u2").tobytes() + straight
    plain = matrix_profile("Coverslip phantom scanner, table", SHIFTED, 2.0)
    return assembled({**_tags(plain, (b"desc", b"cprt", b"wtpt")), b"A2B0": table}, connection=b"Lab ")


def target(patch_px: int = PATCH_PX) -> RgbImage:
    """The picture of the target: stored colours, row by row; (h, w, 3) uint8."""
    colours = np.array([colour for _, colour in PATCHES], dtype=np.uint8).reshape(-1, COLUMNS, 3)
    return colours.repeat(patch_px, axis=0).repeat(patch_px, axis=1)


def _tags(profile: bytes, names: tuple[bytes, ...]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for number in range(struct.unpack_from(">I", profile, 128)[0]):
        name, offset, length = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if name in names:
            found[name] = profile[offset : offset + length]
    return found

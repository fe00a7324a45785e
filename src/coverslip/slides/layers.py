"""Focal planes and fluorescence channels: which one is meant, and how brightness becomes colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coverslip.slides.errors import LayerOutside
from coverslip.slides.slide import Channel, LayeredSlide, RgbImage, Slide, SlideProperties

Stored = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]

BY_WAVELENGTH: tuple[tuple[float, tuple[int, int, int]], ...] = (
    (380.0, (110, 0, 255)),
    (440.0, (0, 80, 255)),
    (490.0, (0, 255, 255)),
    (510.0, (0, 255, 0)),
    (565.0, (255, 255, 0)),
    (590.0, (255, 128, 0)),
    (620.0, (255, 0, 0)),
    (680.0, (255, 0, 255)),
)
"""From this emission wavelength on (nm), this colour: near to what the eye sees, brightened where it sees little."""
IN_TURN = ((0, 80, 255), (0, 255, 0), (255, 0, 0), (0, 255, 255), (255, 0, 255), (255, 255, 0), (255, 255, 255))
"""Colours of channels that state neither colour nor wavelength, by position."""
FAINTEST_SHARE, BRIGHTEST_SHARE = 0.01, 0.998
"""Shares of the sampled pixels below black and below full brightness, where a file states no window."""


def layer_of(slide: Slide, plane: int | None, channel: int | None) -> Slide:
    """The layer asked for; None, None: what the slide itself shows. Raises `LayerOutside`."""
    properties = slide.properties
    plane = properties.shown_plane if plane is None else plane
    check_layer(properties, plane, channel)
    if plane == properties.shown_plane and channel is None:
        return slide
    if not isinstance(slide, LayeredSlide):
        raise outside(properties, plane, channel)
    return slide.layer(plane, channel)


def check_layer(properties: SlideProperties, plane: int, channel: int | None) -> None:
    """Raises `LayerOutside` where the slide has no such plane or channel."""
    known_channel = channel is None or 0 <= channel < len(properties.channels)
    if not (0 <= plane < len(properties.planes) and known_channel):
        raise outside(properties, plane, channel)


def outside(properties: SlideProperties, plane: int, channel: int | None) -> LayerOutside:
    """The error for a layer that the slide does not have."""
    return LayerOutside(
        plane=plane,
        planes=len(properties.planes),
        channel="-" if channel is None else channel,
        channels=len(properties.channels),
    )


def colour_of(wavelength_nm: float | None, position: int) -> tuple[int, int, int]:
    """The colour a channel is shown in where its file states none."""
    if wavelength_nm is None:
        return IN_TURN[position % len(IN_TURN)]
    fitting = [colour for start, colour in BY_WAVELENGTH if wavelength_nm >= start]
    return fitting[-1] if fitting else BY_WAVELENGTH[0][1]


def window_of(sample: Stored, lowest: int = 0, highest: int = 65_535) -> tuple[int, int]:
    """A window from pixels of the coarsest level: the background black, the brightest structures not burnt out.

    `sample`: stored values, any shape, not empty. Taken from the whole slide once, so that brightness means the same
    in every tile; always at least one value wide, inside `lowest` ... `highest`.
    """
    low, high = np.quantile(sample, (FAINTEST_SHARE, BRIGHTEST_SHARE))
    bottom = min(max(int(low), lowest), highest - 1)
    return bottom, min(max(int(np.ceil(high)), bottom + 1), highest)


def coloured(stored: Stored, channel: Channel) -> RgbImage:
    """(h, w) stored values as (h, w, 3) uint8 in the channel's colour, through its window."""
    low, high = channel.window
    brightness = np.clip((stored.astype(np.float32) - low) / (high - low), 0.0, 1.0)
    return np.asarray(np.rint(brightness[..., None] * np.array(channel.colour, np.float32)), dtype=np.uint8)


def merged(layers: list[RgbImage]) -> RgbImage:
    """Channels laid over each other as light: the sum of their colours, at most 255."""
    total = layers[0].astype(np.uint16)
    for layer in layers[1:]:
        total += layer
    return np.asarray(np.minimum(total, 255), dtype=np.uint8)

"""Whether a slide's tiles, as the tile path answers them, show what its decoder shows: for `testing.fuzz`."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from pathlib import Path
from random import Random
from uuid import UUID

import numpy as np
import simplejpeg
from PIL import Image

from coverslip.errors import CoverslipError
from coverslip.server.slide_sources import TileSource
from coverslip.server.tile_store import TileStore
from coverslip.server.tiles import TileApp
from coverslip.slides.isolation import IsolatedSlide
from coverslip.slides.slide import RgbImage
from coverslip.slides.tile_index import TileIndex
from coverslip.slides.tiled import tile_bounds
from coverslip.testing.tile_calls import COOKIE, Answer, Hospital, get

SLIDE = UUID(int=1)
MOST_LEVELS = 6
"""Of a slide looked at; a damaged one may say that it has hundreds."""
ENCODED_TOLERANCE = 12.0
"""Mean difference of a tile that was decoded and encoded anew: what a JPEG of quality 90 may do to noise."""

Place = tuple[int, int, int]
"""Level, column, row."""


def sampled(slide: IsolatedSlide, chance: Random) -> list[Place]:
    """One tile of each level; of the first also the last one, which is cut at the border."""
    levels = slide.properties.levels[:MOST_LEVELS]
    places = [
        (number, chance.randrange(level.columns), chance.randrange(level.rows)) for number, level in enumerate(levels)
    ]
    return [*places, (0, levels[0].columns - 1, levels[0].rows - 1)]


def answers(slide: IsolatedSlide, index: TileIndex, places: Sequence[Place]) -> list[Answer]:
    """What the tile path answers, as to somebody signed in."""
    hospital = Hospital({SLIDE: TileSource("ab" * 32, index, slide)})

    async def ask() -> list[Answer]:
        app = TileApp(hospital.authorize, TileStore(Path(), 0))
        try:
            return [await get(app, f"/tiles/{SLIDE}/{'/'.join(map(str, place))}", COOKIE) for place in places]
        finally:
            app.close()

    return asyncio.run(ask())


def problem_of(slide: IsolatedSlide, index: TileIndex, place: Place, answer: Answer) -> str | None:
    """What is wrong with an answer; None where it shows what the decoder shows, or where one of them refuses.

    A stored tile whose coded pixels are damaged goes out as it is stored; what the browser cannot decode, it does not
    show. What decodes without complaint must be right.
    """
    if answer.status >= 500 and answer.code == "INTERNAL":
        return f"tile {place} is an incident"
    if answer.status != 200:
        return None
    level, column, row = place
    bounds = tile_bounds(slide.properties.levels[level], column, row)
    served = _decoded(answer)
    if served is None:
        return None
    try:
        expected = slide.region(level, bounds)
    except CoverslipError:
        return None
    if served.shape[0] < bounds.height or served.shape[1] < bounds.width:
        return f"tile {place} is served in {served.shape[1]} x {served.shape[0]} pixels"
    difference = np.abs(served[: bounds.height, : bounds.width].astype(np.int16) - expected).mean()
    if difference > (0 if _as_stored(index, place, answer) else ENCODED_TOLERANCE):
        return f"tile {place} is served otherwise than it is decoded: {difference:.1f}"
    return None


def _decoded(answer: Answer) -> RgbImage | None:
    """Its pixels, where a strict decoder takes it."""
    try:
        if answer.headers[b"content-type"] == b"image/jpeg":
            return np.asarray(simplejpeg.decode_jpeg(answer.body, colorspace="RGB"), dtype=np.uint8)
        with Image.open(io.BytesIO(answer.body)) as image:
            return np.asarray(image.convert("RGB"), dtype=np.uint8)
    except (ValueError, OSError, SyntaxError):
        return None


def _as_stored(index: TileIndex, place: Place, answer: Answer) -> bool:
    """Whether it went out as stored; one built otherwise than its neighbours does not, though it has a place."""
    found = index.place(*place)
    return found is not None and answer.body.startswith(found.head if found.restarts is None else b"\xff\xd8")

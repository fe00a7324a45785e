"""The decoder process, started by `decoder`: DESCRIPTOR PIXELS MEGABYTES SECONDS CONFINEMENT FOLDER...

It opens files from outside, under limits, and answers over the socket it was given. Whatever a file makes it do ends
with this process: it holds no connection to the database and no secret, reaches no network, starts no program, writes
no file, and reads only the folders it was given.
"""

from __future__ import annotations

import errno
import os
import resource
import socket
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from coverslip.errors import CoverslipError
from coverslip.slides import jpeg, stored, wire
from coverslip.slides.associated import thumbnail
from coverslip.slides.colour.managed import colour_of_profile, profile_of, shown_colours
from coverslip.slides.colour.profile import LARGEST_BYTES
from coverslip.slides.colour.table import ColourSpace
from coverslip.slides.confinement import CannotConfine, confine
from coverslip.slides.describe import to_json
from coverslip.slides.errors import FormatDeclined, damage_is_corruption
from coverslip.slides.layers import layer_of
from coverslip.slides.memory import keep_freed_memory
from coverslip.slides.region import read_scaled
from coverslip.slides.registry import load_readers, open_slide
from coverslip.slides.remote import FILES, Ask
from coverslip.slides.shared_pixels import SharedPixels
from coverslip.slides.slide import RgbImage, Slide
from coverslip.slides.stored import StoredIndex, StoredSlide
from coverslip.slides.tile_index import TileIndex
from coverslip.slides.tiled import IndexedSlide, ReducedReads
from coverslip.vocabulary.geometry import Box

OPEN_SLIDES = 8
OPEN_FILES = 512
WRITTEN_BYTES = 1024 * 1024
"""Enough for a traceback on standard error."""

Answer = tuple[wire.Header, bytes | memoryview]
SlideKey = tuple[str, int, int]


def main() -> None:
    """Take requests until the other side closes the socket."""
    descriptor, shared, megabytes, seconds = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    _limit(megabytes)
    keep_freed_memory()
    connection = socket.socket(fileno=descriptor)
    pixels = SharedPixels(shared, writable=True)
    os.close(shared)
    if sys.argv[5] != "off":
        try:
            confine(Path(folder) for folder in sys.argv[6:])
        except CannotConfine as error:
            wire.send(connection, {"unconfined": str(error)})
            return
    wire.send(connection, {"ready": True})
    slides: OrderedDict[SlideKey, Slide] = OrderedDict()
    while True:
        try:
            request, _ = wire.receive(connection)
        except wire.Closed:
            return
        _limit_cpu(seconds)
        FILES.serve(request.get("files", {}), _asking(connection))
        try:
            header, payload = _answer(slides, request)
        except CoverslipError as error:
            header, payload = {"error": error.code, "parameters": error.parameters}, b""
        except MemoryError:
            os.write(2, b"MemoryError: limit reached\n")
            os._exit(1)
        if len(payload) > wire.SENT_TOGETHER and pixels.lay(payload):
            header, payload = header | {"shared": len(payload)}, b""
        wire.send(connection, header, payload)


def _asking(connection: socket.socket) -> Ask:
    """Asks the server for a range of a file of the slide that its request is about."""

    def ask(path: str, offset: int, length: int) -> bytes:
        wire.send(connection, {"range": [path, offset, length]})
        answer, data = wire.receive(connection)
        if "failed" in answer:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return bytes(data)

    return ask


def _limit(megabytes: int) -> None:
    for kind, value in (
        (resource.RLIMIT_AS, megabytes * 1024 * 1024),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, WRITTEN_BYTES),
    ):
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _limit_cpu(seconds: float) -> None:
    """The kernel ends this process where one request computes too long, even when nobody waits for it any more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + 2 * seconds) + 2, hard))


def _answer(slides: OrderedDict[SlideKey, Slide], request: wire.Header) -> Answer:
    if request["operation"] == "warm":
        load_readers()
        return {}, b""
    operation = OPERATIONS[request["operation"]]
    path = Path(request["path"])
    slide = _opened(slides, path)
    with damage_is_corruption(path.name):
        return operation(layer_of(slide, request.get("plane"), request.get("channel")), request)


def _opened(slides: OrderedDict[SlideKey, Slide], path: Path) -> Slide:
    try:
        state = path.stat()
        key = (str(path), state.st_size, state.st_mtime_ns)
    except FileNotFoundError:
        key = (str(path), 0, 0)
    if key not in slides:
        slides[key] = open_slide(path)
        if len(slides) > OPEN_SLIDES:
            _, oldest = slides.popitem(last=False)
            oldest.close()
    slides.move_to_end(key)
    return slides[key]


def _properties(slide: Slide, request: wire.Header) -> Answer:
    reductions = (
        [list(slide.reductions(level)) for level in range(len(slide.properties.levels))]
        if isinstance(slide, ReducedReads)
        else None
    )
    properties, profile = slide.properties, slide.properties.icc_profile
    if profile is not None and len(profile) > LARGEST_BYTES:  # never used, and too much for a message
        properties = replace(properties, icc_profile=profile[: LARGEST_BYTES + 1])
    return {"properties": to_json(properties, with_profile=True), "reductions": reductions}, b""


def _index(slide: Slide, request: wire.Header) -> Answer:
    if isinstance(slide, IndexedSlide):
        return wire.pack_index(slide.tile_index())
    return wire.pack_index(TileIndex((), (None,) * len(slide.properties.levels)))


def _stored(slide: Slide, request: wire.Header) -> Answer:
    if isinstance(slide, StoredSlide):
        return stored.pack(slide.stored_index())
    return stored.pack(StoredIndex((), (None,) * len(slide.properties.levels)))


def _tile(slide: Slide, request: wire.Header) -> Answer:
    tile = slide.tile(request["level"], request["column"], request["row"])
    return {"media_type": tile.media_type}, tile.data


def _region(slide: Slide, request: wire.Header) -> Answer:
    bounds = Box(*request["bounds"])
    if request["reduction"] == 1:
        return _pixels(slide.region(request["level"], bounds))
    if not isinstance(slide, ReducedReads):
        raise FormatDeclined(file=Path(request["path"]).name, problem="reduction_unread")
    return _pixels(slide.reduced_region(request["level"], request["reduction"], bounds))


def _drawn(slide: Slide, request: wire.Header) -> Answer:
    width, height = request["size"]
    return {"media_type": "image/jpeg"}, jpeg.encode(read_scaled(slide, Box(*request["bounds"]), (width, height)))


def _associated(slide: Slide, request: wire.Header) -> Answer:
    return _pixels(slide.associated(request["name"]))


def _thumbnail(slide: Slide, request: wire.Header) -> Answer:
    return _pixels(thumbnail(slide, request["longest_px"]))


def _colour(slide: Slide, request: wire.Header) -> Answer:
    colour = colour_of_profile(profile_of(slide), ColourSpace(request["space"]))
    return colour.to_json(), b"" if colour.table is None else colour.table.to_bytes()


def _shown(slide: Slide, request: wire.Header) -> Answer:
    return {}, shown_colours(slide, request["stored"], ColourSpace(request["space"])).tobytes()


def _pixels(image: RgbImage) -> Answer:
    pixels = np.ascontiguousarray(image)
    return {"height": pixels.shape[0], "width": pixels.shape[1]}, pixels.data.cast("B")


OPERATIONS: dict[str, Callable[[Slide, dict[str, Any]], Answer]] = {
    "properties": _properties,
    "index": _index,
    "stored": _stored,
    "tile": _tile,
    "region": _region,
    "drawn": _drawn,
    "associated": _associated,
    "thumbnail": _thumbnail,
    "colour": _colour,
    "shown": _shown,
}

if __name__ == "__main__":
    main()

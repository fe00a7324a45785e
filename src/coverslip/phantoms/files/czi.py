"""Zeiss CZI (ZISRAW) from the layout that Zeiss publishes with libCZI: a mosaic with pyramid, label and thumbnail."""

from __future__ import annotations

import io
import struct
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import imagecodecs
import numpy as np
from PIL import Image

from coverslip.phantoms.files.dicom import smaller
from coverslip.phantoms.files.picture import Rgb, halved

Compression = Literal["none", "zstd0", "zstd1", "jpegxr", "jpeg"]
CODES: dict[Compression, int] = {"none": 0, "jpeg": 1, "jpegxr": 4, "zstd0": 5, "zstd1": 6}
GREY8, GREY16, BGR24 = 0, 1, 3
JXR_RGB = uuid.UUID("6fddc324-4e03-4bfe-b185-3d77768dc90d").bytes_le
JXR_BGR = uuid.UUID("6fddc324-4e03-4bfe-b185-3d77768dc90c").bytes_le
"""JPEG XR's names of 24 bits a pixel (ITU-T T.832 annex A): Zeiss writes the second, and libCZI reads no other."""
GUID = uuid.UUID("0b7e3c5a-6f3d-4a86-9c1b-2d5f00c0ffee").bytes_le
FIXED_PART, ENTRY_HEAD, DIMENSION = 256, 32, 20
M_PER_UM = 1e-6


@dataclass(frozen=True, slots=True)
class CziOptions:
    """How the slide is written."""

    tile: int = 128
    overlap: int = 12
    """Pixels by which tiles of level 0 overlap the tile before."""
    factors: tuple[int, ...] = (1, 2, 4)
    compression: Compression = "zstd1"
    mpp: float = 0.22
    power: int = 20
    channels: tuple[tuple[str, float, str, Any], ...] = ()
    """Fluorescence: name, emission wavelength in nm, `#rrggbb`, (h, w) uint8 or uint16; they replace the picture."""
    planes: tuple[Any, ...] = ()
    """Pictures of the focal planes, from the lowest up; none: the picture itself."""
    plane_step_um: float = 1.5
    origin: tuple[int, int] = (-4000, 1700)
    """Where the stage stood, in pixels."""
    label: Rgb | None = None
    thumbnail: bool = True
    barcode: str | None = "S24-1-A1-HE"
    display: bool = False
    """Whether display settings state each channel's window."""


@dataclass(frozen=True, slots=True)
class _Block:
    entry: bytes
    picture: bytes


def write_czi(path: Path, image: Rgb, options: CziOptions | None = None) -> Path:
    """One CZI file."""
    path.write_bytes(_czi(image, options or CziOptions()))
    return path


def _czi(image: Rgb, options: CziOptions) -> bytes:
    layers = (
        [[pixels for *_, pixels in options.channels]] if options.channels else [[plane] for plane in options.planes]
    )
    layers = layers or [[image]]
    body = bytearray(_segment(b"ZISRAWFILE", bytes(512)))
    entries = []
    number = 0
    for z, channels in enumerate(layers):
        for c, pixels in enumerate(channels):
            for factor in options.factors:
                level = smaller(pixels, factor) if factor > 1 else pixels
                for x, y, part in _mosaic(level, options, factor):
                    entry = _entry(options, part, (x, y), factor, c, z, number, len(body))
                    entries.append(entry)
                    body += _sub_block(entry, _stored(part, options.compression))
                    number += 1
    metadata_at = len(body)
    xml = _xml(layers[0][0], options).encode()
    body += _segment(b"ZISRAWMETADATA", struct.pack("<ii", len(xml), 0) + bytes(248) + xml)
    attachments_at = _attach(body, image, options)
    directory_at = len(body)
    body += _segment(b"ZISRAWDIRECTORY", struct.pack("<i", len(entries)) + bytes(124) + b"".join(entries))
    head = (
        struct.pack("<iiii", 1, 0, 0, 0)
        + GUID
        + GUID
        + struct.pack("<iqqiq", 0, directory_at, metadata_at, 0, attachments_at)
    )
    body[32 : 32 + len(head)] = head
    return bytes(body)


def _mosaic(level: Any, options: CziOptions, factor: int) -> list[tuple[int, int, Any]]:
    """(x, y, pixels) of the tiles of a level in its own pixels; only the finest overlaps."""
    step = options.tile - (options.overlap if factor == 1 else 0)
    return [
        (left, top, level[top : top + options.tile, left : left + options.tile])
        for top in range(0, level.shape[0], step)
        for left in range(0, level.shape[1], step)
    ]


def _entry(
    options: CziOptions, part: Any, place: tuple[int, int], factor: int, c: int, z: int, number: int, position: int
) -> bytes:
    height, width = part.shape[:2]
    kind = BGR24 if part.ndim == 3 else GREY16 if part.dtype == np.uint16 else GREY8
    x, y = options.origin[0] + place[0] * factor, options.origin[1] + place[1] * factor
    dimensions = [("X", x, width * factor, width), ("Y", y, height * factor, height), ("C", c, 1, 1), ("S", 0, 1, 1)]
    if options.planes:
        dimensions.append(("Z", z, 1, 1))
    if factor == 1:
        dimensions.append(("M", number, 1, 1))
    entry = struct.pack(
        "<2siqiiB5xi", b"DV", kind, position, 0, CODES[options.compression], 0 if factor == 1 else 2, len(dimensions)
    )
    for name, start, size, stored in dimensions:
        entry += struct.pack("<4siifi", name.encode(), start, size, float(start), stored)
    return entry


def _sub_block(entry: bytes, picture: bytes) -> bytes:
    fixed = max(FIXED_PART, 16 + len(entry))
    head = struct.pack("<iiq", 0, 0, len(picture)) + entry
    return _segment(b"ZISRAWSUBBLOCK", head + bytes(fixed - len(head)) + picture)


def _stored(pixels: Any, compression: Compression) -> bytes:
    if compression == "jpegxr":
        return bytes(imagecodecs.jpegxr_encode(np.ascontiguousarray(pixels), level=100)).replace(JXR_RGB, JXR_BGR)
    if compression == "jpeg":
        return bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(pixels), level=92))
    raw = np.ascontiguousarray(pixels[..., ::-1] if pixels.ndim == 3 else pixels).tobytes()
    if compression == "none":
        return raw
    if compression == "zstd0":
        return bytes(imagecodecs.zstd_encode(raw))
    if pixels.dtype != np.uint16:
        return b"\x01" + bytes(imagecodecs.zstd_encode(raw))
    octets = np.frombuffer(raw, np.uint8)
    return b"\x03\x01\x01" + bytes(imagecodecs.zstd_encode(octets[0::2].tobytes() + octets[1::2].tobytes()))


def _segment(name: bytes, data: bytes) -> bytes:
    padded = data + bytes(-len(data) % 32)
    return struct.pack("<16sqq", name, len(padded), len(data)) + padded


def _attach(body: bytearray, image: Rgb, options: CziOptions) -> int:
    """Appends label and thumbnail and their directory; the directory's place, 0 where there is nothing to attach."""
    files: list[tuple[str, str, bytes]] = []
    if options.label is not None:
        inner = CziOptions(tile=4096, overlap=0, factors=(1,), compression="none", origin=(0, 0), thumbnail=False)
        files.append(("Label", "CZI", _czi(options.label, inner)))
    if options.thumbnail:
        small = io.BytesIO()
        Image.fromarray(halved(image, 4)).save(small, "JPEG", quality=92)
        files.append(("Thumbnail", "JPG", small.getvalue()))
    if not files:
        return 0
    entries = []
    for name, kind, content in files:
        entry = struct.pack("<2s10xqi16s8s80s", b"A1", len(body), 0, GUID, kind.encode(), name.encode())
        entries.append(entry)
        body += _segment(b"ZISRAWATTACH", struct.pack("<i12x", len(content)) + entry + bytes(112) + content)
    at = len(body)
    body += _segment(b"ZISRAWATTDIR", struct.pack("<i", len(entries)) + bytes(252) + b"".join(entries))
    return at


def _xml(layer: Any, options: CziOptions) -> str:
    height, width = layer.shape[:2]
    kind = "Bgr24" if layer.ndim == 3 else "Gray16" if layer.dtype == np.uint16 else "Gray8"
    channels, settings = "", ""
    for number, (name, wavelength, colour, _) in enumerate(options.channels):
        channels += (
            f'<Channel Id="Channel:{number}" Name="{name}"><EmissionWavelength>{wavelength}</EmissionWavelength>'
            f"<Color>#FF{colour[1:]}</Color><PixelType>{kind}</PixelType></Channel>"
        )
        window = "<Low>0.01</Low><High>0.05</High>" if options.display else ""
        settings += f'<Channel Id="Channel:{number}" Name="{name}"><Color>#FF{colour[1:]}</Color>{window}</Channel>'
    if not channels:
        channels = f'<Channel Id="Channel:0"><PixelType>{kind}</PixelType></Channel>'
    sizes = (
        f"<SizeX>{width}</SizeX><SizeY>{height}</SizeY><SizeC>{max(1, len(options.channels))}</SizeC><SizeS>1</SizeS>"
    )
    if options.planes:
        sizes += f"<SizeZ>{len(options.planes)}</SizeZ>"
    steps = [("X", options.mpp), ("Y", options.mpp), *([("Z", options.plane_step_um)] if options.planes else [])]
    distances = "".join(f'<Distance Id="{axis}"><Value>{um * M_PER_UM:.10g}</Value></Distance>' for axis, um in steps)
    barcode = ""
    if options.barcode is not None:
        barcode = f"<Barcodes><Barcode><Content>{options.barcode}</Content></Barcode></Barcodes>"
    label = f"<AttachmentInfos><AttachmentInfo><Label>{barcode}</Label></AttachmentInfo></AttachmentInfos>"
    return (
        '<?xml version="1.0" encoding="utf-8"?><ImageDocument><Metadata><Information>'
        f"<Image>{sizes}<PixelType>{kind}</PixelType>"
        "<AcquisitionDateAndTime>2024-03-14T08:30:00</AcquisitionDateAndTime>"
        '<ObjectiveSettings><ObjectiveRef Id="Objective:0"/></ObjectiveSettings>'
        f"<Dimensions><Channels>{channels}</Channels></Dimensions></Image>"
        '<Instrument><Microscopes><Microscope Id="Microscope:0"><System>Axioscan 7</System></Microscope>'
        '</Microscopes><Objectives><Objective Id="Objective:0">'
        f"<NominalMagnification>{options.power}</NominalMagnification>"
        f"</Objective></Objectives></Instrument></Information>{label}"
        f"<DisplaySetting><Channels>{settings}</Channels></DisplaySetting>"
        f"<Scaling><Items>{distances}</Items></Scaling></Metadata></ImageDocument>"
    )

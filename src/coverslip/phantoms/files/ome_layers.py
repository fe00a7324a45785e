"""OME-TIFF with focal planes and channels, each with its smaller levels as sub-directories."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tifffile

from coverslip.phantoms.files.dicom import smaller
from coverslip.phantoms.files.dicom_examples import channels as two_channels
from coverslip.phantoms.files.picture import Rgb, example

OPAQUE = 255
NAMED_COLOURS = ((0, 0, 255), (255, 0, 0))


def write_ome_layers(
    path: Path,
    layers: Sequence[Sequence[Any]],
    *,
    channels: Sequence[tuple[str, float, tuple[int, int, int]]] = (),
    order: Literal["ZCYX", "CZYX"] = "ZCYX",
    step_um: float | None = 1.5,
    mpp: float = 0.25,
    factors: Sequence[int] = (2, 4),
) -> Path:
    """`layers`: [plane][channel] of pictures, in colour or of brightness; `channels`: name, wavelength, colour."""
    planes, count = len(layers), len(layers[0])
    pixels = layers[0][0]
    axes = ("ZYXS" if pixels.ndim == 3 else order) if planes > 1 or count > 1 else "YX"
    metadata: dict[str, Any] = {
        "axes": axes,
        "Name": "scan",
        "PhysicalSizeX": mpp,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": mpp,
        "PhysicalSizeYUnit": "µm",
    }
    if step_um is not None and planes > 1:
        metadata |= {"PhysicalSizeZ": step_um, "PhysicalSizeZUnit": "µm"}
    if channels:
        metadata["Channel"] = {
            "Name": [name for name, _, _ in channels],
            "EmissionWavelength": [wavelength for _, wavelength, _ in channels],
            "EmissionWavelengthUnit": ["nm"] * len(channels),
            "Color": [_signed(colour) for _, _, colour in channels],
        }
    outer, inner = (planes, count) if order == "ZCYX" else (count, planes)
    ordered = [layers[a][b] if order == "ZCYX" else layers[b][a] for a in range(outer) for b in range(inner)]
    sizes = {"YX": (), "ZYXS": (planes,)}.get(axes, (outer, inner))
    kind: Any = "rgb" if pixels.ndim == 3 else "minisblack"
    common: dict[str, Any] = {"tile": (64, 64), "photometric": kind, "compression": "deflate"}
    with tifffile.TiffWriter(path, ome=True) as tiff:
        stack = np.stack(ordered).reshape(*sizes, *pixels.shape)
        tiff.write(stack, subifds=len(factors), metadata=metadata, **common)
        for factor in factors:
            level = np.stack([smaller(layer, factor) for layer in ordered])
            tiff.write(level.reshape(*sizes, *level.shape[1:]), subfiletype=1, metadata=None, **common)
    return path


def _signed(colour: tuple[int, int, int]) -> int:
    value = int.from_bytes(bytes([*colour, OPAQUE]), "big")
    return value - (1 << 32) if value >= 1 << 31 else value


def _channels(image: Rgb) -> list[Any]:
    return [light for _, _, light in two_channels(image)]


NAMES = tuple(
    (name, wavelength or 0.0, colour)
    for (name, wavelength, _), colour in zip(two_channels(example()), NAMED_COLOURS, strict=True)
)


def _planes(image: Rgb) -> list[list[Any]]:
    return [[np.ascontiguousarray(image[:, ::-1])], [image], [255 - image]]


OME_EXAMPLES: dict[str, Callable[[Path], Path]] = {
    "ome-tiff-fluorescence": lambda folder: write_ome_layers(
        folder / "channels.ome.tif", [_channels(example())], channels=NAMES
    ),
    "ome-tiff-focal-planes": lambda folder: write_ome_layers(folder / "planes.ome.tif", _planes(example())),
    "ome-tiff-planes-and-channels": lambda folder: write_ome_layers(
        folder / "both.ome.tif", [_channels(picture) for (picture,) in _planes(example())], channels=NAMES, order="CZYX"
    ),
    "ome-tiff-16-bit": lambda folder: write_ome_layers(folder / "deep.ome.tif", [_channels(example())[:1]]),
}
"""Name -> writer."""

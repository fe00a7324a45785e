"""Small example slides of every format, written from the formats' public descriptions.

`WRITERS` names one writer for each kind of file that a reader must read, refuse or decline: the format matrix, the
fuzz and the demo run over it. A writer gets a folder, writes its slide there and returns what a person would open: a
file or, for DICOM, a folder. The picture is `picture.tissue`, so what a reader shows can be compared with it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from coverslip.phantoms.files.colour_target import write_colour_target
from coverslip.phantoms.files.dicom import write_dicom
from coverslip.phantoms.files.ome import write_ome
from coverslip.phantoms.files.picture import Rgb, tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.phantoms.files.tiff import write_tiff

Writer = Callable[[Path], Path]


def example() -> Rgb:
    """The picture that the example slides show: 500 x 380 pixels."""
    return tissue(500, 380)


WRITERS: dict[str, Writer] = {
    "svs-jpeg-rgb": lambda folder: write_svs(folder / "rgb.svs", example(), SvsOptions(colours="rgb")),
    "svs-jpeg-ycbcr": lambda folder: write_svs(folder / "ycbcr.svs", example(), SvsOptions(colours="ycbcr")),
    "svs-jpeg2000-rgb": lambda folder: write_svs(folder / "j2k-rgb.svs", example(), SvsOptions(jpeg2000="rgb")),
    "svs-jpeg2000-ycbcr": lambda folder: write_svs(folder / "j2k-ycc.svs", example(), SvsOptions(jpeg2000="ycbcr")),
    "tiff-pyramid": lambda folder: write_tiff(
        folder / "pyramid.tif", example(), factors=(1, 2, 4), mpp=0.25, tile=(64, 64), compression="jpeg"
    ),
    "tiff-plain": lambda folder: write_tiff(folder / "plain.tif", example(), mpp=0.5),
    "svs-colour-target": lambda folder: write_colour_target(folder / "target.svs", patch_px=32),
    "ome-tiff": lambda folder: write_ome(folder / "scan.ome.tif", example()),
    "dicom-tiled-full-jpeg": lambda folder: write_dicom(folder / "dicom", example()),
}
"""Name -> writer of a small example slide in a folder that exists."""

"""Small example slides of every format, written from the formats' public descriptions.

`WRITERS` names one writer for each kind of file that a reader must read, refuse or decline: the format matrix, the
fuzz and the demo run over it. A writer gets a folder, writes its slide there and returns what a person would open: a
file or, for DICOM, a folder. The picture is `picture.tissue`, so what a reader shows can be compared with it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from coverslip.phantoms.files.bif import BifArea, BifOptions, write_bif
from coverslip.phantoms.files.colour_target import write_colour_target
from coverslip.phantoms.files.czi_examples import CZI_EXAMPLES
from coverslip.phantoms.files.dicom_examples import DICOM_EXAMPLES
from coverslip.phantoms.files.ndpi import NdpiOptions, write_ndpi
from coverslip.phantoms.files.ome import write_ome
from coverslip.phantoms.files.ome_layers import OME_EXAMPLES
from coverslip.phantoms.files.other_examples import OTHER_EXAMPLES
from coverslip.phantoms.files.philips import PhilipsOptions, write_philips
from coverslip.phantoms.files.picture import Rgb, example, tissue
from coverslip.phantoms.files.qptiff import QptiffOptions, write_qptiff
from coverslip.phantoms.files.scn import ScnArea, ScnOptions, write_scn
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.phantoms.files.tiff import write_tiff

Writer = Callable[[Path], Path]


def example_in_blocks() -> Rgb:
    """The same for formats whose levels consist of whole JPEG blocks: 512 x 384 pixels."""
    return tissue(512, 384)


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
    "qptiff-brightfield": lambda folder: write_qptiff(folder / "bright.qptiff", example()),
    "qptiff-fluorescence": lambda folder: write_qptiff(
        folder / "channels.qptiff", example(), QptiffOptions(channels=("DAPI", "FITC", "Cy3"))
    ),
    "ndpi-restart-markers": lambda folder: write_ndpi(folder / "restart.ndpi", example_in_blocks()),
    "ndpi-no-restart-markers": lambda folder: write_ndpi(
        folder / "whole.ndpi", example_in_blocks(), NdpiOptions(interval=None)
    ),
    "ndpi-focal-planes": lambda folder: write_ndpi(
        folder / "planes.ndpi", example_in_blocks(), NdpiOptions(planes_nm=(-1500, 0, 1500))
    ),
    "scn-one-area": lambda folder: write_scn(folder / "one.scn", example()),
    "scn-two-areas": lambda folder: write_scn(
        folder / "two.scn", example(), ScnOptions(areas=(ScnArea(0, 0, 200, 300), ScnArea(260, 120, 240, 260)))
    ),
    "scn-focal-planes": lambda folder: write_scn(folder / "planes.scn", example(), ScnOptions(planes=3)),
    "scn-fluorescence": lambda folder: write_scn(
        folder / "channels.scn", example(), ScnOptions(channels=("DAPI", "FITC", "Cy3"))
    ),
    "philips-tiff": lambda folder: write_philips(folder / "philips.tiff", example()),
    "philips-tiff-sparse": lambda folder: write_philips(
        folder / "sparse.tiff", example(), PhilipsOptions(omit=((1, 1), (0, 2)))
    ),
    "bif-dp200": lambda folder: write_bif(folder / "dp200.bif", example()),
    "bif-dp200-overlap": lambda folder: write_bif(folder / "overlap.bif", example(), BifOptions(overlap_x=(0, 24, 0))),
    "bif-dp200-focal-planes": lambda folder: write_bif(folder / "planes.bif", example(), BifOptions(planes=3)),
    "bif-iscan-overlap": lambda folder: write_bif(
        folder / "iscan.bif", example(), BifOptions(overlap_x=(10,), overlap_y=(6,), scanner=None)
    ),
    "bif-iscan-two-areas": lambda folder: write_bif(
        folder / "areas.bif",
        example(),
        BifOptions(
            areas=(BifArea(0, 0, 2, 2), BifArea(200, 170, 2, 2, (0, 2))), overlap_x=(8,), overlap_y=(8,), scanner=None
        ),
    ),
    **OME_EXAMPLES,
    **DICOM_EXAMPLES,
    **CZI_EXAMPLES,
    **OTHER_EXAMPLES,
}
"""Name -> writer of a small example slide in a folder that exists."""

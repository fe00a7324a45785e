"""The slide writers of `phantoms.files`, under one name for tests."""

from coverslip.phantoms.files.dicom import write_dicom
from coverslip.phantoms.files.jpeg_tiles import Colours, abbreviated
from coverslip.phantoms.files.ome import write_ome
from coverslip.phantoms.files.picture import halved, tissue
from coverslip.phantoms.files.svs import SvsOptions, write_svs
from coverslip.phantoms.files.tiff import bomb, write_tiff

__all__ = [
    "Colours",
    "SvsOptions",
    "abbreviated",
    "bomb",
    "halved",
    "tissue",
    "write_dicom",
    "write_ome",
    "write_svs",
    "write_tiff",
]

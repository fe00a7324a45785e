"""The entries of `WRITERS` that are neither TIFF nor DICOM, and files that are no slides at all."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from coverslip.phantoms.files.kfb import write_kfb
from coverslip.phantoms.files.mrxs import write_mrxs
from coverslip.phantoms.files.picture import example, tissue
from coverslip.phantoms.files.vms import write_vms

MACRO, LABEL = tissue(120, 60, 2), tissue(60, 60, 3)


def _picture(name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        Image.fromarray(example()).save(folder / name)
        return folder / name

    return write


def _bytes(name: str, content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def _renamed(name: str, write: Callable[[Path], Path]) -> Callable[[Path], Path]:
    return lambda folder: write(folder).rename(folder / name)


def _zip(folder: Path) -> Path:
    path = folder / "slides.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("slide.svs", b"II*\0" + bytes(100))
    return path


def _folder(folder: Path) -> Path:
    (folder / "export").mkdir()
    (folder / "export" / "readme.txt").write_text("no slide here")
    return folder / "export"


OTHER_EXAMPLES: dict[str, Callable[[Path], Path]] = {
    "mrxs": lambda folder: write_mrxs(folder / "slide.mrxs", example(), macro=MACRO, label=LABEL),
    "vms": lambda folder: write_vms(folder / "slide.vms", tissue(512, 384), macro=MACRO),
    "vms-four-pictures": lambda folder: write_vms(
        folder / "four.vms", tissue(512, 384), macro=MACRO, columns=2, rows=2
    ),
    "kfb": lambda folder: write_kfb(folder / "slide.kfb", example(), macro=MACRO, label=LABEL),
    "png": _picture("field.png"),
    "jpeg": _picture("field.jpg"),
    "png-named-svs": _renamed("field.svs", _picture("field.png")),
    "jpeg-named-tif": _renamed("field.tif", _picture("field.jpg")),
    "isyntax-header-only": _bytes("slide.isyntax", b'<DataObject ObjectType="DPUfsImport">' + b" " * 4096),
    "sdpc-header": _bytes("slide.sdpc", b"SQ1.0.0.0" + bytes(4096)),
    "tmap-header": _bytes("slide.tmap", b"TMAP06" + bytes(4096)),
    "ets-header": _bytes("frame_t.ets", b"SIS\0" + bytes(4096)),
    "text-named-svs": _bytes("notes.svs", b"not a slide\n" * 400),
    "text-named-dcm": _bytes("notes.dcm", b"not a slide\n" * 400),
    "empty": _bytes("empty.svs", b""),
    "zip": _zip,
    "pdf": _bytes("report.pdf", b"%PDF-1.7\n" + b"% " * 500),
    "tiff-header-only": _bytes("cut.tif", b"II*\0\x08\0\0\0"),
    "dicom-header-only": _bytes("cut.dcm", bytes(128) + b"DICM"),
    "folder-without-slide": _folder,
}
"""Name -> writer; what each must turn out to be stands in the format matrix."""

"""Hamamatsu VMS: a text file that names JPEG pictures lying beside it (from OpenSlide's description of the format).

The slide is one JPEG, or several laid side by side, with restart markers so that a reader can begin anywhere in it.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from coverslip.phantoms.files.picture import Rgb, halved

QUALITY = 92
RESTART_BLOCKS = 8
"""MCUs between two restart markers: 8 x 8 px."""
NM_PER_UM = 1000
MAP_FACTOR = 8


def write_vms(
    path: Path, image: Rgb, *, macro: Rgb, mpp: float = 0.25, power: int = 40, columns: int = 1, rows: int = 1
) -> Path:
    """`path` ends in `.vms`; sides of the picture must be multiples of 64 and share out evenly. Returns `path`."""
    height, width = image.shape[:2]
    lines = [
        "[Virtual Microscope Specimen]",
        "NoLayers=1",
        f"NoJpegColumns={columns}",
        f"NoJpegRows={rows}",
    ]
    for row in range(rows):
        for column in range(columns):
            name = f"{path.stem}_{column}_{row}.jpg"
            part = image[
                row * height // rows : (row + 1) * height // rows,
                column * width // columns : (column + 1) * width // columns,
            ]
            _save(path.with_name(name), part, RESTART_BLOCKS)
            key = "ImageFile" if (column, row) == (0, 0) else f"ImageFile({column},{row})"
            lines.append(f"{key}={name}")
    _save(path.with_name(f"{path.stem}_map2.jpg"), halved(image, MAP_FACTOR), 1)
    _save(path.with_name(f"{path.stem}_macro.jpg"), macro, 0)
    lines += [
        f"MapFile={path.stem}_map2.jpg",
        f"MacroImage={path.stem}_macro.jpg",
        f"PhysicalWidth={round(width * mpp * NM_PER_UM)}",
        f"PhysicalHeight={round(height * mpp * NM_PER_UM)}",
        "XOffsetFromSlideCentre=0",
        "YOffsetFromSlideCentre=0",
        f"SourceLens={power}",
    ]
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    return path


def _save(path: Path, pixels: Rgb, restart_blocks: int) -> None:
    """`restart_blocks`: MCUs between two restart markers; 0: none."""
    picture = Image.fromarray(pixels)
    picture.save(path, "JPEG", quality=QUALITY, subsampling=0, restart_marker_blocks=restart_blocks)

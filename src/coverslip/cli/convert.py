"""`coverslip convert SLIDE --to FORMAT --out DIR`: a slide in another format, its tiles untouched where it can be."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from coverslip.conversion.convert import convert
from coverslip.conversion.metadata import SlideMetadata, read_metadata
from coverslip.conversion.options import Options, SeriesOptions
from coverslip.conversion.plan import QUALITY, Choice, Target, Wanted
from coverslip.conversion.result import Converted
from coverslip.errors import InvalidInput
from coverslip.vocabulary.units import Spacing

BEST = 100
REASONS = {
    "not_stored_so": "not stored in a form that the result may hold",
    "grid": "its tiles overlap",
    "tiles_differ": "its tiles are built differently",
    "jpeg_process": "its JPEG is not baseline",
    "tile_size": "its tiles are of another size than the finest level's",
    "asked": "as asked",
}
"""Why a level was decoded: the keys of `LevelPlan.reason`."""


@click.command("convert", short_help="Write a slide as a DICOM series, OME-TIFF or TIFF.")
@click.argument("slide", type=click.Path(path_type=Path))
@click.option("--to", "target", type=click.Choice(["dicom", "ome-tiff", "tiff"]), required=True, help="Format.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the result; new for DICOM.")
@click.option(
    "--spacing-um", "--mpp", "spacing_um", type=float, help="Micrometres a pixel of level 0, where the file says none."
)
@click.option("--metadata", type=click.Path(path_type=Path), help="JSON file with patient, study and specimen. DICOM.")
@click.option("--without-label", is_flag=True, help="Leave out label, overview (it shows the label) and barcode.")
@click.option(
    "--encode",
    "wanted",
    type=click.Choice(["lossless", "htj2k", "jpeg"]),
    default="lossless",
    show_default=True,
    help="For what cannot pass through. Lossless: JPEG 2000 in DICOM, deflate in TIFF.",
)
@click.option("--quality", type=int, default=QUALITY, show_default=True, help="Of --encode jpeg, 1 to 100.")
@click.option("--decode", is_flag=True, help="Decode and encode every level, even those that could pass through.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def command(
    slide: Path,
    target: str,
    out: Path,
    spacing_um: float | None,
    metadata: Path | None,
    without_label: bool,
    wanted: str,
    quality: int,
    decode: bool,
    as_json: bool,
) -> None:
    """Write SLIDE in another format. Stored JPEG tiles are copied, not decoded, wherever the format can hold them.

    DICOM: a series of VL Whole Slide Microscopy images in the new folder DIR, one file a level, and label and overview.
    OME-TIFF and TIFF: one pyramidal file in DIR, named after the slide. Nothing is overwritten, and nothing is left
    behind by a conversion that fails.

    \b
    Exit status: 0 done; 1 it failed; 2 bad input (a damaged slide, an unknown pixel size, DIR exists, ...).
    """
    if not 1 <= quality <= BEST:
        raise InvalidInput(field="--quality", problem="conversion_quality")
    if metadata is not None and target != "dicom":
        raise InvalidInput(field="--metadata", problem="conversion_option_dicom_only")
    if wanted == "htj2k" and target != "dicom":
        raise InvalidInput(field="--encode", problem="conversion_encoding", value=wanted, target=target)
    choice = Choice(cast(Wanted, wanted), quality, pass_through=not decode)
    series = SeriesOptions(
        metadata=SlideMetadata() if metadata is None else read_metadata(metadata),
        spacing=None if spacing_um is None else Spacing.square(spacing_um),
        without_label=without_label,
    )
    with Bar() as bar:
        done = convert(slide, cast(Target, target), out, Options(choice, series), bar)
    if as_json:
        click.echo(json.dumps(document(done), indent=2, ensure_ascii=False))
    else:
        Console().print(table(done))


class Bar:
    """Progress on a terminal, on standard error; nothing where standard error is no terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("tiles"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._shown = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._task: TaskID | None = None

    def begin(self, tiles: int) -> None:
        """How many tiles there are to write."""
        self._task = self._shown.add_task("tiles", total=tiles)

    def advance(self, tiles: int, stored_bytes: int) -> None:
        """So many more were written."""
        if self._task is not None:
            self._shown.advance(self._task, tiles)

    def __enter__(self) -> Self:
        self._shown.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shown.stop()


def document(done: Converted) -> dict[str, Any]:
    """For programs."""
    images = [asdict(image) for image in done.images]
    return {"to": done.target, "out": str(done.out), "seconds": round(done.seconds, 3), "images": images}


def table(done: Converted) -> Table:
    """For people: an image a row, and what became of its tiles; below, why some were not passed through."""
    reasons = sorted({REASONS[image.reason] for image in done.images if image.reason})
    made = Table(
        title=f"{done.out} ({done.seconds:.1f} s)",
        caption=f"Encoded anew: {'; '.join(reasons)}" if reasons else None,
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for heading in ("Image", "Pixels", "Tiles", "MB", "Stored as", "Tiles were"):
        made.add_column(heading, justify="right" if heading in ("Pixels", "Tiles", "MB") else "left", no_wrap=True)
    for image in done.images:
        made.add_row(
            image.kind,
            f"{image.width:,} x {image.height:,}",
            f"{image.tiles:,}",
            f"{image.tile_bytes / 1e6:.1f}",
            image.encoding,
            "passed through" if image.passed_through else "encoded anew",
        )
    return made

"""`coverslip slide FILE`: what a slide file is, before anything is done with it."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table

from coverslip.slides.describe import compression, description
from coverslip.slides.isolation import probe
from coverslip.slides.slide import Level, SlideProperties


@click.command(name="slide")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")
def command(file: Path, as_json: bool) -> None:
    """Tell what FILE is: format, size, levels, spacing, objective, label and macro, whether tiles pass through.

    FILE is a slide, a plain image, or the folder of a DICOM slide. It is opened in a separate process with limits.

    \b
    Exit status: 0 it can be read; 1 its decoder failed; 2 it is missing, damaged or not a slide.
    """
    properties = probe(file)
    if as_json:
        click.echo(json.dumps({"file": file.name, **description(properties)}, indent=2, ensure_ascii=False))
        return
    console = Console()
    console.print(facts(file, properties))
    console.print(levels(properties))


def facts(file: Path, properties: SlideProperties) -> Table:
    """What the whole slide is, a row each."""
    table = Table(show_header=False, title=file.name, title_justify="left", box=box.SIMPLE)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in (
        ("Format", f"{properties.format} (read by {properties.reader})"),
        ("Vendor", properties.vendor or "not stated"),
        ("Scanner", properties.scanner_model or "not stated"),
        ("Scanned", properties.scanned_at or "not stated"),
        ("Size", f"{properties.width:,} x {properties.height:,} pixels{_size_mm(properties)}"),
        ("Pixel size", _spacing(properties)),
        ("Objective", "not stated" if properties.objective_power is None else f"{properties.objective_power:g}x"),
        ("Compression", compression(properties)),
        ("Tiles", _tiles(properties)),
        ("Pictures beside it", ", ".join(properties.associated) or "none"),
        ("Barcode", properties.barcode or "not stated"),
        ("Colour profile", "none" if properties.icc_profile is None else f"{len(properties.icc_profile):,} bytes"),
    ):
        table.add_row(name, value)
    return table


def levels(properties: SlideProperties) -> Table:
    """The stored resolutions, finest first."""
    table = Table(title="Levels", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("Level", "Pixels", "Down", "um/px", "Tile", "Grid", "Stored as", "Passes"):
        table.add_column(heading, justify="left" if heading in ("Stored as", "Passes") else "right", no_wrap=True)
    for number, level in enumerate(properties.levels):
        table.add_row(
            str(number),
            f"{level.width:,} x {level.height:,}",
            f"{level.downsample:.4g}",
            _level_spacing(properties, level),
            f"{level.tile_width} x {level.tile_height}",
            f"{level.columns:,} x {level.rows:,}",
            level.compression,
            "yes" if level.passthrough else "no",
        )
    return table


def _size_mm(properties: SlideProperties) -> str:
    if properties.spacing is None:
        return ""
    width = properties.width * properties.spacing.x_um / 1000
    height = properties.height * properties.spacing.y_um / 1000
    return f" ({width:.1f} x {height:.1f} mm)"


def _spacing(properties: SlideProperties) -> str:
    if properties.spacing is None:
        return "not stated: it can be viewed; analyze and convert take it as --spacing-um"
    x, y = (f"{side:.4g}" for side in (properties.spacing.x_um, properties.spacing.y_um))
    return f"{x} um" if x == y else f"{x} x {y} um"


def _level_spacing(properties: SlideProperties, level: Level) -> str:
    return "-" if properties.spacing is None else f"{properties.spacing.mean_um * level.downsample:.4g}"


def _tiles(properties: SlideProperties) -> str:
    through = [level.passthrough for level in properties.levels]
    if all(through):
        return "pass through as stored"
    return "decoded and encoded again" if not any(through) else "some levels pass through, others are decoded"

"""`coverslip phantom`: render a slide of tissue with known truth."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from coverslip.errors import InvalidInput
from coverslip.phantoms.label import SlideLabel
from coverslip.phantoms.recipe import PRESETS, recipe
from coverslip.phantoms.slide import write_slide


@click.command("phantom", short_help="Render a slide of tissue with known truth.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The .svs file to write.")
@click.option("--width", default=4096, show_default=True, help="Width of level 0, in pixels.")
@click.option("--height", default=4096, show_default=True, help="Height of level 0, in pixels.")
@click.option("--seed", default=1, show_default=True, help="The same seed and options give the same bytes.")
@click.option("--marker", type=click.Choice(PRESETS), default="ki67", show_default=True, help="What is stained.")
@click.option("--positive-percent", type=float, help="Expected share of positive tumour cells; default: the marker's.")
@click.option("--spacing-um", "--spacing", "spacing_um", default=0.25, show_default=True, help="Micrometres a pixel.")
@click.option("--architecture", type=click.Choice(["nests", "glands", "sheets"]), default="nests", show_default=True)
@click.option("--outline", type=click.Choice(["resection", "core", "full"]), default="resection", show_default=True)
@click.option("--without-spacing", is_flag=True, help="Leave the pixel size out of the file.")
@click.option("--accession", help="Text of the label; with --block also its barcode.")
@click.option("--block", default="A1-1", show_default=True, help="Block and slide on the label.")
@click.option("--truth", type=click.Path(dir_okay=False, path_type=Path), help="GeoJSON file for every nucleus.")
def command(
    out: Path,
    width: int,
    height: int,
    seed: int,
    marker: str,
    positive_percent: float | None,
    spacing_um: float,
    architecture: str,
    outline: str,
    without_spacing: bool,
    accession: str | None,
    block: str,
    truth: Path | None,
) -> None:
    """Render a pyramidal SVS slide of tissue, any size, with label and macro images, and print what is on it as JSON.

    Exit status: 0 written; 1 it could not be written; 2 bad input.
    """
    if seed < 0:
        raise InvalidInput(field="seed", problem="phantom_seed", value=seed)
    changes: dict[str, object] = {"architecture": architecture, "outline": outline}
    if positive_percent is not None:
        changes["positive_percent"] = positive_percent
    label = SlideLabel(accession, (block, marker.upper()), f"{accession}-{block}") if accession else None
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(out.name, total=height)
        found = write_slide(
            out,
            seed,
            width,
            height,
            recipe(marker, **changes),
            spacing_um=spacing_um,
            label=label,
            without_spacing=without_spacing,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if truth is not None:
        found.write_geojson(truth)
    click.echo(json.dumps({"file": str(out), "width": width, "height": height} | found.summary(), indent=2))

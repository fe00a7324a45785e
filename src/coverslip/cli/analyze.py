"""`coverslip analyze`: read a marker on slides or plain images, without any server."""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from coverslip.analysis.algorithm import Algorithm, Progress
from coverslip.analysis.errors import FluorescenceSlide, SpacingRequired
from coverslip.analysis.export import write_cells_geojson
from coverslip.analysis.reading import FinishedReading, read_slide
from coverslip.analysis.registry import algorithm_for, parameters_of
from coverslip.errors import InvalidInput
from coverslip.slides.isolation import DecoderPool
from coverslip.slides.slide import Slide
from coverslip.vocabulary.geometry import Box, Region
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.units import Spacing

PLAIN_FORMAT = "image"
"""What the reader of plain pictures says for `format`: their resolution tag tells of paper, not of the microscope."""


@click.command(name="analyze")
@click.argument("slides", nargs=-1, required=True, metavar="SLIDE...", type=click.Path(path_type=Path))
@click.option("--marker", required=True, type=click.Choice([marker.value for marker in Marker]), help="What to read.")
@click.option("--out", required=True, metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="Folder.")
@click.option("--region", metavar="X,Y,W,H | FILE.geojson", help="Part of the slide, in pixels of level 0.")
@click.option(
    "--spacing-um",
    "--mpp",
    "mpp",
    type=float,
    help="Micrometres a pixel; needed for plain images.",
)
@click.option("--algorithm", "algorithm_name", help="Algorithm by name; else the first that reads the marker.")
@click.option("--set", "settings_given", multiple=True, metavar="NAME=VALUE", help="A parameter of the algorithm.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON on standard output.")
def command(
    slides: tuple[Path, ...],
    marker: str,
    out: Path,
    region: str | None,
    mpp: float | None,
    algorithm_name: str | None,
    settings_given: tuple[str, ...],
    as_json: bool,
) -> None:
    """Read a marker on SLIDE (a whole slide, or a PNG, JPEG or TIFF image).

    Writes result.json and cells.geojson (QuPath-compatible) to DIR, or to DIR/STEM for each of several slides. Not
    validated for diagnosis. Exit status: 0 written, also where the result is NOT_EVALUABLE; 1 failed; 2 bad input.
    """
    algorithm = algorithm_for(Marker(marker), algorithm_name)
    chosen = _read_region(region)
    given = dict(_name_and_value(text) for text in settings_given)
    folders = _folders(slides, out)
    printed = []
    with closing(DecoderPool()) as decoders:
        for path, folder in zip(slides, folders, strict=True):
            with decoders.open(path) as slide:
                summary = _analyze(slide, path, folder, _Asked(algorithm, chosen, mpp, given))
            printed.append(summary)
            if not as_json:
                click.echo(_line(path, summary))
    if as_json:
        click.echo(json.dumps(printed if len(slides) > 1 else printed[0], ensure_ascii=False, indent=1))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is wanted of every slide."""

    algorithm: Algorithm
    region: Region | None
    mpp: float | None
    parameters: dict[str, Any]


def _analyze(slide: Slide, path: Path, folder: Path, asked: _Asked) -> dict[str, Any]:
    parameters = parameters_of(asked.algorithm, asked.parameters)
    started = time.perf_counter()
    if slide.properties.channels:
        raise FluorescenceSlide(field="SLIDE", file=path.name)
    spacing = _spacing(slide, path, asked.mpp)
    with _bar(path.name) as show:
        finished = read_slide(slide, spacing, asked.algorithm, parameters, region=asked.region, progress=show)
    seconds = time.perf_counter() - started
    summary = _summary(path, finished, seconds)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "cells.geojson").open("w", encoding="utf-8") as file:
        write_cells_geojson(finished.findings.cells, file)
    (folder / "result.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return summary


def _spacing(slide: Slide, path: Path, mpp: float | None) -> Spacing:
    if mpp is not None:
        return Spacing.square(mpp)
    found = slide.properties.spacing
    if found is None or slide.properties.format == PLAIN_FORMAT:
        raise SpacingRequired(field="--spacing-um", file=path.name)
    return found


def _summary(path: Path, finished: FinishedReading, seconds: float) -> dict[str, Any]:
    source = finished.provenance.to_json()
    return {
        "slide": path.name,
        **finished.result.to_json(),
        "algorithm": source["algorithm"],
        "algorithm_version": source["algorithm_version"],
        "model_digest": source["model_digest"],
        "region": finished.region.to_geojson(),
        "seconds": round(seconds, 3),
        "validated": False,
        "provenance": source,
    }


def _line(path: Path, summary: dict[str, Any]) -> str:
    counts = f"{summary['positive']} positive, {summary['negative']} negative, {summary['area_mm2']:.3f} mm2"
    flags = ", ".join([*summary["reasons"], *summary["flags"]])
    if summary["score"] is None:
        return f"{path.name}: {summary['status']} ({flags}); {counts}; {summary['seconds']:.2f} s"
    low, high = summary["interval"]
    value = f"{summary['score']:.1f} {summary['unit']} (95 % {low:.1f} to {high:.1f})"
    return f"{path.name}: {value}; {counts}; {summary['status']}: {flags}; {summary['seconds']:.2f} s"


def _folders(slides: tuple[Path, ...], out: Path) -> list[Path]:
    if len(slides) == 1:
        return [out]
    stems = [path.stem for path in slides]
    if len(set(stems)) < len(stems):
        raise InvalidInput(field="SLIDE", problem="same_stem")
    return [out / stem for stem in stems]


def _read_region(text: str | None) -> Region | None:
    if text is None:
        return None
    numbers = text.split(",")
    if len(numbers) == 4:
        try:
            x, y, width, height = (int(number) for number in numbers)
        except ValueError as error:
            raise InvalidInput(field="--region", problem="region_not_box", value=text) from error
        return Region.from_box(Box(x, y, width, height))
    path = Path(text)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(field="--region", problem="region_not_box_nor_file", value=text) from error
    if not isinstance(content, dict):
        raise InvalidInput(field="--region", problem="region_not_geojson", detail=path.name)
    return Region.from_geojson(content)


def _name_and_value(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise InvalidInput(field="--set", problem="not_name_value", value=text)
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


class _Shown:
    """Progress as a bar on a terminal; called as the analysis' progress function."""

    def __init__(self, bar: Bar, name: str) -> None:
        self._bar, self._task = bar, bar.add_task(name, total=None)

    def __enter__(self) -> _Shown:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, step: Progress) -> None:
        self._bar.update(self._task, completed=step.tiles_done, total=step.tiles_total)


def _bar(name: str) -> Any:
    if not sys.stderr.isatty():
        return nullcontext(lambda step: None)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return _Shown(Bar(*columns, console=Console(stderr=True), transient=True), name)

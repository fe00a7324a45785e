"""Measures nucleus detection and the positive index of an algorithm on annotated fields.

usage: python bench/accuracy.py FOLDER [FOLDER...] --mpp 0.25 [--radius-px 12] [--resamples 2000]

FOLDER holds IMAGE.png or .jpg with IMAGE.points.csv (columns x_px, y_px, class: positive or negative). Found and
true nuclei are paired one to one, within the radius, so that the sum of distances is smallest. Printed for each folder,
as JSON: F1 of detection, of the positive and of the negative class and their mean, accuracy of the class of paired
nuclei; mean absolute error, bias and ICC(2,1) of the positive index in percentage points (fields with nuclei); each
with a 95 % interval by resampling whole fields (few fields: wide). Nuclei that are shown but not counted are left out.
A field without its points is an error: nothing is skipped.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from coverslip.analysis.reading import read_slide
from coverslip.analysis.registry import algorithm_named, parameters_of
from coverslip.slides.registry import open_slide
from coverslip.vocabulary.units import Spacing

FAR = 1e6
Points = NDArray[np.float64]
Classes = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FieldScore:
    """Pairs, found and true nuclei of one field: all, positive, negative; and what the index needs."""

    tallies: NDArray[np.int64]
    """(3, 3): rows all, positive, negative; columns paired, found, true."""
    agreeing: int
    index_found: float
    index_true: float
    seconds: float
    megapixels: float


def score_field(path: Path, algorithm: str, spacing_um: float, radius_px: float) -> FieldScore:
    """Analyze one field and compare it with its points."""
    truth, truth_positive = read_points(path.with_name(f"{path.stem}.points.csv"))
    chosen = algorithm_named(algorithm)
    with open_slide(path) as slide:
        started = time.process_time()
        cells = read_slide(slide, Spacing.square(spacing_um), chosen, parameters_of(chosen, None)).findings.cells
        seconds = time.process_time() - started
        pixels = slide.properties.width * slide.properties.height
    counted = cells.taken(cells.counted)
    found = np.stack([counted.x, counted.y], axis=1).astype(np.float64) - 0.5
    by_class = [
        _tally(truth[truth_positive == wanted], found[counted.positive == wanted], radius_px)
        for wanted in (True, False)
    ]
    pairs = paired(truth, found, radius_px)
    return FieldScore(
        tallies=np.array([_tally(truth, found, radius_px), *by_class]),
        agreeing=int(sum(truth_positive[i] == counted.positive[j] for i, j in pairs)),
        index_found=100.0 * float(counted.positive.mean()) if len(counted) else 0.0,
        index_true=100.0 * float(truth_positive.mean()) if len(truth) else float("nan"),
        seconds=seconds,
        megapixels=pixels / 1e6,
    )


def read_points(path: Path) -> tuple[Points, Classes]:
    """Positions (n, 2) and whether positive (n,)."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    xy = np.array([(float(row["x_px"]), float(row["y_px"])) for row in rows]).reshape(-1, 2)
    return xy, np.array([row["class"] == "positive" for row in rows], dtype=bool)


def paired(truth: Points, found: Points, radius_px: float) -> list[tuple[int, int]]:
    """Best one-to-one pairs within the radius."""
    if not len(truth) or not len(found):
        return []
    distance = cdist(truth, found)
    cost = np.where(distance <= radius_px, distance, FAR)
    return [(int(i), int(j)) for i, j in zip(*linear_sum_assignment(cost), strict=True) if cost[i, j] < FAR]


def summary(fields: list[FieldScore]) -> dict[str, float]:
    """The figures of some fields together."""
    tally = sum((field.tallies for field in fields), np.zeros((3, 3), np.int64))
    f1 = [float(2 * hit / max(1, found + true)) for hit, found, true in tally]
    index = np.array([(field.index_found, field.index_true) for field in fields])
    found, true = index[np.isfinite(index[:, 1])].T
    return {
        "F1_detection": f1[0],
        "F1_positive": f1[1],
        "F1_negative": f1[2],
        "F1avg": (f1[1] + f1[2]) / 2,
        "class_accuracy": sum(field.agreeing for field in fields) / max(1, int(tally[0, 0])),
        "index_MAE_pp": float(np.abs(found - true).mean()),
        "index_bias_pp": float((found - true).mean()),
        "index_ICC": icc_2_1(found, true),
    }


def icc_2_1(one: Points, other: Points) -> float:
    """Agreement of single measurements, two-way random effects; Shrout & Fleiss 1979."""
    table = np.stack([one, other], axis=1)
    count = len(table)
    if count < 3:
        return float("nan")
    grand, row_means, column_means = table.mean(), table.mean(axis=1), table.mean(axis=0)
    rows = 2 * ((row_means - grand) ** 2).sum() / (count - 1)
    columns = count * ((column_means - grand) ** 2).sum()
    error = ((table - row_means[:, None] - column_means[None] + grand) ** 2).sum() / (count - 1)
    return float((rows - error) / (rows + error + 2 * (columns - error) / count))


def intervals(
    fields: list[FieldScore], resamples: int, figures: Callable[[list[FieldScore]], dict[str, float]] = summary
) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals when whole fields are drawn with replacement, seeded."""
    random = np.random.default_rng(0)
    drawn = [figures([fields[i] for i in random.integers(0, len(fields), len(fields))]) for _ in range(resamples)]
    bounds = {}
    for name in drawn[0]:
        low, high = np.nanpercentile([row[name] for row in drawn], [2.5, 97.5])
        bounds[name] = (float(low), float(high))
    return bounds


def _tally(truth: Points, found: Points, radius_px: float) -> tuple[int, int, int]:
    return len(paired(truth, found, radius_px)), len(found), len(truth)


def images_of(folder: Path) -> list[Path]:
    """Every picture of the folder that has points, sorted. Raises FileNotFoundError where there is none."""
    stems = sorted(path.name.removesuffix(".points.csv") for path in folder.glob("*.points.csv"))
    if not stems:
        raise FileNotFoundError(f"no *.points.csv in {folder}")
    return [_image(folder, stem) for stem in stems]


def _image(folder: Path, stem: str) -> Path:
    for ending in (".png", ".jpg"):
        if (folder / f"{stem}{ending}").exists():
            return folder / f"{stem}{ending}"
    raise FileNotFoundError(f"no picture of {stem} in {folder}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--mpp", type=float, required=True)
    parser.add_argument("--radius-px", type=float, default=12.0)
    parser.add_argument("--algorithm", default="ki67-classical")
    parser.add_argument("--resamples", type=int, default=2000)
    given = parser.parse_args()
    for folder in given.folders:
        fields = [score_field(path, given.algorithm, given.mpp, given.radius_px) for path in images_of(folder)]
        seconds = sum(field.seconds for field in fields)
        row: dict[str, object] = {"folder": folder.name, "fields": len(fields), "radius_px": given.radius_px}
        bounds = intervals(fields, given.resamples)
        for name, value in summary(fields).items():
            row[name] = [round(figure, 3) for figure in (value, *bounds[name])]
        row["source_mpix_per_cpu_s"] = round(sum(field.megapixels for field in fields) / seconds, 1)
        print(json.dumps(row))
    return 0


if __name__ == "__main__":
    sys.exit(main())

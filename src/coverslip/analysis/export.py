"""Cells as QuPath-compatible GeoJSON:
https://qupath.readthedocs.io/en/stable/docs/advanced/exporting_annotations.html."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from coverslip.analysis.cells import CellTable

COLOURS = {"Positive": [200, 50, 30], "Negative": [60, 90, 200], "Ignore": [150, 150, 150]}
"""Red, green, blue of a class in QuPath."""
_AT_ONCE = 10_000


def write_cells_geojson(cells: CellTable, file: IO[str]) -> None:
    """Write a FeatureCollection with one Point feature a nucleus, in pixels of level 0.

    `properties.classification.name` is `Positive` or `Negative`; `properties.counted` is false for a nucleus that is
    shown but not part of the score. Written in pieces: a million nuclei do not sit in memory as text.
    """
    file.write('{"type":"FeatureCollection","features":[')
    separator = "\n"
    for feature in _features(cells):
        file.write(separator)
        file.write(json.dumps(feature, separators=(",", ":")))
        separator = ",\n"
    file.write("\n]}\n")


def _features(cells: CellTable) -> Iterator[dict[str, Any]]:
    for start in range(0, len(cells), _AT_ONCE):
        part = cells.taken(np.arange(start, min(start + _AT_ONCE, len(cells))))
        columns = zip(
            part.x.tolist(),
            part.y.tolist(),
            part.positive.tolist(),
            part.counted.tolist(),
            part.dab_od.tolist(),
            part.haematoxylin_od.tolist(),
            part.area_um2.tolist(),
            strict=True,
        )
        for number, (x, y, positive, counted, dab, haematoxylin, area) in enumerate(columns, start):
            name = "Positive" if positive else "Negative"
            yield {
                "type": "Feature",
                "id": number,
                "geometry": {"type": "Point", "coordinates": [round(x, 2), round(y, 2)]},
                "properties": {
                    "objectType": "detection",
                    "classification": {"name": name, "color": COLOURS[name if counted else "Ignore"]},
                    "counted": counted,
                    "measurements": {
                        "DAB OD mean": round(dab, 4),
                        "Haematoxylin OD mean": round(haematoxylin, 4),
                        "Area µm^2": round(area, 2),
                    },
                },
            }

"""What stands on a phantom, in the pixels of its level 0."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coverslip.phantoms.cells import KINDS, Nuclei
from coverslip.phantoms.render import Scene

GRADES = ("Negative", "1+", "2+", "3+")


@dataclass(frozen=True, slots=True)
class Truth:
    """Every nucleus of a phantom; columns are (n,), positions are pixel coordinates of level 0."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    kind: NDArray[np.uint8]
    """Index into `KINDS`: tumour, stroma, lymphocyte."""
    grade: NDArray[np.uint8]
    """0 negative, 1 weak, 2 moderate, 3 strong."""
    dab_od: NDArray[np.float32]
    spacing_um: float
    seed: int

    @classmethod
    def of(cls, nuclei: Nuclei, scene: Scene) -> Truth:
        """The nuclei of a scene as pixels of its level 0 (centre of the pixel on which the nucleus was drawn)."""
        return cls(
            (np.floor(nuclei.x_um / scene.spacing_um) + 0.5).astype(np.float32),
            (np.floor(nuclei.y_um / scene.spacing_um) + 0.5).astype(np.float32),
            nuclei.kind,
            nuclei.grade,
            nuclei.dab_od,
            scene.spacing_um,
            scene.seed,
        )

    def __len__(self) -> int:
        return len(self.x)

    @property
    def tumour(self) -> NDArray[np.bool_]:
        """The denominator."""
        return np.asarray(self.kind == KINDS.index("tumour"))

    @property
    def positive(self) -> int:
        """Positive tumour cells."""
        return int(np.count_nonzero(self.tumour & (self.grade > 0)))

    @property
    def negative(self) -> int:
        """Negative tumour cells."""
        return int(np.count_nonzero(self.tumour & (self.grade == 0)))

    @property
    def positive_percent(self) -> float | None:
        """Share of positive tumour cells, None without tumour."""
        counted = self.positive + self.negative
        return 100.0 * self.positive / counted if counted else None

    def summary(self) -> dict[str, Any]:
        """Counts by kind and grade, for a person or a test."""
        by_grade = {name: int(np.count_nonzero(self.tumour & (self.grade == i))) for i, name in enumerate(GRADES)}
        others = {name: int(np.count_nonzero(self.kind == i)) for i, name in enumerate(KINDS) if name != "tumour"}
        return {
            "positive": self.positive,
            "negative": self.negative,
            "positive_percent": self.positive_percent,
            "tumour_by_grade": by_grade,
            **others,
            "spacing_um": self.spacing_um,
            "seed": self.seed,
        }

    def write_geojson(self, path: Path) -> None:
        """One point a nucleus, as QuPath reads it; `counted` is true for tumour cells. Written as a stream."""
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write('{"type": "FeatureCollection", "features": [')
            for i in range(len(self)):
                file.write(("," if i else "") + "\n" + json.dumps(self._feature(i)))
            file.write("\n]}\n")

    def _feature(self, i: int) -> dict[str, Any]:
        kind = KINDS[int(self.kind[i])]
        return {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [float(self.x[i]), float(self.y[i])]},
            "properties": {
                "objectType": "detection",
                "classification": {"name": "Positive" if self.grade[i] else "Negative"},
                "counted": kind == "tumour",
                "kind": kind,
                "grade": GRADES[int(self.grade[i])],
                "measurements": {"DAB OD": round(float(self.dab_od[i]), 4)},
            },
        }

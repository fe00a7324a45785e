"""Where a number comes from: everything needed to get the same number again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel

from coverslip import __version__
from coverslip.analysis.algorithm import AlgorithmDeclaration
from coverslip.vocabulary.geometry import Region
from coverslip.vocabulary.units import Spacing

LIBRARIES = ("numpy", "opencv-python-headless", "imagecodecs", "shapely")
"""Libraries whose version can change a pixel or a count."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What produced a reading."""

    coverslip_version: str
    algorithm: str
    algorithm_version: str
    model_digest: str | None
    profile: str
    parameters: Mapping[str, Any]
    spacing_um: float
    region_digest: str
    """SHA-256 of the region's GeoJSON with sorted keys."""
    libraries: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """For the stored result and for `result.json`."""
        return asdict(self)


def provenance(
    declaration: AlgorithmDeclaration, parameters: BaseModel, spacing: Spacing, region: Region
) -> Provenance:
    """The provenance of a run of this algorithm with these parameters on this region."""
    return Provenance(
        coverslip_version=__version__,
        algorithm=declaration.name,
        algorithm_version=declaration.version,
        model_digest=declaration.model_digest,
        profile=declaration.profile,
        parameters=parameters.model_dump(mode="json"),
        spacing_um=spacing.mean_um,
        region_digest=json_digest(region.to_geojson()),
        libraries=_library_versions(),
    )


def json_digest(value: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a JSON object, independent of the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@cache
def _library_versions() -> Mapping[str, str]:
    return {name: version(name) for name in LIBRARIES}

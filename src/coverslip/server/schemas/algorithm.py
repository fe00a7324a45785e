"""What the installed algorithms say of themselves."""

from __future__ import annotations

from typing import Any, Literal

from coverslip.server.schemas.common import Shown
from coverslip.vocabulary.markers import Marker


class Algorithm(Shown):
    """One installed reading method; `parameters_schema` is the JSON Schema of its parameters."""

    name: str
    version: str
    marker: Marker
    profile: str
    parameters_schema: dict[str, Any]
    finest_spacing_um: float
    coarsest_spacing_um: float
    model_digest: str | None
    validated: Literal[False]


class AlgorithmList(Shown):
    """Every installed algorithm."""

    items: list[Algorithm]

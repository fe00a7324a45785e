"""Which algorithms there are: entry points of the group `coverslip.algorithms`, used only when enabled by name."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from pydantic import BaseModel, ValidationError

from coverslip.analysis.algorithm import Algorithm
from coverslip.analysis.errors import AlgorithmUnknown, ParametersInvalid
from coverslip.settings import settings
from coverslip.vocabulary.markers import Marker

GROUP = "coverslip.algorithms"
PROBLEMS = {
    "extra_forbidden": "request_unknown_field",
    "greater_than": "request_greater_than",
    "greater_than_equal": "request_greater_than_equal",
    "less_than": "request_less_than",
    "less_than_equal": "request_less_than_equal",
    "value_error": "parameters_contradict",
}
"""pydantic's fault types and the keys of `problems` that say them; every other type: `parameter_refused`."""


def enabled_algorithms() -> tuple[Algorithm, ...]:
    """Every algorithm the installation has enabled, in the order of the setting. Raises `AlgorithmUnknown`."""
    return tuple(algorithm_named(name) for name in settings().algorithms)


def algorithm_named(name: str) -> Algorithm:
    """The enabled algorithm of that name. Raises `AlgorithmUnknown` where it is not enabled or not installed."""
    if name not in settings().algorithms:
        raise AlgorithmUnknown(field="algorithm", name=name, known=", ".join(settings().algorithms))
    return _load(name)


def algorithm_for(marker: Marker, name: str | None = None) -> Algorithm:
    """The named algorithm, or the first enabled one that reads the marker. Raises `AlgorithmUnknown`."""
    if name is not None:
        chosen = algorithm_named(name)
        if chosen.declaration.marker is not marker:
            raise AlgorithmUnknown(field="algorithm", name=f"{name} ({marker})", known=", ".join(settings().algorithms))
        return chosen
    for algorithm in enabled_algorithms():
        if algorithm.declaration.marker is marker:
            return algorithm
    known = ", ".join(sorted({a.declaration.marker for a in enabled_algorithms()}))
    raise AlgorithmUnknown(field="marker", name=str(marker), known=known)


def parameters_of(algorithm: Algorithm, given: dict[str, Any] | None) -> BaseModel:
    """The algorithm's parameters: its defaults with what was given. Raises `ParametersInvalid` naming the field."""
    try:
        return algorithm.declaration.parameters.model_validate(given or {})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(["parameters", *(str(part) for part in first["loc"])])
        limits = {name: first.get("ctx", {}).get(name) for name in ("ge", "gt", "le", "lt")}
        known = {name: limit for name, limit in limits.items() if limit is not None}
        raise ParametersInvalid(
            field=field, problem=PROBLEMS.get(first["type"], "parameter_refused"), **known
        ) from error


@cache
def _load(name: str) -> Algorithm:
    for entry in entry_points(group=GROUP, name=name):
        algorithm: Algorithm = entry.load()()
        return algorithm
    raise AlgorithmUnknown(field="algorithm", name=name, known=", ".join(sorted(entry_points(group=GROUP).names)))

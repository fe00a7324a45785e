"""The installed algorithms."""

from __future__ import annotations

from fastapi import APIRouter

from coverslip.analysis.registry import enabled_algorithms
from coverslip.server.call import Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.algorithm import Algorithm, AlgorithmList

router = APIRouter(prefix="/algorithms", tags=["algorithms"], route_class=GuardedRoute)


@router.get("")
def list_algorithms(call: Caller) -> AlgorithmList:
    """What can be read, by which method, within which spacing."""
    with call.transaction() as tx:
        call.record(tx, "algorithm")
    shown = []
    for algorithm in enabled_algorithms():
        declared = algorithm.declaration
        shown.append(
            Algorithm(
                name=declared.name,
                version=declared.version,
                marker=declared.marker,
                profile=declared.profile,
                parameters_schema=declared.parameters.model_json_schema(),
                finest_spacing_um=declared.finest_spacing_um,
                coarsest_spacing_um=declared.coarsest_spacing_um,
                model_digest=declared.model_digest,
                validated=False,
            )
        )
    return AlgorithmList(items=shown)

"""The installed algorithms."""

from __future__ import annotations

from fastapi import APIRouter

from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.algorithm import AlgorithmList

router = APIRouter(prefix="/algorithms", route_class=GuardedRoute, tags=["algorithms"])


@router.get("")
def list_algorithms() -> AlgorithmList:
    """What can be read, by which method, within which spacing."""
    raise NotImplementedError

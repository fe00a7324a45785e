"""Health and product, without sign-in."""

from __future__ import annotations

from fastapi import APIRouter

from coverslip import __version__
from coverslip.records.errors import DatabaseUnavailable
from coverslip.server.call import Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.schemas.health import About, Live, Ready

router = APIRouter(tags=["health"], route_class=GuardedRoute)


@router.get("/health/live")
def is_live() -> Live:
    """The process answers."""
    return Live(status="live")


@router.get("/health/ready")
def is_ready(call: Caller) -> Ready:
    """The process can serve; 503 while the database does not answer."""
    if not call.services.database.is_available():
        raise DatabaseUnavailable(problem="database_lost")
    return Ready(status="ready")


@router.get("/about")
def about(call: Caller) -> About:
    """What this is."""
    return About(
        name="Coverslip",
        version=__version__,
        license="Apache-2.0",
        medical_device=False,
        demo=call.services.settings.demo,
    )

"""Health and product, without sign-in."""

from __future__ import annotations

from fastapi import APIRouter

from coverslip.server.schemas.health import About, Live, Ready

router = APIRouter(tags=["health"])


@router.get("/health/live")
def is_live() -> Live:
    """The process answers."""
    return Live(status="live")


@router.get("/health/ready")
def is_ready() -> Ready:
    """The process can serve; 503 while the database does not answer."""
    raise NotImplementedError


@router.get("/about")
def about() -> About:
    """What this is."""
    raise NotImplementedError

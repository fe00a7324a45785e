"""The HTTP API as a FastAPI application: routes, their guard and their errors."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Lifespan

from coverslip import __version__
from coverslip.server.guard import GuardedRoute, answer_framework, answer_unexpected
from coverslip.server.routes import routers

PREFIX = "/api/v1"
ERRORS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What went wrong",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
    }
}


def create_api(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The API under `/api/v1`; its documentation pages are off, `web/openapi.json` is the reference."""
    api = FastAPI(
        title="Coverslip",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
        exception_handlers={HTTPException: answer_framework, Exception: answer_unexpected},
    )
    versioned = APIRouter(prefix=PREFIX, responses=ERRORS)
    for router in routers:
        assert all(isinstance(route, GuardedRoute) for route in router.routes), "a route without its guard"
        versioned.include_router(router)
    api.include_router(versioned)
    return api


def _operation_id(route: APIRoute) -> str:
    return route.name

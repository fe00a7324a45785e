"""The gate in front of every route: rule, origin, session, token and permission, before a body is read.

What is refused is answered with the error's body and, where somebody is signed in, written to the audit trail.
One line a request goes to the log: method, route, status, milliseconds and ids.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from coverslip.access import audit, session
from coverslip.access.errors import PermissionDenied
from coverslip.access.identity import Identity
from coverslip.access.permission import Permission
from coverslip.errors import CoverslipError
from coverslip.records.errors import DatabaseUnavailable
from coverslip.server.call import Call
from coverslip.server.errors import (
    InvalidRequest,
    MethodNotAllowed,
    NoSuchAddress,
    NotSignedIn,
    PasswordMustChange,
    RouteNotOpen,
    body_of,
    headers_of,
    status_of,
)
from coverslip.server.identity import COOKIE, CSRF_HEADER, SAFE_METHODS, check_csrf, check_origin
from coverslip.server.incidents import log_incident
from coverslip.server.permissions import Access, refused, rule_of
from coverslip.server.services import Services

logger = logging.getLogger(__name__)

OPEN_BEFORE_PASSWORD_CHANGE = frozenset({"/session", "/session/password"})
REFUSALS = frozenset({403, 404})
"""Statuses of refusals that the audit trail keeps: what somebody may not do, and ids that are not theirs to know."""

Handler = Callable[[Request], Awaitable[Response]]


class GuardedRoute(APIRoute):
    """A route behind the gate."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler, guarded."""
        inner = super().get_route_handler()
        template = self.path

        async def handle(request: Request) -> Response:
            started = time.perf_counter()
            response = await _guarded(request, template, inner)
            _log(request, template, response.status_code, time.perf_counter() - started)
            return response

        return handle


async def answer_unexpected(request: Request, error: Exception) -> Response:
    """What nobody expected: its place to the log under an incident number, and the number to the person."""
    return error_response(CoverslipError(), log_incident(request.scope, error))


async def answer_framework(request: Request, error: Exception) -> Response:
    """No such address, or not by this method."""
    assert isinstance(error, HTTPException)
    return error_response(as_known(error))


def error_response(error: CoverslipError, incident: str | None = None) -> Response:
    """An error as an answer."""
    return Response(body_of(error, incident), status_of(error), headers_of(error), media_type="application/json")


def as_known(error: CoverslipError | RequestValidationError | HTTPException) -> CoverslipError:
    """The framework's own errors, as Coverslip says them."""
    if isinstance(error, CoverslipError):
        return error
    if isinstance(error.__cause__, CoverslipError):
        return error.__cause__
    if isinstance(error, RequestValidationError):
        return InvalidRequest.of(error.errors())
    if error.status_code == 404:
        return NoSuchAddress()
    if error.status_code == 405:
        return MethodNotAllowed()
    return InvalidRequest(field="body", problem="request_invalid")


async def _guarded(request: Request, template: str, inner: Handler) -> Response:
    try:
        request.state.call = await run_in_threadpool(_admit, request, template)
        return await inner(request)
    except (CoverslipError, RequestValidationError, HTTPException) as raised:
        error = as_known(raised)
        try:
            await run_in_threadpool(_audit_refusal, request, template, error)
        except DatabaseUnavailable as outage:
            error = outage
        return error_response(error)


def _admit(request: Request, template: str) -> Call:
    """Everything that must hold before a route runs; raises what does not."""
    services = services_of(request)
    rule = rule_of(request.method, template)
    if rule is None:
        raise RouteNotOpen()
    unsafe = request.method not in SAFE_METHODS
    if unsafe:
        check_origin(request.headers)
    token = request.cookies.get(COOKIE)
    address = request.client.host if request.client else None
    identity: Identity | None = None
    if rule.needs is not Access.PUBLIC:
        identity = session.resolve(services.database, token, address, services.settings) if token else None
        if identity is None:
            raise NotSignedIn()
        request.state.identity = identity
        if unsafe:
            check_csrf(identity.csrf_token, request.headers.get(CSRF_HEADER))
        if identity.must_change_password and template not in OPEN_BEFORE_PASSWORD_CHANGE:
            raise PasswordMustChange()
        if not isinstance(rule.needs, Access):
            _require(identity, rule.needs)
    return Call(
        services, rule, identity, token, address, request.headers.get("user-agent"), request.url.scheme == "https"
    )


def _require(identity: Identity, needs: Permission | tuple[Permission, ...]) -> None:
    lacking = refused(identity.actor, needs)
    if lacking is not None:
        raise PermissionDenied(permission=lacking.value)


def services_of(request: Request) -> Services:
    """The services that the application was made with."""
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


def _identity(request: Request) -> Identity | None:
    identity = getattr(request.state, "identity", None)
    return identity if isinstance(identity, Identity) else None


def _audit_refusal(request: Request, template: str, error: CoverslipError) -> None:
    identity, rule = _identity(request), rule_of(request.method, template)
    if identity is None or rule is None or rule.action is None or status_of(error) not in REFUSALS:
        return
    with services_of(request).database.transaction(identity.actor) as tx:
        audit.record(
            tx,
            rule.action,
            object_type="route",
            object_id=next(iter(_ids(request).values()), None),
            detail={"method": request.method, "route": template, "code": error.code},
            outcome="denied",
        )


def _ids(request: Request) -> dict[str, UUID]:
    found = {}
    for name, value in request.path_params.items():
        try:
            found[name] = UUID(str(value))
        except ValueError:
            continue
    return found


def _log(request: Request, template: str, status: int, seconds: float) -> None:
    identity = _identity(request)
    logger.info(
        "request",
        extra={
            "method": request.method,
            "route": template,
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "person_id": identity.actor.person_id if identity else None,
            "organization_id": identity.actor.organization_id if identity else None,
            "session_id": identity.actor.session_id if identity else None,
            **_ids(request),
        },
    )

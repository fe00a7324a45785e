"""Faults that nobody expected: a number for the person, class and place for the log."""

from __future__ import annotations

import logging
import uuid

from starlette.types import Scope

logger = logging.getLogger(__name__)

_KEY = "coverslip.incident"


def log_incident(scope: Scope, error: Exception) -> str:
    """The incident number of a request's fault; logged the first time it is asked for."""
    known = scope.get(_KEY)
    if isinstance(known, str):
        return known
    incident = uuid.uuid4().hex[:12]
    scope[_KEY] = incident
    logger.error("incident", extra={"incident": incident, "method": scope["method"]}, exc_info=error)
    return incident

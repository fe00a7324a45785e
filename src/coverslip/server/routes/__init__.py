"""The routes of the HTTP API, one file a noun; `routers` is all of them."""

from coverslip.server.routes import (
    algorithms,
    annotations,
    audit,
    cases,
    colour,
    health,
    live,
    people,
    readings,
    reports,
    session,
    slides,
    storage,
    uploads,
    watch,
)

routers = (
    session.router,
    people.router,
    cases.router,
    slides.router,
    storage.router,
    colour.router,
    uploads.shown,
    uploads.router,
    watch.router,
    annotations.router,
    algorithms.router,
    readings.router,
    reports.router,
    audit.router,
    live.router,
    health.router,
)

"""Who may see which slide's tiles: asked by the tile path once for each session and slide.

`authorize` decides afresh at every call; the tile path remembers its answer for 5 seconds, so that a sign-out, a
deactivated account or a lost role ends the tiles within seconds.
"""

from __future__ import annotations

from uuid import UUID

from starlette.concurrency import run_in_threadpool

from coverslip.access import session
from coverslip.access.permission import Permission, require
from coverslip.custody import tiers
from coverslip.errors import NotFound
from coverslip.records.database import Database
from coverslip.records.queries import slide as slides
from coverslip.server.errors import NotSignedIn, PasswordMustChange
from coverslip.server.looks import Looks
from coverslip.server.slide_sources import SlideSources, TileSource
from coverslip.settings import Settings

__all__ = ["TileAccess", "TileSource"]


class TileAccess:
    """Decides about tiles for one server process. May be used from many threads."""

    def __init__(self, database: Database, sources: SlideSources, looks: Looks, settings: Settings) -> None:
        self._database = database
        self._sources = sources
        self._looks = looks
        self._settings = settings

    async def authorize(self, token: str | None, slide_id: UUID) -> TileSource:
        """The tiles of a slide for the holder of a session token.

        Raises `NotSignedIn`, `PasswordMustChange`, `PermissionDenied`, `NotFound` (also for another hospital's slide),
        `SlideNotReadable`, `SlideError` where the file or its decoder fails, `DatabaseUnavailable`.
        """
        return await run_in_threadpool(self.decide, token, slide_id)

    def decide(self, token: str | None, slide_id: UUID) -> TileSource:
        """`authorize`, for threads."""
        identity = session.resolve(self._database, token, None, self._settings) if token else None
        if identity is None:
            raise NotSignedIn()
        if identity.must_change_password:
            raise PasswordMustChange()
        require(identity.actor, Permission.SLIDE_READ)
        with self._database.transaction(identity.actor) as tx:
            placed = slides.placed_slide(tx, slide_id)
            if placed is None:
                raise NotFound(field="slide")
            row = placed.slide
            self._looks.record(tx, "slide.view", object_type="slide", object_id=slide_id, case_id=row.case_id)
            tiers.opened(tx, row)
        return self._sources.source(row)

"""Watching every folder that is to be watched, until told to stop: beside the jobs of a worker, or by itself."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self
from uuid import UUID

from coverslip.errors import CoverslipError
from coverslip.ingest.watch import FolderWatch, Looked
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.errors import DatabaseUnavailable
from coverslip.records.queries import intake
from coverslip.records.queries import organization as organizations
from coverslip.settings import Settings
from coverslip.slides.decoder import DecoderLimits
from coverslip.slides.isolation import DecoderPool
from coverslip.storage.blobs import BlobStore

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""Between looks at a folder; longer where one look takes long, so that a share is never kept busy by looking."""
REST_PER_LOOK = 5.0
"""A folder rests at least so many times as long as the look at it took."""

Told = Callable[[UUID, Looked], None]


class Watching:
    """Looks at every enabled folder of every hospital, or at those named, one after another."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        settings: Settings,
        *,
        only: frozenset[UUID] | None = None,
        told: Told = lambda folder_id, looked: None,
    ) -> None:
        self._database, self._blobs, self._settings = database, blobs, settings
        self._only, self._told = only, told
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._watches: dict[UUID, FolderWatch] = {}
        self._next: dict[UUID, float] = {}
        self._left: dict[UUID, bool] = {}
        self._decoders: DecoderPool | None = None
        self._stopping = threading.Event()
        self.held_elsewhere = False
        """Whether, at the last look, another process was watching the folder."""
        self.faults: dict[UUID, CoverslipError] = {}
        """What kept a folder's slides from being taken in at its last look: a full store, ..."""
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Watch until `stop`; an outage of database or store is waited out."""
        try:
            while not self._stopping.is_set():
                try:
                    self.round()
                except DatabaseUnavailable as error:
                    logger.warning("watching: the database is away: %s", error)
                self._stopping.wait(1.0)
        finally:
            self.close()

    def round(self) -> bool:
        """Look at every folder whose turn it is; whether anything is left to be done soon.

        Raises `DatabaseUnavailable`.
        """
        wanted = self._folders()
        for organization_id, folder_id in wanted:
            if self._stopping.is_set():
                break
            if time.monotonic() < self._next.get(folder_id, 0.0):
                continue
            began = time.monotonic()
            looked = self._look(organization_id, folder_id)
            took = time.monotonic() - began
            again = looked is not None and bool(looked.taken)
            self._next[folder_id] = time.monotonic() + (0.0 if again else max(LOOK_SECONDS, REST_PER_LOOK * took))
            self._left[folder_id] = looked is None or again or looked.resting > 0
            self.held_elsewhere = looked is None and folder_id not in self.faults
        return any(self._left.get(folder_id, True) for _, folder_id in wanted)

    def stop(self) -> None:
        """Ask to stop, from any thread; a slide that is being taken in is finished."""
        self._stopping.set()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    def close(self) -> None:
        """Let other processes watch, end the decoders."""
        for watch in self._watches.values():
            with suppress(DatabaseUnavailable):
                watch.let_go()
        self._watches = {}
        if self._decoders is not None:
            self._decoders.close()
            self._decoders = None

    def _folders(self) -> list[tuple[UUID, UUID]]:
        with self._database.transaction(Actor.nobody()) as tx:
            hospitals = [organization.id for organization in organizations.all_organizations(tx)]
        found = []
        for organization_id in hospitals:
            with self._database.transaction(Actor.system(organization_id)) as tx:
                found += [(organization_id, folder.id) for folder in intake.folders(tx) if folder.enabled]
        wanted = [entry for entry in found if self._only is None or entry[1] in self._only]
        here = {folder_id for _, folder_id in wanted}
        for folder_id in [folder_id for folder_id in self._watches if folder_id not in here]:
            del self._watches[folder_id]
        return wanted

    def _look(self, organization_id: UUID, folder_id: UUID) -> Looked | None:
        if self._decoders is None:
            limits = DecoderLimits.of(self._settings)
            self._decoders = DecoderPool(limits, self._blobs.folders, self._blobs.remote)
        watch = self._watches.get(folder_id)
        if watch is None:
            watch = self._watches[folder_id] = FolderWatch(
                self._database,
                self._blobs,
                self._settings,
                organization_id,
                folder_id,
                holder=self._holder,
                decoders=self._decoders,
                stopping=self._stopping.is_set,
            )
        try:
            looked = watch.look()
        except DatabaseUnavailable:
            raise
        except CoverslipError as error:
            logger.warning("watching %s: %s", folder_id, error.code)
            watch.trouble(error)
            self.faults[folder_id] = error
            return None
        self.faults.pop(folder_id, None)
        if looked is not None:
            self._told(folder_id, looked)
        return looked

    def __enter__(self) -> Self:
        """Watch in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="watching", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._thread is not None:
            self._thread.join(timeout=60)

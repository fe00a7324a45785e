"""What the routes of one process work with."""

from __future__ import annotations

from dataclasses import dataclass

from coverslip.records.database import Database
from coverslip.server.live import LiveHub
from coverslip.server.looks import Looks
from coverslip.server.slide_sources import SlideSources
from coverslip.settings import Settings
from coverslip.slides.isolation import DecoderPool
from coverslip.storage.blobs import BlobStore


@dataclass(frozen=True, slots=True)
class Services:
    """The installation as this process sees it."""

    database: Database
    blobs: BlobStore
    settings: Settings
    live: LiveHub
    decoders: DecoderPool
    sources: SlideSources
    looks: Looks

"""One web server process: `python -m coverslip.server.process DESCRIPTOR` serves on an inherited socket."""

from __future__ import annotations

import resource
import socket
import sys
import threading

import uvicorn

from coverslip.records.database import Database
from coverslip.server import logging
from coverslip.server.app import CoverslipApp, create_app
from coverslip.server.tile_protocol import tile_protocol
from coverslip.settings import Settings, settings
from coverslip.storage.blobs import BlobStore

GRACEFUL_SECONDS = 8
DESCRIPTORS = 8192
KEEP_ALIVE_SECONDS = 65
"""Longer than the usual proxy's own, so that the proxy is the one that closes an idle connection."""


class GracefulServer(uvicorn.Server):
    """A server that ends its live streams before it waits for open requests."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then what uvicorn does."""
        app = self.config.app
        assert isinstance(app, CoverslipApp)
        app.stop_streams()
        await super().shutdown(sockets)


def server_of(app: CoverslipApp, configured: Settings) -> GracefulServer:
    """uvicorn as Coverslip runs it: uvloop and httptools (h11 stalls 44 ms a response), without its access log."""
    config = uvicorn.Config(
        app,
        host=configured.host,
        port=configured.port,
        loop="uvloop",
        http=tile_protocol(app.tiles),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    return GracefulServer(config)


def main(descriptor: int) -> None:
    """Serve until SIGTERM."""
    _allow_descriptors()
    logging.configure()
    configured = settings()
    with Database.open(configured) as database, socket.socket(fileno=descriptor) as inherited:
        blobs = BlobStore.open(configured)
        app = create_app(database, blobs, configured)
        threading.Thread(target=app.services.decoders.warm, name="warm-decoders", daemon=True).start()
        server_of(app, configured).run(sockets=[inherited])


def _allow_descriptors() -> None:
    """Each slide that is looked at has its file and its index open, each page a connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main(int(sys.argv[1]))

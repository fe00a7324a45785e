"""What a tile's address says beside its place: which content, made in which way. So a browser may keep it for ever."""

from __future__ import annotations

TILE_VERSION = "2"
"""Raised when the same slide would give other bytes than before: every address changes, and no old tile is shown."""


def tile_version(content_digest: str, companion_digest: str | None) -> str:
    """The `v` of a slide's tile addresses; both digests SHA-256, lower-case hex."""
    beside = "" if companion_digest is None else f".{companion_digest[:12]}"
    return f"{TILE_VERSION}.{content_digest[:12]}{beside}"

"""Whether the server lives, whether it can work, and what it is."""

from __future__ import annotations

from typing import Literal

from coverslip.server.schemas.common import Shown


class Live(Shown):
    """The process answers."""

    status: Literal["live"]


class Ready(Shown):
    """The process can serve: the database answers."""

    status: Literal["ready"]


class About(Shown):
    """The product."""

    name: str
    version: str
    license: str
    medical_device: Literal[False]
    demo: bool

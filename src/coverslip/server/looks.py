"""Looks at the same thing that the audit trail keeps as one: a viewer asks for hundreds of tiles, a page for its
session at every reload. The first look of a session is written down, and after ten minutes the next one again.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from uuid import UUID

from coverslip.access import audit
from coverslip.records.transaction import Transaction

LOOK_SECONDS = 600.0
"""One event in the audit trail stands for this long of looking at one thing in one session."""
LOOKS_KEPT = 10_000

Look = tuple[UUID | None, str, UUID | None, str]
"""Session, action, object, part of it."""


class Looks:
    """What the sessions of one server process have looked at lately. May be used from many threads."""

    def __init__(self) -> None:
        self._since: OrderedDict[Look, float] = OrderedDict()
        self._lock = threading.Lock()

    def record(
        self,
        tx: Transaction,
        action: str,
        *,
        object_type: str,
        object_id: UUID | None,
        case_id: UUID | None = None,
        part: str = "",
    ) -> None:
        """Write the look to the audit trail, unless the session's last one is still standing for it.

        `part`: of the object, such as a slide's `label`. A look counts as written once its transaction is committed.
        """
        look = (tx.actor.session_id, action, object_id, part)
        if self._stands(look):
            return
        detail = {"name": part} if part else None
        audit.record(tx, action, object_type=object_type, object_id=object_id, case_id=case_id, detail=detail)
        tx.after_commit.append(lambda: self._written(look))

    def _stands(self, look: Look) -> bool:
        with self._lock:
            since = self._since.get(look)
        return since is not None and time.monotonic() - since < LOOK_SECONDS

    def _written(self, look: Look) -> None:
        with self._lock:
            self._since[look] = time.monotonic()
            self._since.move_to_end(look)
            while len(self._since) > LOOKS_KEPT:
                self._since.popitem(last=False)

"""Runs a program that ends when its parent ends: `python -m coverslip.server.tethered PARENT PROGRAM [ARGUMENT...]`.

The kernel sends it SIGTERM at the parent's death, however the parent died (Linux; elsewhere it is merely run).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Become the program; exit at once where the parent is already gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - a program of ours, named by our parent


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

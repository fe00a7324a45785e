"""Runs every benchmark of this folder that needs no data from outside: `python bench/run.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HELPERS = {"run.py", "slide.py", "shared_tiles.py", "load.py", "table.py", "competitors.py", "__init__.py"}
NEED_DATA = {"accuracy.py", "inference.py"}
"""Called by hand with annotated fields or a network: see their --help."""


def main() -> int:
    """Each in a process of its own; 1 where one failed."""
    scripts = [path for path in sorted(Path(__file__).parent.glob("*.py")) if path.name not in HELPERS | NEED_DATA]
    failed = [path.name for path in scripts if subprocess.run([sys.executable, str(path)], check=False).returncode]
    if failed:
        print("failed:", ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes a benchmark's section into the document that holds all of them."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

PEERS_PYTHON = os.environ.get("BENCH_PEERS_PYTHON", sys.executable)
"""The interpreter with the other readers; `make bench` makes one."""
DOCUMENT = Path(__file__).parents[1] / "docs" / "validation" / "performance.md"
TITLE = """# Performance

Measured by `make bench`; `bench/README.md` says how. Only ratios inside one run mean anything.
"""


def write_section(name: str, text: str) -> None:
    """Replace what stands between the markers of `name`, or add it at the end."""
    begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    document = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else TITLE
    section = f"{begin}\n{text.strip()}\n{end}"
    if begin in document and end in document:
        head, _, rest = document.partition(begin)
        document = head + section + rest.partition(end)[2]
    else:
        document = document.rstrip() + "\n\n" + section + "\n"
    DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENT.write_text(document, encoding="utf-8")


def machine() -> str:
    """What it ran on, in a line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return (
        f"{os.cpu_count()} cores of {model}, Python {platform.python_version()}, load before {os.getloadavg()[0]:.1f}"
    )

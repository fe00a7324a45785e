"""Load: `wrk` walking over the tiles of a slide, and the processor time that the server spent meanwhile."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WALK = """
local columns, rows = %d, %d
local n = 0
wrk.headers["Cookie"] = "%s"
request = function()
  n = (n + 1237) %% (columns * rows)
  return wrk.format("GET", string.format("%s", n %% columns, math.floor(n / columns)))
end
local bad = 0
response = nil
done = function(summary, latency, requests)
  io.write(string.format("RESULT %%d %%d %%f %%d %%d\\n", summary.requests, summary.duration,
    summary.bytes, latency:percentile(50), latency:percentile(99)))
  io.write(string.format("ERRORS %%d\\n", summary.errors.status + summary.errors.connect
    + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Load:
    """One measurement."""

    tiles_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """Processor time of the server for each tile, in microseconds."""
    errors: int


def walk(address: str, template: str, columns: int, rows: int, cookie: str, folder: Path) -> Path:
    """The script for `wrk`; `template`: path with two `%d`, column and row."""
    path = folder / f"walk{abs(hash((address, template)))}.lua"
    path.write_text(WALK % (columns, rows, cookie, template))
    return path


def run_load(address: str, script: Path, connections: int, seconds: int, server: Sequence[int]) -> Load:
    """`wrk` with one thread; `server`: process ids whose processor time, children included, is counted."""
    before = _cpu_seconds(server)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script), address]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = _cpu_seconds(server) - before
    result = re.search(r"RESULT (\d+) (\d+) ([\d.]+) (\d+) (\d+)", output)
    errors = re.search(r"ERRORS (\d+)", output)
    assert result is not None, output
    assert errors is not None, output
    requests, microseconds = int(result[1]), int(result[2])
    return Load(
        tiles_per_second=requests / microseconds * 1e6,
        p50_ms=int(result[4]) / 1000,
        p99_ms=int(result[5]) / 1000,
        cpu_us=spent / max(1, requests) * 1e6,
        errors=int(errors[1]),
    )


def _cpu_seconds(roots: Sequence[int]) -> float:
    return sum(_own_seconds(pid) for pid in {p for root in roots for p in _tree(root)})


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found.extend(_tree(int(child)))
    return found


def _own_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK

"""A decoder process keeps the memory of freed tiles."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import resource, numpy
from coverslip.slides.memory import keep_freed_memory
assert keep_freed_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    tiles = [numpy.ones((256, 256, 3), numpy.uint8) for _ in range(40)]
    del tiles
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(sum(faults() for _ in range(10)))
"""


def test_tiles_of_the_usual_size_are_not_paid_for_twice() -> None:
    """40 tiles are 1,920 pages of 4 kB; ten rounds without keeping cost thousands of page faults."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100

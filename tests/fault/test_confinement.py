"""What a confined process cannot do any more, each tried in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CONFINED = """
import os, socket, sys, threading
from pathlib import Path
from coverslip.slides.confinement import confine

assert confine([Path(sys.argv[1])]), "this kernel has no Landlock: reading and writing cannot be tested on it"
inside, outside = Path(sys.argv[1]), Path(sys.argv[2])
try:
    exec(sys.argv[3])
except PermissionError:
    print("refused")
except BlockingIOError:
    print("refused")
else:
    print("done")
"""


def confined(tmp_path: Path, deed: str) -> str:
    """`refused` or `done`."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "file").write_text("x")
    command = [sys.executable, "-P", "-c", CONFINED, str(inside), str(outside), deed]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert finished.stdout, finished.stderr
    return finished.stdout.strip()


@pytest.mark.parametrize(
    "deed",
    [
        "socket.socket(socket.AF_INET)",
        "socket.socket(socket.AF_INET6)",
        "socket.socket(socket.AF_UNIX)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.kill(os.getppid(), 0)",
        "os.pidfd_open(os.getppid())",
        "__import__('resource').prlimit(os.getppid(), __import__('resource').RLIMIT_CPU)",
        "open('/proc/%d/environ' % os.getppid(), 'rb').read()",
        "open('/etc/passwd').read()",
        "(outside / 'file').read_text()",
        "list(outside.iterdir())",
        "(inside / 'file').write_text('y')",
        "(inside / 'new').write_text('y')",
        "(inside / 'file').unlink()",
        "(inside / 'folder').mkdir()",
        "(inside / 'file').rename(inside / 'other')",
        "(inside / 'link').symlink_to('/etc/passwd')",
        "os.truncate(inside / 'file', 0)",
    ],
)
def test_it_is_refused(tmp_path: Path, deed: str) -> None:
    assert confined(tmp_path, deed) == "refused"
    assert (tmp_path / "inside" / "file").read_text() == "x"


@pytest.mark.parametrize(
    "deed",
    [
        "(inside / 'file').read_text()",
        "list(inside.iterdir())",
        "threading.Thread(target=print).start()",
        "os.kill(os.getpid(), 0)",
        "__import__('coverslip.slides.readers.openslide')",
        "os.urandom(8)",
    ],
)
def test_what_decoding_needs_goes_on(tmp_path: Path, deed: str) -> None:
    assert confined(tmp_path, deed).endswith("done")


def test_a_process_with_threads_is_not_confined_by_halves(tmp_path: Path) -> None:
    deed = """
import threading, time
from pathlib import Path
from coverslip.slides.confinement import CannotConfine, confine
threading.Thread(target=time.sleep, args=(0.5,)).start()
try:
    confine([])
except CannotConfine as error:
    print(error)
"""
    finished = subprocess.run(
        [sys.executable, "-P", "-c", deed], capture_output=True, text=True, check=True, timeout=60
    )
    assert finished.stdout.strip() == "threads run already"

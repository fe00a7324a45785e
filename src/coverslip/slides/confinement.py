"""What a decoder process can no longer do once it has begun: reach a network, start a program, write a file.

Two mechanisms of the Linux kernel that need no privilege. A system-call filter (seccomp, since Linux 3.17) takes away
sockets, new processes and programs, signals to and memory of others; it is required. Landlock (since Linux 5.13) takes
away every change of the file system and all reading outside the folders named; it is used where the kernel has it.
Both hold for the life of the process and cannot be undone by it. Kernel documentation: userspace-api/seccomp_filter,
userspace-api/landlock.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

PR_SET_NO_NEW_PRIVS = 38
SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC = 1, 1
CLONE_THREAD = 0x0001_0000
X32_BIT = 0x4000_0000
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_CREATE_RULESET_VERSION = 1
LANDLOCK_RULE_PATH_BENEATH = 1
FS_EXECUTE, FS_READ_FILE, FS_READ_DIR = 1 << 0, 1 << 2, 1 << 3
FS_ALL_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Rights that a ruleset can take away, by the Landlock version that brought them (linux/landlock.h)."""
NET_BY_VERSION = {4: 0b11}
SCOPE_BY_VERSION = {6: 0b11}
PROGRAM_FILES = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/sys/devices/system/cpu",
    "/dev/urandom",
    "/dev/null",
)
"""What the interpreter and its libraries read; of other processes nothing."""

ALLOW, KILL = 0x7FFF_0000, 0x8000_0000
REFUSE, UNKNOWN_CALL = 0x0005_0000 | errno.EPERM, 0x0005_0000 | errno.ENOSYS
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
CALL_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT = 0, 4, 16
"""Places in `struct seccomp_data`; the low half of an argument on little-endian machines."""

ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
CALLS: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "accept4": (288, 242),
    "bind": (49, 200),
    "listen": (50, 201),
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "open_by_handle_at": (304, 265),
    "kcmp": (312, 272),
}
"""Refused whatever their arguments: numbers on x86_64 and aarch64 (asm/unistd.h), None where there is no such call."""
CLONE, CLONE3, OWN_PROCESS_ONLY, ITSELF_ONLY = (56, 220), (435, 435), ((62, 129), (234, 131)), (302, 261)
"""clone (threads only), clone3 (its flags cannot be seen), kill and tgkill, prlimit64."""


class CannotConfine(RuntimeError):
    """The kernel does not let this process give up its rights."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def confine(readable: Iterable[Path]) -> bool:
    """Give up network, programs and writing, for the rest of this process; True where Landlock holds as well.

    `readable`: files and folders it may go on reading beside the interpreter's own. To be called while the process has
    one thread. Raises `CannotConfine`.
    """
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise CannotConfine("threads run already")
    machine = platform.machine()
    if os.uname().sysname != "Linux" or machine not in ARCHITECTURES:
        raise CannotConfine(f"no system-call filter for {os.uname().sysname} on {machine}")
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise CannotConfine(f"no_new_privs: {os.strerror(ctypes.get_errno())}")
    landlocked = _landlock(kernel, readable)
    _filter_calls(kernel, machine)
    return landlocked


def _filter_calls(kernel: ctypes.CDLL, machine: str) -> None:
    program = b"".join(_program(machine))
    memory = ctypes.create_string_buffer(program, len(program))
    filled = _Program(len(program) // 8, ctypes.addressof(memory))
    call = ctypes.c_long(317 if machine == "x86_64" else 277)
    result = kernel.syscall(call, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, ctypes.byref(filled))
    if result != 0:
        raise CannotConfine(f"seccomp: {os.strerror(ctypes.get_errno())}")


def _program(machine: str) -> Iterator[bytes]:
    """Berkeley packet filter over a system call: 8 bytes an instruction."""
    column = 0 if machine == "x86_64" else 1
    yield _step(LOAD, ARCHITECTURE_AT)
    yield _step(EQUAL, ARCHITECTURES[machine], 1, 0)
    yield _step(RETURN, KILL)
    yield _step(LOAD, CALL_AT)
    yield _step(AT_LEAST, X32_BIT, 0, 1)
    yield _step(RETURN, REFUSE)
    for numbers in CALLS.values():
        number = numbers[column]
        if number is not None:
            yield from (_step(EQUAL, number, 0, 1), _step(RETURN, REFUSE))
    yield from (_step(EQUAL, CLONE3[column], 0, 1), _step(RETURN, UNKNOWN_CALL))
    yield from _only_where(CLONE[column], ANY_BIT, CLONE_THREAD)
    for call in OWN_PROCESS_ONLY:
        yield from _only_where(call[column], EQUAL, os.getpid())
    yield from _only_where(ITSELF_ONLY[column], EQUAL, 0)
    yield _step(RETURN, ALLOW)


def _only_where(call: int, comparison: int, value: int) -> Iterator[bytes]:
    """The call passes where its first argument fulfils the comparison, and is refused elsewhere."""
    yield _step(EQUAL, call, 0, 4)
    yield _step(LOAD, FIRST_ARGUMENT_AT)
    yield _step(comparison, value, 0, 1)
    yield _step(RETURN, ALLOW)
    yield _step(RETURN, REFUSE)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _landlock(kernel: ctypes.CDLL, readable: Iterable[Path]) -> bool:
    version = kernel.syscall(ctypes.c_long(LANDLOCK_CREATE_RULESET), None, 0, LANDLOCK_CREATE_RULESET_VERSION)
    if version < 1:
        return False
    rights = _of_version(FS_ALL_BY_VERSION, version)
    attributes = struct.pack(
        "<QQQ", rights, _of_version(NET_BY_VERSION, version), _of_version(SCOPE_BY_VERSION, version)
    )
    known = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = kernel.syscall(ctypes.c_long(LANDLOCK_CREATE_RULESET), attributes[:known], known, 0)
    if ruleset < 0:
        raise CannotConfine(f"landlock: {os.strerror(ctypes.get_errno())}")
    try:
        for path in (*_program_paths(), *readable):
            _allow(kernel, ruleset, path, FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)
        if kernel.syscall(ctypes.c_long(LANDLOCK_RESTRICT_SELF), ruleset, 0) != 0:
            raise CannotConfine(f"landlock: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(ruleset)
    return True


def _of_version(table: dict[int, int], version: int) -> int:
    return next((table[known] for known in sorted(table, reverse=True) if known <= version), 0)


def _program_paths() -> Iterator[Path]:
    yield from (Path(name) for name in PROGRAM_FILES)
    yield from (Path(name) for name in {sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path} if name)


def _allow(kernel: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    """A path that is not there has nothing to be read."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            rights &= ~FS_READ_DIR
        rule = struct.pack("<Qi", rights, descriptor)
        if kernel.syscall(ctypes.c_long(LANDLOCK_ADD_RULE), ruleset, LANDLOCK_RULE_PATH_BENEATH, rule, 0) != 0:
            raise CannotConfine(f"landlock: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(descriptor)

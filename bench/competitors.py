"""The servers under load: each started, found listening, and stopped again."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

PEERS = Path(__file__).parent / "peers"
START_SECONDS = 90
NGINX = """
worker_processes {processes};
pid {folder}/nginx.pid;
error_log {folder}/nginx.error;
events {{ worker_connections 1024; }}
http {{
  types {{ image/jpeg jpg; }}
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  open_file_cache max=20000; open_file_cache_valid 600s;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {tiles}; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Competitor:
    """A running server."""

    name: str
    address: str
    template: str
    """Path with two `%d`: column, row."""
    pids: tuple[int, ...]
    cookie: str = ""


@contextmanager
def nginx(folder: Path, tiles: Path, processes: int) -> Iterator[Competitor]:
    """nginx with files cut beforehand."""
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, tiles=tiles, port=port, processes=processes))
    command = ["nginx", "-c", str(configuration), "-g", "daemon off; user root;" if os.getuid() == 0 else "daemon off;"]
    with running(command, port) as pid:
        yield Competitor("nginx, files cut beforehand (the limit)", f"http://127.0.0.1:{port}", "/%d/%d.jpg", (pid,))


@contextmanager
def peer(name: str, module: str, python: str, slide: Path, processes: int) -> Iterator[Competitor]:
    """A module of `peers/` on uvicorn."""
    port = free_port()
    command = [python, "-m", "uvicorn", f"{module}:app", "--app-dir", str(PEERS), "--port", str(port)]
    command += ["--workers", str(processes), "--no-access-log", "--loop", "uvloop", "--http", "httptools"]
    with running(command, port, {"BENCH_SLIDE": str(slide)}) as pid:
        yield Competitor(name, f"http://127.0.0.1:{port}", "/%d/%d", (pid,))


@contextmanager
def coverslip(
    folder: Path,
    slide: Path,
    processes: int,
    name: str = "**Coverslip**, signed in and authorized",
    settings: Mapping[str, str] | None = None,
) -> Iterator[Competitor]:
    """`coverslip serve` on a data folder of its own, the slide taken in, a person signed in."""
    environment = {"COVERSLIP_DATA_DIR": str(folder / "data"), **(settings or {})}
    port = free_port()
    program = tool()
    serve = [*program, "serve", "--port", str(port), "--processes", str(processes), "--no-worker"]
    with running(serve, port, environment) as pid:
        _tool(program, environment, "user", "organization", "BENCH", "--name-zh", "测试医院", "--name-en", "Bench")
        made = _tool(program, environment, "user", "create", "bench", "--organization", "BENCH", "--name", "Bench",
                     "--role", "technician", "--json")  # fmt: skip
        _tool(program, environment, "ingest", str(slide), "--organization", "BENCH", "--settle", "0", "--json")
        address = f"http://127.0.0.1:{port}"
        cookie, slide_id = _signed_in(address, json.loads(made)["password"])
        yield Competitor(name, address, f"/tiles/{slide_id}/0/%d/%d", (pid,), f"coverslip_session={cookie}")


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[int]:
    """A server process, listening; stopped afterwards."""
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL)
    try:
        _wait(process, port)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/", timeout=5).status_code < 600:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError(f"{process.args!r} does not listen")


def tool() -> list[str]:
    """The command `coverslip`."""
    script = Path(sys.executable).with_name("coverslip")
    return [str(script)] if script.exists() else [sys.executable, "-m", "coverslip.cli.main"]


def _tool(program: list[str], environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [*program, *arguments], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"coverslip {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def _signed_in(address: str, password: str) -> tuple[str, str]:
    """(session token, id of the slide); the generated password is changed first, as the server demands."""
    new = "eight quiet foxes cross 31 bridges"
    with httpx.Client(base_url=address, headers={"Origin": address}, timeout=60) as client:
        me = client.post("/api/v1/session", json={"username": "bench", "password": password}).raise_for_status().json()
        client.headers["X-CSRF-Token"] = me["csrf_token"]
        client.post("/api/v1/session/password", json={"current": password, "new": new}).raise_for_status()
        me = client.post("/api/v1/session", json={"username": "bench", "password": new}).raise_for_status().json()
        client.headers["X-CSRF-Token"] = me["csrf_token"]
        slides = client.get("/api/v1/slides/unmatched").raise_for_status().json()["items"]
        return str(client.cookies["coverslip_session"]), str(slides[0]["id"])

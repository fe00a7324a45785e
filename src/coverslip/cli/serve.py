"""`coverslip serve`: the web server, its worker, and the embedded database where none is named."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from coverslip.settings import settings

if TYPE_CHECKING:
    from coverslip.records.database import Database

DAY_SECONDS = 86_400.0
FIRST_RUN = (
    "Nobody can sign in yet. Create a hospital and its administrator:\n"
    "尚无人可以登录。请先创建医院及其管理员：\n"
    "  coverslip user organization CODE --name-zh 医院名称 --name-en 'Name of the hospital'\n"
    "  coverslip user create USERNAME --organization CODE --name 姓名 --role administrator"
)


@click.command()
@click.option("--host", help="Address to listen on (COVERSLIP_HOST; 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (COVERSLIP_PORT; 8400). 0: a free one.")
@click.option("--no-worker", is_flag=True, help="Run no worker here; `coverslip worker` runs elsewhere.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Web server processes.")
def command(host: str | None, port: int | None, no_worker: bool, processes: int) -> None:
    """Run the web server.

    Starts the embedded PostgreSQL where COVERSLIP_DATABASE_URL is not set, brings the schema up to date, and runs a
    worker beside the server. Ctrl-C or SIGTERM stops all of it in order.
    """
    from coverslip.records.database import Database
    from coverslip.server import logging
    from coverslip.server.processes import Supervisor, listening_socket, web_child, worker_child

    logging.configure()
    configured = settings()
    with (
        listening_socket(host or configured.host, configured.port if port is None else port) as bound,
        Database.open(configured) as database,
    ):
        _greet(database, *bound.getsockname()[:2])
        children = [web_child(number, bound) for number in range(1, processes + 1)]
        if not no_worker:
            children.append(worker_child())
        Supervisor(children, Chores(database)).run()


def _greet(database: Database, host: str, port: int) -> None:
    from coverslip.records.actor import Actor
    from coverslip.records.queries.organization import all_organizations

    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Coverslip: http://{shown}:{port}", err=True)
    with database.transaction(Actor.nobody()) as tx:
        if not all_organizations(tx):
            click.echo(FIRST_RUN, err=True)


class Chores:
    """What `serve` does every few seconds besides watching its processes.

    An embedded PostgreSQL that died is started again; once a day the attempts to sign in that no throttle asks for any
    more are forgotten.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._forget_at = clock()

    def __call__(self) -> None:
        """Do what is due. Raises `DatabaseUnavailable`; it is then still due."""
        from coverslip.access.session import forget_old_attempts
        from coverslip.records.actor import Actor

        embedded = self._database.embedded
        if embedded is not None and not embedded.is_running:
            embedded.ensure_running()
        if self._clock() >= self._forget_at:
            with self._database.transaction(Actor.nobody()) as tx:
                forget_old_attempts(tx)
            self._forget_at = self._clock() + DAY_SECONDS

"""`coverslip serve`: the web server, its worker, and the embedded database where none is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from coverslip.settings import settings

if TYPE_CHECKING:
    from coverslip.records.database import Database

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
        Supervisor(children, lambda: _keep_database(database)).run()


def _greet(database: Database, host: str, port: int) -> None:
    from coverslip.records.actor import Actor
    from coverslip.records.queries.organization import all_organizations

    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Coverslip: http://{shown}:{port}", err=True)
    with database.transaction(Actor.nobody()) as tx:
        if not all_organizations(tx):
            click.echo(FIRST_RUN, err=True)


def _keep_database(database: Database) -> None:
    """Start an embedded PostgreSQL again that died under us."""
    if database.embedded is not None and not database.embedded.is_running:
        database.embedded.ensure_running()

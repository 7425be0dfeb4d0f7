"""``missionbook serve`` and ``missionbook worker``: the two processes of a deployment."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sys
from contextlib import closing, nullcontext, suppress
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

    from api.database.book import OpenBook
    from api.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(worker)


def serve(
    demo: Annotated[
        bool, typer.Option("--demo", help="Load the demonstration book also into a database that is not embedded.")
    ] = False,
) -> None:
    """Serve pages and API. An empty embedded database gets the demonstration book first.

    Its sign-ins are printed, with their passwords on a terminal only.
    """
    from api.database.book import open_book
    from api.database.embedded import serve_lock
    from api.demonstration import ensure_demonstration, tell_sign_ins
    from api.settings import settings

    chosen = settings()
    _require_night(chosen)
    with closing(_bound(chosen)) as door:
        address = f"http://{_host_in_address(chosen.host)}:{door.getsockname()[1]}"
        alone = serve_lock(chosen.data, address=address) if chosen.database_url is None else nullcontext()
        with alone, open_book(chosen) as book:
            sign_ins = ensure_demonstration(book, wanted=demo)
            tell_sign_ins(sign_ins, sys.stdout)
            if not book.embedded:
                typer.echo("Seals and nights are made by `missionbook worker`: run one beside this, same settings")
            kept = f"  (sign-ins: {chosen.data / 'sign-ins.json'})" if sign_ins else ""
            typer.echo(f"Missionbook: {address}{kept}")
            _run(book, door, chosen)


def _require_night(chosen: Settings) -> None:
    """Refuse to serve a server of somebody's own half: sealing and closing a day take the role night."""
    from api.database.problems import DatabaseRoleNotConfigured

    if chosen.database_url is not None and chosen.database_url_night is None:
        raise DatabaseRoleNotConfigured("night", "MISSIONBOOK_DATABASE_URL_NIGHT")


def _bound(chosen: Settings) -> socket.socket:
    """Take the address that pages and API answer at, before anything else is done.

    Refused: somebody else serves this data folder, or the address cannot be had.
    """
    from api.database.embedded import serve_lock
    from api.settings import SettingsRefused
    from domain.errors import Problem

    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    try:
        return socket.create_server((chosen.host, chosen.port), family=family, backlog=2048)
    except OSError as error:
        why = {
            errno.EADDRINUSE: "another programme answers there; stop it, or choose another port (0: any that is free)",
            errno.EACCES: "this user may not; choose a port from 1024 on",
        }.get(error.errno or 0, "this machine has no such address")
        address = f"{_host_in_address(chosen.host)}:{chosen.port}"
        refusal = SettingsRefused(
            [Problem("MISSIONBOOK_HOST, MISSIONBOOK_PORT", f"{address} cannot be taken: {why}")],
            subject="the environment",
        )
    if chosen.database_url is None:
        # Perhaps it is this very book that answers there: that is said first.
        with serve_lock(chosen.data, address=f"http://{address}"):
            raise refusal
    raise refusal


def _host_in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def server_config(app: ASGIApp, *, proxies: str = "") -> uvicorn.Config:
    """Return how the server runs. It believes what is forwarded only from ``proxies``, and from nobody by default."""
    import uvicorn

    from api.middleware import HEADER_BYTES_MAX

    return uvicorn.Config(
        app,
        http="h11",  # the other one gathers headers without end
        h11_max_incomplete_event_size=HEADER_BYTES_MAX,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or [],
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


def _run(book: OpenBook, door: socket.socket, chosen: Settings) -> None:
    import uvicorn

    from api.main import build_app
    from api.worker import WorkerBeside

    beside = WorkerBeside(book) if book.embedded else None
    if beside:
        beside.start()
    try:
        app = build_app(book, hosts=chosen.allowed_hosts, measure_readers=chosen.measure_readers)
        config = server_config(app, proxies=chosen.proxies)
        with suppress(KeyboardInterrupt):  # Ctrl-C is how it is stopped
            uvicorn.Server(config).run(sockets=[door])
    finally:
        if beside:
            beside.stop()


def worker() -> None:
    """Do jobs: seal, and close the day of funds that follow the calendar. Ends on SIGTERM after the job at hand."""
    from api.database.book import open_book
    from api.worker import work

    async def until_told() -> None:
        task = asyncio.ensure_future(work(book))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await asyncio.gather(task, return_exceptions=True)

    with open_book() as book:
        typer.echo("Missionbook's worker is at work")
        asyncio.run(until_told())

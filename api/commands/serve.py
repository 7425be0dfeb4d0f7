"""``missionbook serve`` and ``missionbook worker``: the two processes of a deployment."""

from __future__ import annotations

import asyncio
import signal
from contextlib import nullcontext
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(worker)


def serve(
    demo: Annotated[
        bool, typer.Option("--demo", help="Load the demonstration book also into a database that is not embedded.")
    ] = False,
) -> None:
    """Serve pages and API. An empty embedded database gets the demonstration book first; sign-ins are printed."""
    from api.database.book import open_book
    from api.database.embedded import serve_lock
    from api.demonstration import ensure_demonstration
    from api.settings import settings

    chosen = settings()
    address = f"http://{chosen.host}:{chosen.port}"
    alone = serve_lock(chosen.data, address=address) if chosen.database_url is None else nullcontext()
    with alone, open_book(chosen) as book:
        sign_ins = ensure_demonstration(book, wanted=demo)
        for sign_in in sign_ins:
            typer.echo(f"{sign_in.role:<9} {sign_in.email:<34} {sign_in.password}")
        typer.echo(f"Missionbook: {address}" + (f"  (sign-ins: {chosen.data / 'sign-ins.json'})" if sign_ins else ""))
        _run(book, chosen.host, chosen.port)


def _run(book: object, host: str, port: int) -> None:
    import uvicorn

    from api.database.book import OpenBook
    from api.main import build_app
    from api.worker import WorkerBeside

    assert isinstance(book, OpenBook), "serve opens the book"
    beside = WorkerBeside(book) if book.embedded else None
    if beside:
        beside.start()
    try:
        uvicorn.run(
            build_app(book),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
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

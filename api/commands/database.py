"""``missionbook database``: the operator's way to the database itself."""

from __future__ import annotations

from typing import Annotated

import typer

from api.database.roles import Role


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="The operator's way to the database itself.")
    group.command("url")(url)
    group.command("migrate")(migrate)
    group.command("hold")(hold)
    app.add_typer(group, name="database")


def url(role: Annotated[Role, typer.Option(help="As whom to connect.")] = Role.APP) -> None:
    """Print a connection URL, password and all, for psql, dumps and replicas, while a server holds the data folder."""
    from api.database.embedded import database
    from api.settings import settings

    with database(settings()) as held:
        typer.echo(held.url(role))


def migrate() -> None:
    """Run what migrations are pending, as the role that owns the tables."""
    from api.database.embedded import database
    from api.database.migrations import migrate as run
    from api.settings import settings

    with database(settings()) as held:
        run(held.url(Role.MIGRATOR))
    typer.echo("the database is up to date")


def hold() -> None:
    """Keep the embedded server running, and nothing else, until Ctrl-C: for a restore or a look with psql."""
    import signal

    from api.database.embedded import database
    from api.settings import settings

    with database(settings()) as held:
        typer.echo(held.url(Role.MIGRATOR))
        typer.echo("held until Ctrl-C", err=True)
        # Blocked first, so that a signal that comes early is waited for and not lost.
        ends = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)
        signal.sigwait(ends)

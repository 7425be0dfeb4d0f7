"""``missionbook export``: a fund's whole ledger for another program."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.commands.reading import sealed_book


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Hand a fund's ledger to another program.")
    group.command("beancount")(beancount)
    group.callback()(_only)
    app.add_typer(group, name="export")


def _only() -> None:
    """Hand a fund's ledger to another program."""


def beancount(
    fund: Annotated[str, typer.Option("--fund", help="The fund's code.")],
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The last booking day; left out: all.")
    ] = None,
    seal: Annotated[
        int | None, typer.Option("--seal", min=0, help="As known at this seal; without it, at the fund's last one.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file instead of standard output.")] = None,
) -> None:
    """Every entry and each month's balances as text that bean-check adds up again."""
    from api.files.beancount import write_beancount
    from domain.desk.export import export_ledger

    with sealed_book(seal) as session:
        export = export_ledger(session, fund_code=fund, as_of=as_of.date() if as_of else None, seal=seal)
        if out is None:
            write_beancount(export, sys.stdout.buffer)
            sys.stdout.flush()
            return
        try:
            with out.open("wb") as file:
                write_beancount(export, file)
        except OSError as failure:
            typer.echo(f"refused: {out} cannot be written: {failure.strerror}", err=True)
            raise typer.Exit(1) from failure

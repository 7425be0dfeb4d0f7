"""``missionbook export``: a fund's whole ledger for another program."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from api.commands.reading import sealed_book
from api.commands.writing import DAY, FundOption, OutOption, SealOption, day_of, writing


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Hand a fund's ledger to another program.")
    group.command("beancount")(beancount)
    group.callback()(_only)
    app.add_typer(group, name="export")


def _only() -> None:
    """Hand a fund's ledger to another program."""


def beancount(
    fund: FundOption,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=DAY, help="The last booking day; left out: all.")
    ] = None,
    seal: SealOption = None,
    out: OutOption = None,
) -> None:
    """Every entry and each month's balances as text that bean-check adds up again."""
    from api.files.beancount import write_beancount
    from domain.desk.export import export_ledger

    with sealed_book(seal) as session:
        export = export_ledger(session, fund_code=fund, as_of=day_of(as_of), seal=seal)
        with writing(out) as file:
            write_beancount(export, file)

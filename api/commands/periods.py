"""``missionbook periods``: what is closed of a fund's book, and closing it up to the end of a month."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from api.commands.printing import Format, FormatOption, print_json, print_table
from api.commands.writing import DAY, FundOption

periods = typer.Typer(help="Periods of a fund's book: closed for good.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(periods, name="periods")


@periods.command("list")
def list_periods(fund: FundOption, format: FormatOption = Format.TABLE) -> None:
    """Print what is closed of a fund's book, and up to which days it may be closed now."""
    from api.database.book import open_book
    from api.database.roles import Role
    from domain.desk import periods as desk

    with open_book() as book, book.sessions.begin(Role.NIGHT) as session:
        told = desk.periods(session, fund_code=fund)
    if format is Format.JSON:
        print_json(told)
        return
    print_table(
        f"{fund}: closed to {told.closed_to or 'no day'}, open on {told.open_day}",
        ["period to", "closed", "by", "seal"],
        [[one.period_end, f"{one.closed_at:%d %b %Y %H:%M}", one.closed_by, one.seal or ""] for one in told.closed],
        right=(3,),
    )
    if told.may_close:
        first, last = told.may_close[0], told.may_close[-1]
        days = f"{last:%d %b %Y}" if first == last else f"any month's end from {first:%d %b %Y} to {last:%d %b %Y}"
        typer.echo(f"may be closed: up to {days}")


@periods.command("close")
def close_period(
    fund: FundOption,
    to: Annotated[datetime, typer.Option(formats=DAY, help="The last day of the period, such as 2026-03-31.")],
    format: FormatOption = Format.TABLE,
) -> None:
    """Close a fund's book up to the end of a month, for good; a period that is closed already stays as it was."""
    from api.database.book import open_book
    from api.database.roles import Role
    from domain.authority import NIGHT
    from domain.desk import ledger
    from domain.desk import periods as desk

    with open_book() as book:
        with book.sessions.begin(Role.NIGHT) as session:
            ledger.seal_facts(session)
        with book.sessions.begin(Role.NIGHT) as session:
            told = desk.close(session, fund_code=fund, period_end=to.date(), by=NIGHT)
        with book.sessions.begin(Role.NIGHT) as session:
            ledger.seal_facts(session)
    if format is Format.JSON:
        print_json(told)
        return
    how = "is closed" if told.closed_now else "was closed before and stays as it was"
    typer.echo(f"{fund}: the period to {told.period_end:%d %b %Y} {how}")

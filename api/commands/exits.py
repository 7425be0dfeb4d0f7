"""``missionbook exits``: the exit triggers of a fund, with what raised each and its evidence."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.printing import Format, FormatOption, print_json, print_table

if TYPE_CHECKING:
    from domain.desk.exits import Trigger

DAY = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(exits)


def exits(
    fund: Annotated[str, typer.Option(help="The fund's code.")],
    as_of: Annotated[datetime, typer.Option(formats=DAY, help="The day to read them as of, such as 2026-03-31.")],
    seal: Annotated[int | None, typer.Option(help="Read them as known at this seal of the fund.")] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> None:
    """Print the facts that give the bank the right to leave a deal, with their evidence and the ways out."""
    from api.database.book import open_book
    from api.database.roles import Role
    from domain.desk import exits as desk

    with open_book() as book, book.sessions.begin(Role.NIGHT) as session:
        found = desk.triggers(session, fund_code=fund, as_of=as_of.date(), seal=seal)
    if format is Format.JSON:
        print_json(plain_triggers(found, fund=fund, as_of=as_of.date(), seal=seal))
        return
    if not found:
        print_table(f"{fund}: exit triggers as of {as_of.date()}", ["day", "evidence"], [])
    for trigger in found:
        ways = ", ".join(way.replace("_", " ") for way in trigger.mechanisms)
        print_table(
            f"{trigger.deal} {trigger.title}: {trigger.rule.replace('_', ' ')}, raised on {trigger.raised_on}, "
            f"{trigger.status}; ways out: {ways}",
            ["day", "evidence"],
            [[link["day"], link["words"]] for link in trigger.evidence],
        )


def plain_triggers(found: tuple[Trigger, ...], *, fund: str, as_of: date, seal: int | None) -> dict[str, Any]:
    """Return triggers as JSON holds them: the command and the API answer alike."""
    return {
        "fund": fund,
        "as_of": as_of,
        "seal": seal,
        "triggers": [
            {
                "rule": trigger.rule,
                "raised_on": trigger.raised_on,
                "deal": trigger.deal,
                "title": trigger.title,
                "investee": trigger.investee,
                "covenant": trigger.covenant,
                "evidence": trigger.evidence,
                "mechanisms": trigger.mechanisms,
                "status": trigger.status,
            }
            for trigger in found
        ],
    }

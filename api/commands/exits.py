"""``missionbook exits``: the exit triggers of a fund, with what raised each and its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from api.commands.printing import Format, FormatOption, print_json, print_table
from api.commands.reading import reach_words, sealed_book
from api.commands.writing import DayOption, FundOption, SealOption

if TYPE_CHECKING:
    from domain.desk.exits import TriggerReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(exits)


def exits(
    fund: FundOption,
    as_of: DayOption,
    seal: SealOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Print the facts that give the bank the right to leave a deal, with their evidence and the ways out."""
    from domain.desk.exits import trigger_report

    with sealed_book(seal) as session:
        told = trigger_report(session, fund_code=fund, as_of=as_of.date(), seal=seal)
    if format is Format.JSON:
        print_json(plain_triggers(told))
        return
    known = f"as known at seal {told.seal}" + (f" ({told.sealed_at:%d %b %Y})" if told.sealed_at else "")
    count = {0: "no exit trigger", 1: "1 exit trigger"}.get(len(told.triggers), f"{len(told.triggers)} exit triggers")
    typer.echo(f"{fund}, as of {told.as_of:%d %b %Y}, {known}: {count}")
    if words := reach_words(fund=fund, as_of=told.as_of, opened_on=told.opened_on, reached=told.reached):
        typer.echo(words)
    for trigger in told.triggers:
        ways = ", ".join(way.replace("_", " ") for way in trigger.mechanisms)
        print_table(
            f"{trigger.deal} {trigger.title}: {trigger.rule.replace('_', ' ')}, raised on {trigger.raised_on}, "
            f"{trigger.status}; ways out: {ways}",
            ["day", "evidence"],
            [[link["day"], link["words"]] for link in trigger.evidence],
        )


def plain_triggers(told: TriggerReport) -> dict[str, Any]:
    """Return triggers as JSON holds them: the command and the API answer alike."""
    return {
        "fund": told.fund,
        "as_of": told.as_of,
        "reached": told.reached,
        "seal": told.seal,
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
            for trigger in told.triggers
        ],
    }

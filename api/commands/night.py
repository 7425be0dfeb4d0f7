"""``missionbook night``: close the days of one fund or of all, up to a day."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.printing import Format, FormatOption, print_json, print_table
from domain.authority import NIGHT, Actor

if TYPE_CHECKING:
    from api.database.sessions import Sessions
    from api.nights import NightRun

DAY = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(night)


def night(
    to: Annotated[datetime, typer.Option(formats=DAY, help="The last day to close, such as 2026-03-31.")],
    fund: Annotated[str, typer.Option(help="The fund's code; all funds without it.")] = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Close every day up to a day: accrue, test what was promised, move breaches on, raise exit triggers, seal.

    A night that was interrupted goes on where it stopped; running it again changes nothing.
    """
    from api.database.book import open_book

    with open_book() as book:
        runs = run_nights(book.sessions, fund_codes=[fund] if fund else None, to=to.date())
    if format is Format.JSON:
        print_json({"funds": [plain_run(run) for run in runs]})
        return
    print_table(
        f"nights to {to.date()}",
        ["fund", "nights", "accruals", "findings", "breaches", "triggers", "refused"],
        [[run.fund, run.days, *run.changes.values(), len(run.refusals)] for run in runs],
        right=range(1, 7),
    )
    for run in runs:
        for refused in run.refusals:
            typer.echo(f"{run.fund} {refused.day} {refused.step}, {refused.subject}: {refused.words}", err=True)


def plain_run(run: NightRun) -> dict[str, Any]:
    """Return a run as JSON holds it."""
    return {
        "fund": run.fund,
        "from": run.business_day,
        "to": run.to,
        "days": run.days,
        "changes": run.changes,
        "refused": run.refusals,
    }


def run_nights(sessions: Sessions, *, fund_codes: list[str] | None, to: date, by: Actor = NIGHT) -> list[NightRun]:
    """Run the nights of funds (None: of all) up to a day, showing progress on standard error.

    Refused before anything runs: the role, an unknown fund, a day that a fund has already passed.
    """
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from api.database.roles import Role
    from api.nights import run_night
    from domain.desk import night as desk

    with sessions.begin(Role.NIGHT, by) as session:
        chosen = fund_codes if fund_codes is not None else list(desk.fund_codes(session))
        starts = [desk.fund_to_close(session, fund_code=code, to=to, by=by).business_day for code in chosen]
    runs = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for code, start in zip(chosen, starts, strict=True):
            task = progress.add_task(f"nights of {code}", total=max(1, (to - start).days))

            def seen(day: date, task: TaskID = task, start: date = start) -> None:
                progress.update(task, completed=(day - start).days)

            runs.append(run_night(sessions, fund_code=code, to=to, by=by, seen=seen))
    return runs

"""``missionbook import ibrd`` and ``missionbook classify``: other institutions' positions, and what they are for."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.printing import Format, FormatOption, print_json, print_table

if TYPE_CHECKING:
    from api.database.sessions import Sessions
    from domain.desk.positions import ImportAnswer, StatementSummary

STEPS = ("reading the file", "booking", "sealing", "reading back")

FundOption = Annotated[str, typer.Option("--fund", help="The fund's code; a fund that does not exist is opened.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Bring in what other institutions publish.")
    group.command("ibrd")(ibrd)
    app.add_typer(group, name="import")
    app.command()(classify)


def ibrd(
    file: Annotated[Path, typer.Argument(help="A release of the World Bank's IBRD Statement of Loans, as CSV.")],
    fund: FundOption,
    format: FormatOption = Format.TABLE,
) -> None:
    """Bring a statement of loans into a fund; a later release books what moved, the same one changes nothing."""
    from api.database.book import open_book

    with open_book() as book, _progress() as step:
        # The operator's own calendar day: the one place where this command reads the clock.
        done, summary = bring_in(book.sessions, file=file, fund=fund, today=date.today(), step=step)  # noqa: DTZ011
    if format is Format.JSON:
        print_json(answer(done, summary))
    else:
        _print_summary(done, summary)


def bring_in(
    sessions: Sessions, *, file: Path, fund: str, today: date, step: Callable[[str], None]
) -> tuple[ImportAnswer, StatementSummary]:
    """Read, book, seal and read back a statement of loans; ``step`` is told before each of ``STEPS``."""
    from api.database.roles import Role
    from api.files.ibrd import read_statement
    from domain.authority import NIGHT
    from domain.desk.ledger import settle
    from domain.desk.positions import import_statement, statement_summary

    with _no_search_for_cycles():
        step(STEPS[0])
        statement = read_statement(file)
        step(STEPS[1])
        with sessions.begin(Role.NIGHT) as session:
            done = import_statement(session, statement=statement, fund_code=fund, today=today, by=NIGHT)
        step(STEPS[2])
        with sessions.begin(Role.NIGHT) as session:
            settle(session)
        step(STEPS[3])
        with sessions.begin(Role.NIGHT) as session:
            return done, statement_summary(session, fund_code=fund, release_id=done.release_id)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Half a million small values and no cycle among them: looking for one would cost a tenth of the import."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show the steps on standard error, where a person is watching."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=len(STEPS))

        def step(name: str) -> None:
            bar.update(task, description=name, completed=STEPS.index(name))

        yield step


def answer(done: ImportAnswer, summary: StatementSummary) -> dict[str, object]:
    """Return what a program reads of an import; a line that cannot be read refuses the file, so none is rejected."""
    return {
        "fund": summary.fund,
        "source": summary.source,
        "period_end": summary.period_end,
        "release": done.release_id,
        "rows": summary.rows,
        "accepted": summary.rows - summary.flagged,
        "flagged": summary.flagged,
        "rejected": 0,
        "flags": summary.flags,
        "identities": summary.identities,
        "totals": {name: money.amount for name, money in summary.totals.items()},
        "changes": done.changes,
        "new": done.new,
        "restated": done.restated,
        "vanished": summary.vanished,
    }


def _print_summary(done: ImportAnswer, summary: StatementSummary) -> None:
    from domain.positions import IDENTITIES

    print_table(
        f"{summary.fund}: statement of {summary.period_end}, {summary.rows:,} loans, {summary.flagged:,} flagged; "
        f"{done.changes:,} entries booked",
        ["figure", "total"],
        [[name.replace("_", " "), money] for name, money in summary.totals.items()],
        right=[1],
    )
    print_table(
        "What must add up on every loan",
        ["identity", "says", "holds", "fails"],
        [
            [i.name, i.says, f"{summary.identities[i.name].held:,}", f"{summary.identities[i.name].failed:,}"]
            for i in IDENTITIES
        ],
        right=[2, 3],
    )
    counts = {"new loans": done.new, "loans restated": done.restated, "loans no longer named": summary.vanished}
    print_table("Against the release before", ["what", "loans"], list(counts.items()), right=[1])


def classify(
    file: Annotated[Path, typer.Argument(help="A CSV file with the columns project and mission, both by their codes.")],
    fund: Annotated[str, typer.Option("--fund", help="The fund whose projects are classified.")],
    format: FormatOption = Format.TABLE,
) -> None:
    """Say which missions a fund's projects help, for many projects at once."""
    from api.database.book import open_book
    from api.database.roles import Role
    from api.files.classification import read_classifications
    from domain.authority import NIGHT
    from domain.desk.classification import classify_projects
    from domain.desk.ledger import settle

    with open_book() as book:
        said, strange = read_classifications(file)
        with book.sessions.begin(Role.NIGHT) as session:
            done = classify_projects(session, fund_code=fund, said=said, subject=file.name, by=NIGHT, strange=strange)
        with book.sessions.begin(Role.NIGHT) as session:
            settle(session)
    if format is Format.JSON:
        print_json(done)
    else:
        typer.echo(
            f"{done.rows:,} {'row' if done.rows == 1 else 'rows'}, {done.changes:,} new; "
            f"{done.classified:,} of {done.projects:,} projects of {fund}"
        )

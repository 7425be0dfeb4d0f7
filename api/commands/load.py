"""``missionbook load``: bring a book in, a folder of CSV files (``docs/book-format.md``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.printing import Format, FormatOption, print_json, print_table

if TYPE_CHECKING:
    from domain.desk.book import LoadDone
    from domain.desk.book.loading import Progress


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(load)


def load(
    folder: Annotated[Path, typer.Argument(metavar="BOOK", help="The folder with the book's CSV files.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it, tell what would be, and undo it.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Check a whole book, tell every problem with file, row and column, and load all of it or nothing."""
    from api.database.book import open_book
    from api.database.roles import Role
    from api.files.book import read_book
    from domain.desk import ledger
    from domain.desk.book import load as load_book

    book = read_book(folder)
    with open_book() as opened:
        with opened.sessions.begin(Role.NIGHT) as session, progress_bar() as told:
            done = load_book(session, book=book, progress=told)
            if dry_run:
                session.rollback()
        if not dry_run:
            with opened.sessions.begin(Role.NIGHT) as session:
                ledger.settle(session)
    _print(done, dry_run=dry_run, form=format)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show on standard error how far a load has come; give it to ``domain.desk.book.load``."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("living through the book's days", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print(done: LoadDone, *, dry_run: bool, form: Format) -> None:
    if form is Format.JSON:
        print_json(
            {
                "book": done.book,
                "dry_run": dry_run,
                "nothing_new": done.nothing_new,
                "funds": list(done.funds),
                "rows": done.rows,
                "nights": done.nights,
                "found": done.found,
                "night_refusals": list(done.night_refusals),
            }
        )
        return
    if done.nothing_new:
        typer.echo(f"{done.book}: nothing new, all of it is loaded already")
        return
    rows = [(f"{file}.csv", count) for file, count in done.rows.items()]
    what = "would be loaded (nothing was kept)" if dry_run else "is loaded"
    print_table(f"{done.book} {what}", ["file", "rows"], rows, right=(1,))
    if done.funds:
        found = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in done.found.items())
        typer.echo(f"{' and '.join(done.funds)}: {done.nights} nights with work; {found}")
    for refusal in done.night_refusals:
        typer.echo(f"night of {refusal.day}, {refusal.step}, {refusal.subject}: {refusal.words}", err=True)

"""``missionbook verify``: recompute the ledger and its seals from the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.printing import Format, FormatOption, print_json

if TYPE_CHECKING:
    from domain.desk.verification import Compared, Verification

AgainstOption = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="HEAD",
        help="A head that was kept on paper, as printed (FUND:NUMBER:HEAD) or its 64 digits: is it still a link?",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)


def verify(against: AgainstOption = None, format: FormatOption = Format.TABLE) -> None:
    """Recompute the whole book from its rows, and name the first fact that does not fit."""
    from api.database.book import open_book
    from api.database.roles import Role
    from domain.desk import verification

    try:
        paper = verification.PaperHead.parse(against) if against is not None else None
    except verification.HeadNotLegible as refusal:
        raise typer.BadParameter(str(refusal), param_hint="--against") from None
    with open_book() as book, _progress() as step, book.sessions.begin(Role.NIGHT) as session:
        told = verification.verify(session, against=paper, progress=step)
    if format is Format.JSON:
        print_json(answer(told))
    else:
        typer.echo(
            f"{told.entries} entries on {told.accounts} accounts, {told.seals} seals: "
            + ("sound" if told.sound else "NOT SOUND")
        )
        typer.echo("heads, one line each (keep them on paper):")
        for head in told.paper:
            # A line of its own, which no table breaks: it is copied to paper, and from paper to --against.
            typer.echo(str(head))
        if told.against and told.against.known:
            typer.echo(in_words(told.against))
    if told.first:
        typer.echo(f"{told.first} does not fit: {told.first.why}", err=True)
        raise typer.Exit(1)


def in_words(compared: Compared) -> str:
    """Tell where an older head stands in the present chain."""
    moment = f", sealed {compared.sealed_at:%Y-%m-%d %H:%M:%S} UTC" if compared.sealed_at else ", its start"
    return f"the head on paper is a link of the chain of {compared.chain}: seal {compared.number}{moment}"


def answer(told: Verification) -> dict[str, object]:
    """Return what a program reads of a verification."""
    found: dict[str, object] = {
        "sound": told.sound,
        "entries": told.entries,
        "accounts": told.accounts,
        "seals": told.seals,
        "heads": told.heads,
        "paper": [str(head) for head in told.paper],
    }
    if told.against:
        compared = told.against
        found["against"] = {
            "head": str(compared.paper),
            "known": compared.known,
            "chain": compared.chain,
            "number": compared.number,
            "sealed_at": compared.sealed_at,
        }
    if told.first:
        first = told.first
        found["first"] = {"entry": first.entry, "kind": first.kind, "fact": first.fact, "why": first.why}
    return found


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show how far it is on standard error, where a person is watching."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("verifying"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=None)

        def step(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        yield step

"""``missionbook verify``: recompute the ledger and its seals from the rows."""

from __future__ import annotations

import typer

from api.commands.printing import Format, FormatOption, print_json, print_table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)


def verify(format: FormatOption = Format.TABLE) -> None:  # noqa: A002 - the option's name
    """Recompute zero sums, leaves and chains from the rows, and name the first fact that does not fit."""
    from api.database.book import open_book
    from api.database.roles import Role
    from domain.desk import ledger

    with open_book() as book, book.sessions.begin(Role.NIGHT) as session:
        told = ledger.verify(session)
    first = told.first
    if format is Format.JSON:
        answer: dict[str, object] = {
            "sound": told.sound,
            "entries": told.entries,
            "accounts": told.accounts,
            "seals": told.seals,
            "heads": told.heads,
        }
        if first:
            answer["first"] = {"entry": first.entry, "kind": first.kind, "fact": first.fact, "why": first.why}
        print_json(answer)
    else:
        print_table(
            f"{told.entries} entries on {told.accounts} accounts, {told.seals} seals: "
            + ("sound" if told.sound else "NOT SOUND"),
            ["chain", "head (keep it on paper)"],
            list(told.heads.items()),
        )
    if first:
        typer.echo(f"{first.kind} {first.fact} does not fit: {first.why}", err=True)
        raise typer.Exit(1)
